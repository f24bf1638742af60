/**
 * Replaying one transcript entry: the same delivery, the same syscalls, the recorded answers.
 *
 * Rp1. A replay is the same when every syscall, in its order, and the result are those recorded. On the
 *      code and the worker that made the recording the computrons are the same as well (`exact`).
 * Rp2. On other code (`other-code`) a patch that the recording does not know is not applied: the question
 *      `patched` is answered as it was in this delivery when it was recorded, and counts neither as one more
 *      syscall nor, when the new code does not ask any more, as one less.
 */
import { toldOf } from './recording.ts'
import type { ReadBundle } from './recording.ts'
import type { Worker } from '../engine/worker.ts'
import type { Divergence } from '../protocol/results.ts'
import { isQuestion, patchAnswers } from '../protocol/syscall.ts'
import type { Answer, ConsoleLine, Syscall } from '../protocol/syscall.ts'
import type { RecordedSyscall, TranscriptEntry } from '../protocol/transcript.ts'
import type { Batch, Finish } from '../protocol/worker.ts'

export type Replayed =
  | { readonly kind: 'same'; readonly computrons: bigint }
  | { readonly kind: 'differs'; readonly divergence: Divergence }

/** What the entry is replayed with. */
export interface Rendition {
  readonly worker: Worker
  /** The code, where the delivery is a `startVat`; else empty. */
  readonly source: string
  readonly readBundle: ReadBundle
  readonly rules: { readonly kind: 'exact' } | { readonly kind: 'other-code'; readonly computrons: bigint }
}

/** Leaves a delivery from inside a syscall. */
class Diverged extends Error {
  readonly divergence: Divergence
  constructor(divergence: Divergence) {
    super(divergence.message)
    this.divergence = divergence
  }
}

/** A difference is told with this much of each text, in UTF-16 code units. */
const longestQuote = 4_000
const quote = (text: string): string => (text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text)

/** A syscall without its answer, as the worker sends it. */
function asSent(recorded: RecordedSyscall): string {
  if (!isQuestion(recorded)) return JSON.stringify(recorded)
  const { answer: _answer, ...question } = recorded as Extract<RecordedSyscall, { answer: unknown }>
  return JSON.stringify(question)
}

export class Replay {
  readonly #position: number
  readonly #entry: TranscriptEntry
  readonly #rendition: Rendition
  /** The syscalls that must come. */
  readonly #expected: readonly RecordedSyscall[]
  readonly #patches: ReadonlySet<string>
  #next = 0

  constructor(position: number, entry: TranscriptEntry, rendition: Rendition) {
    const { syscalls } = entry
    const exact = rendition.rules.kind === 'exact'
    this.#position = position
    this.#entry = entry
    this.#rendition = rendition
    this.#expected = exact ? syscalls : syscalls.filter(({ kind }) => kind !== 'patched')
    this.#patches = new Set(syscalls.flatMap((syscall) => (syscall.kind === 'patched' ? [syscall.id] : [])))
  }

  run(): Replayed {
    try {
      return { kind: 'same', computrons: this.#deliver() }
    } catch (error) {
      if (error instanceof Diverged) return { kind: 'differs', divergence: error.divergence }
      throw error
    }
  }

  #deliver(): bigint {
    const { worker, source, rules } = this.#rendition
    const { delivery, result, computrons } = this.#entry
    const outcome = worker.deliver(
      JSON.stringify(delivery),
      source,
      { computrons: rules.kind === 'exact' ? BigInt(computrons) : rules.computrons },
      (batch) => JSON.stringify(this.#batch(JSON.parse(batch) as Batch)),
      delivery.kind === 'bringOutYourDead' ? 'before' : 'none',
    )
    if (outcome.kind !== 'done') this.#diverged(`it ended with ${outcome.kind}`, null, null)
    const finish = JSON.parse(outcome.finish) as Finish
    this.#batch(finish.batch)
    const missing = this.#expected[this.#next]
    if (missing !== undefined) this.#diverged('it did not send all that was recorded', asSent(missing), null)
    const [was, is] = [JSON.stringify(result), JSON.stringify(finish.result)]
    if (was !== is) this.#diverged('the result is another', was, is)
    if (rules.kind === 'exact' && String(outcome.computrons) !== computrons) {
      this.#diverged('it took other computrons', computrons, String(outcome.computrons))
    }
    return outcome.computrons
  }

  /** Gives the answer to the question that ends the batch, or null when none does. */
  #batch(batch: Batch): Answer {
    let answer: Answer = null
    for (const line of batch) if (line.kind !== 'console') answer = this.#syscall(line)
    return answer
  }

  #syscall(syscall: Exclude<Syscall | ConsoleLine, ConsoleLine>): Answer {
    if (syscall.kind === 'patched' && this.#rendition.rules.kind === 'other-code') {
      return this.#patches.has(syscall.id) ? patchAnswers.applies : patchAnswers.past
    }
    const recorded = this.#expected[this.#next]
    const sent = JSON.stringify(syscall)
    if (recorded === undefined) this.#diverged('it sent more than was recorded', null, sent)
    const expected = asSent(recorded)
    if (sent !== expected) this.#diverged('it sent something else', expected, sent)
    this.#next += 1
    return 'answer' in recorded ? toldOf(recorded, recorded.answer, this.#rendition.readBundle) : null
  }

  #diverged(message: string, recorded: string | null, sent: string | null): never {
    throw new Diverged({
      position: this.#position,
      delivery: quote(JSON.stringify(this.#entry.delivery)),
      message,
      recorded: recorded === null ? null : quote(recorded),
      sent: sent === null ? null : quote(sent),
    })
  }
}
