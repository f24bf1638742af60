/**
 * Spans on their way to a collector.
 *
 * Spq1. At most as many spans wait as the limit says; others are dropped. What ends a span never waits.
 * Spq2. Each span that has ended is waiting, on its way, or counted once: as sent, as dropped because the
 *       queue was full, or as failed.
 * Spq3. One batch is on its way at a time. A batch that fails is not sent again, beyond what the exporter
 *       does.
 */
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { SpanCounts } from '../../../server/index.ts'

/** Times in milliseconds. */
export interface SpanLimits {
  /** How many spans wait at most. */
  readonly queue: number
  /** How many are sent at once. */
  readonly batch: number
  /** How long the first span of a batch waits for others. */
  readonly delay: number
  /** How long `shutdown` waits for what is left. */
  readonly closing: number
}

/** The result code of an export that was done; the package of the codes is not one of ours. */
const success = 0

export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter
  readonly #limits: SpanLimits
  readonly #onChange: (failure: string | null) => void
  readonly #waiting: ReadableSpan[] = []
  readonly #counts = { sent: 0, full: 0, failed: 0 }
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<boolean> | undefined
  #isFailing = false
  #isClosed = false

  /** `onChange` hears why exports begin to fail, and null when they are done again. */
  constructor(exporter: SpanExporter, limits: SpanLimits, onChange: (failure: string | null) => void) {
    this.#exporter = exporter
    this.#limits = limits
    this.#onChange = onChange
  }

  get counts(): SpanCounts {
    return { ...this.#counts }
  }

  onStart(): void {}

  /** Spq1. */
  onEnd(span: ReadableSpan): void {
    if (this.#isClosed || this.#waiting.length >= this.#limits.queue) {
      this.#counts.full += 1
      return
    }
    this.#waiting.push(span)
    this.#schedule()
  }

  /** Sends all that waits. */
  async forceFlush(): Promise<void> {
    await this.#sending
    while (this.#waiting.length > 0) await this.#send()
  }

  /** Sends what is left, as far as there is time and the collector takes it. */
  async shutdown(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.#limits.closing)))
    await Promise.race([this.#drain(), late])
    clearTimeout(timer)
    this.#counts.failed += this.#waiting.splice(0).length
    // It waits for what is on its way, which the process need not.
    void this.#exporter.shutdown().catch(() => {})
  }

  async #drain(): Promise<void> {
    let isTaken = (await this.#sending) ?? true
    while (isTaken && this.#waiting.length > 0) isTaken = await this.#send()
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#isClosed) return
    this.#timer = setTimeout(() => void this.#send(), this.#limits.delay).unref()
  }

  /** Spq3. Returns whether the collector took the batch. */
  #send(): Promise<boolean> {
    if (this.#sending !== undefined) return this.#sending
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#waiting.splice(0, this.#limits.batch)
    const sending = this.#export(batch).then((failure) => {
      this.#sending = undefined
      this.#counts[failure === null ? 'sent' : 'failed'] += batch.length
      if ((failure !== null) !== this.#isFailing) this.#onChange(failure)
      this.#isFailing = failure !== null
      if (this.#waiting.length > 0) this.#schedule()
      return failure === null
    })
    this.#sending = sending
    return sending
  }

  /** Returns why the batch was not taken; null if it was. */
  #export(batch: readonly ReadableSpan[]): Promise<string | null> {
    return new Promise((resolve) => {
      try {
        this.#exporter.export([...batch], ({ code, error }) =>
          resolve(code === success ? null : (error?.message ?? 'no reason was given')),
        )
      } catch (error) {
        resolve(String(error))
      }
    })
  }
}
