/**
 * The event streams of a server.
 *
 * Est1. A stream has each event after its cursor once, in order, and only those of committed blocks.
 * Est2. A stream holds what its socket has not taken, and nothing else: while the socket is full, events stay
 *       in the store. A client that reads nothing for too long is cut off, and goes on from its cursor.
 * Est3. All streams end when the server stops.
 */
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Sequencer, StoredEvent } from '../../node/index.ts'
import { refuseHttp } from '../http/errors.ts'
import type { ServerLimits } from '../limits.ts'
import { writeCursor, type Cursor } from './cursor.ts'

/** What a stream shows. */
export interface StreamOptions {
  readonly after: Cursor
  readonly kind?: string
}

/** Events that are read from the store at once. */
const eventsAtOnce = 256
/** Letters of events that are read at once, at least one event. */
const lettersAtOnce = 16_384
/** Larger than any place of an event. */
const lastPlace = Number.MAX_SAFE_INTEGER

export class EventStreams {
  readonly #sequencer: Sequencer
  readonly #limits: ServerLimits
  readonly #stopping: AbortSignal
  #open = 0

  constructor(sequencer: Sequencer, limits: ServerLimits, stopping: AbortSignal) {
    this.#sequencer = sequencer
    this.#limits = limits
    this.#stopping = stopping
  }

  /** How many streams are open. */
  get open(): number {
    return this.#open
  }

  /** Refuses with `http/too-many`. The stream begins with the function that is returned. */
  prepare(options: StreamOptions): (response: ServerResponse) => void {
    const { streams } = this.#limits
    if (this.#open >= streams) refuseHttp('http/too-many', `${streams} streams are open`, { retryAfter: 5 })
    return (response) => {
      this.#open += 1
      const ends = { response, stopping: this.#stopping }
      const stream = new EventStream(this.#sequencer, this.#limits, ends, options)
      void stream
        .run()
        .catch(() => response.destroy())
        .finally(() => (this.#open -= 1))
    }
  }
}

class EventStream {
  readonly #sequencer: Sequencer
  readonly #limits: ServerLimits
  readonly #response: ServerResponse
  readonly #stopping: AbortSignal
  readonly #kind: { readonly kind?: string }
  #cursor: Cursor
  #wake: () => void = () => {}
  #hasMore = true
  #written = 0

  constructor(
    sequencer: Sequencer,
    limits: ServerLimits,
    { response, stopping }: { readonly response: ServerResponse; readonly stopping: AbortSignal },
    { after, kind }: StreamOptions,
  ) {
    this.#sequencer = sequencer
    this.#limits = limits
    this.#response = response
    this.#stopping = stopping
    this.#kind = kind === undefined ? {} : { kind }
    this.#cursor = after
  }

  get #isOver(): boolean {
    return this.#stopping.aborted || this.#response.destroyed
  }

  async run(): Promise<void> {
    const wake = (): void => this.#wake()
    const silence = this.#sequencer.onBlock(() => {
      this.#hasMore = true
      wake()
    })
    this.#response.once('close', wake)
    this.#stopping.addEventListener('abort', wake)
    try {
      await this.#comment()
      while (!this.#isOver) {
        if (this.#hasMore) await this.#writeNext()
        else await this.#idle()
      }
    } finally {
      silence()
      this.#stopping.removeEventListener('abort', wake)
      this.#response.end()
    }
  }

  /** Est2. What is read is written, and what does not fit the socket stays in the store. */
  async #writeNext(): Promise<void> {
    const text = this.#nextText()
    if (text === '') return
    if (await this.#write(text)) await setImmediate()
  }

  /** Est1. The next events; empty if there are none. */
  #nextText(): string {
    const { application, blocks } = this.#sequencer
    const { height: upTo } = application.info
    const { height, place } = this.#cursor
    const after = { height, place: Math.min(place, lastPlace) }
    const events = blocks.events({ after, upTo, limit: eventsAtOnce, letters: lettersAtOnce, ...this.#kind })
    const last = events.at(-1)
    this.#hasMore = last !== undefined
    this.#cursor = last ?? { height: Math.max(upTo, height), place: Infinity }
    return events.map(textOf).join('')
  }

  /** Waits for the next block. A comment line shows proxies and clients that the stream lives. */
  async #idle(): Promise<void> {
    const due = this.#written + this.#limits.commentSeconds * 1_000 - performance.now()
    if (due <= 0) return this.#comment()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, due)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }

  /** The line with the id has the client go on from there, also where it has seen no event. */
  async #comment(): Promise<void> {
    await this.#write(`:\nid: ${writeCursor(this.#cursor)}\n\n`)
  }

  /** Returns whether the socket took it at once. If it did not, waits until it has room. */
  async #write(text: string): Promise<boolean> {
    this.#written = performance.now()
    if (this.#isOver) return false
    if (this.#response.write(text)) return true
    await this.#drained()
    return false
  }

  /** Waits until the socket has room or is closed, or the server stops. */
  #drained(): Promise<void> {
    const response = this.#response
    return new Promise((resolve) => {
      const timer = setTimeout(() => response.destroy(), this.#limits.stalledSeconds * 1_000)
      const done = (): void => {
        clearTimeout(timer)
        response.off('drain', done)
        response.off('close', done)
        this.#stopping.removeEventListener('abort', done)
        resolve()
      }
      response.once('drain', done)
      response.once('close', done)
      this.#stopping.addEventListener('abort', done)
    })
  }
}

function textOf({ height, place, kind, transaction, data }: StoredEvent): string {
  const id = writeCursor({ height, place })
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify({ height, place, kind, transaction, data })}\n\n`
}
