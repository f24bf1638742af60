/**
 * Replays one transcript entry: the same delivery, the same syscalls, the recorded answers.
 *
 * Rp1. A replay matches when every syscall, in order, and the result equal the recording. On the code and the
 *      worker of the recording the computrons match as well (`exact`).
 * Rp2. On other code (`other-code`) a patch that the recording does not know is not applied: the question
 *      `patched` gets its recorded answer of this delivery, and counts neither as an extra syscall nor, when
 *      the new code no longer asks it, as a missing one.
 * Rp3. Entries with identical text match without parsing; others are parsed and compared syscall by syscall.
 *      The outcome does not depend on the method.
 */
import { assert } from '../../base/errors.ts'
import { excerpt } from '../../base/text.ts'
import { answerSeenByVat, type ReadBundle } from '../engines/recording.ts'
import { describeStop, type Stop } from '../../engine/stop.ts'
import type { VatCode } from '../../engine/bundleImage.ts'
import type { Worker } from '../../engine/worker.ts'
import { collectsFirst, isUpkeep, type Delivery } from '../../protocol/worker/delivery.ts'
import { maxHeapPages } from '../../protocol/limits.ts'
import type { DeliveryResult, Divergence, Metering } from '../../protocol/results.ts'
import {
  isQuestion,
  patchAnswers,
  type Answer,
  type ConsoleLine,
  type Syscall,
} from '../../protocol/worker/syscall.ts'
import type { RecordedSyscall, TranscriptEntry } from '../../protocol/worker/transcript.ts'
import {
  limitsFor,
  type Batch,
  type DeliveryLimits,
  type Finish,
  type ReplayLimits,
} from '../../protocol/worker/worker.ts'
import type { StoredEntry } from '../../protocol/worker/transcriptText.ts'

export type Replayed =
  | { readonly kind: 'same'; readonly computrons: bigint; readonly metering: Metering }
  | { readonly kind: 'differs'; readonly divergence: Divergence }

/** Context of the replay. */
export interface ReplayContext {
  readonly worker: Worker
  /** For a `startVat`; else null. */
  readonly code: VatCode | null
  readonly readBundle: ReadBundle
  readonly rules: { readonly kind: 'exact' } | { readonly kind: 'other-code'; readonly limits: ReplayLimits }
}

/** A line that the vat wrote to its console while it was replayed. */
export interface ReplayedLine extends Pick<ConsoleLine, 'level' | 'text'> {
  /** The number of syscalls that the delivery had sent before, without questions for patches (Rp2). */
  readonly after: number
}

/** Aborts a delivery from inside a syscall. */
class Diverged extends Error {
  readonly divergence: Divergence
  constructor(divergence: Divergence) {
    super(divergence.message)
    this.divergence = divergence
  }
}

/**
 * Replays with the recorded computrons and unlimited heap. Before a start, whether its bundle has an image may
 * have to be found out (Bim1), which is not counted.
 */
const asRecorded = ({ kind, computrons }: StoredEntry): DeliveryLimits => ({
  computrons: kind === 'startVat' ? BigInt(computrons) * 2n + toFindOut : BigInt(computrons),
  ...(isUpkeep(kind) ? { heapPages: maxHeapPages } : {}),
})
const toFindOut = 100_000_000n

/** Limit on each quoted text of a difference, in UTF-16 code units. */
const maxQuoteLength = 4_000

/** A syscall without its answer, as the worker sends it. */
function asSent(recorded: RecordedSyscall): string {
  if (!isQuestion(recorded)) return JSON.stringify(recorded)
  const { answer: _answer, ...question } = recorded as Extract<RecordedSyscall, { answer: unknown }>
  return JSON.stringify(question)
}

/** An entry in comparable form. */
interface Recorded {
  /** The expected syscalls. */
  readonly expected: readonly RecordedSyscall[]
  readonly patches: ReadonlySet<string>
}

function recordedOf({ syscalls }: TranscriptEntry, rules: ReplayContext['rules']['kind']): Recorded {
  return {
    expected: rules === 'exact' ? syscalls : syscalls.filter(({ kind }) => kind !== 'patched'),
    patches: new Set(syscalls.flatMap((syscall) => (syscall.kind === 'patched' ? [syscall.id] : []))),
  }
}

export class EntryReplay {
  readonly #position: number
  readonly #written: StoredEntry
  readonly #context: ReplayContext
  #recorded: Recorded | undefined
  #next = 0
  readonly #lines: ReplayedLine[] = []
  #stop: Stop | undefined
  #result: DeliveryResult | undefined

  constructor(position: number, written: StoredEntry, context: ReplayContext) {
    this.#position = position
    this.#written = written
    this.#context = context
  }

  /** The number of syscalls that matched before the difference, without questions for patches (Rp2). */
  get matched(): number {
    return this.#next
  }

  /** As far as they were sent: a delivery that is stopped keeps the last ones back. */
  get lines(): readonly ReplayedLine[] {
    return this.#lines
  }

  /** The result of the delivery; undefined if it did not come to its end. */
  get result(): DeliveryResult | undefined {
    return this.#result
  }

  /** Why the engine stopped, for people; null if it did not. */
  get stop(): string | null {
    return this.#stop === undefined ? null : describeStop(this.#stop)
  }

  run(): Replayed {
    try {
      const computrons = this.#deliver()
      const metering = String(computrons) === this.#written.computrons ? 'identical' : 'differs'
      return { kind: 'same', computrons, metering }
    } catch (error) {
      if (error instanceof Diverged) return { kind: 'differs', divergence: error.divergence }
      throw error
    }
  }

  /** The expected entry: parsed only when the text alone does not decide. */
  get #known(): Recorded {
    return (this.#recorded ??= recordedOf(this.#written.entry, this.#context.rules.kind))
  }

  #deliver(): bigint {
    const { worker, code, rules } = this.#context
    const written = this.#written
    const outcome = worker.deliver(
      written.delivery,
      code,
      rules.kind === 'exact' ? asRecorded(written) : limitsFor(written.kind, rules.limits),
      (batch) => JSON.stringify(this.#question(batch)),
      written.is('bringOutYourDead') && collectsFirst(JSON.parse(written.delivery) as Delivery)
        ? 'before'
        : 'none',
    )
    if (outcome.kind !== 'done') {
      this.#stop = outcome
      this.#diverged(`it ended with ${outcome.kind}`, null, null, outcome.kind)
    }
    const asWritten =
      this.#recorded === undefined
        ? written.isFinish(outcome.finish)
        : this.#finishOf(this.#recorded) === outcome.finish
    if (!asWritten) this.#finish(JSON.parse(outcome.finish) as Finish)
    if (rules.kind === 'exact' && String(outcome.computrons) !== written.computrons) {
      this.#diverged('it took other computrons', written.computrons, String(outcome.computrons))
    }
    return outcome.computrons
  }

  /** The expected end of the delivery, in the form that most supervisors write. */
  #finishOf({ expected }: Recorded): string {
    const rest = expected.slice(this.#next)
    return rest.some((syscall) => 'answer' in syscall)
      ? ''
      : `{"batch":[${rest.map(asSent).join(',')}],"result":${JSON.stringify(this.#written.entry.result)}}`
  }

  #finish({ batch, result }: Finish): void {
    this.#result = result
    this.#batch(batch)
    const missing = this.#known.expected[this.#next]
    if (missing !== undefined) this.#diverged('it did not send all that was recorded', asSent(missing), null)
    assert(this.#next === this.#known.expected.length, 'each recorded syscall was matched (Rp1)')
    const [was, is] = [JSON.stringify(this.#written.entry.result), JSON.stringify(result)]
    if (was !== is) this.#diverged('the result is another', was, is)
  }

  /** The answer to a batch that ends in a question. */
  #question(batch: string): Answer {
    const { expected } = this.#known
    let end = this.#next
    while (end < expected.length && !('answer' in expected[end]!)) end += 1
    const question = expected[end]
    if (
      question === undefined ||
      `[${expected
        .slice(this.#next, end + 1)
        .map(asSent)
        .join(',')}]` !== batch
    )
      return this.#batch(JSON.parse(batch) as Batch)
    this.#next = end + 1
    return this.#answer(question)
  }

  /** Returns the answer to the question that ends the batch, or null when there is none. */
  #batch(batch: Batch): Answer {
    this.#note(batch)
    let answer: Answer = null
    for (const line of batch) if (line.kind !== 'console') answer = this.#syscall(line)
    return answer
  }

  #syscall(syscall: Exclude<Syscall | ConsoleLine, ConsoleLine>): Answer {
    const { expected: all, patches } = this.#known
    if (syscall.kind === 'patched' && this.#context.rules.kind === 'other-code') {
      return patches.has(syscall.id) ? patchAnswers.applies : patchAnswers.past
    }
    const recorded = all[this.#next]
    const sent = JSON.stringify(syscall)
    if (recorded === undefined) this.#diverged('it sent more than was recorded', null, sent)
    const expected = asSent(recorded)
    if (sent !== expected) this.#diverged('it sent something else', expected, sent)
    this.#next += 1
    return this.#answer(recorded)
  }

  #answer(recorded: RecordedSyscall): Answer {
    return 'answer' in recorded ? answerSeenByVat(recorded, recorded.answer, this.#context.readBundle) : null
  }

  /** Also notes the lines after a difference in the same batch. */
  #note(batch: Batch): void {
    let after = this.#next
    for (const line of batch) {
      if (line.kind === 'console') this.#lines.push({ level: line.level, text: line.text, after })
      else if (line.kind !== 'patched' || this.#context.rules.kind === 'exact') after += 1
    }
  }

  #diverged(
    message: string,
    recorded: string | null,
    sent: string | null,
    why: Divergence['why'] = 'differs',
  ): never {
    throw new Diverged({
      position: this.#position,
      why,
      delivery: excerpt(JSON.stringify(this.#written.entry.delivery), maxQuoteLength),
      message,
      recorded: recorded === null ? null : excerpt(recorded, maxQuoteLength),
      sent: sent === null ? null : excerpt(sent, maxQuoteLength),
    })
  }
}
