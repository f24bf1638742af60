/**
 * Replaying one transcript entry: the same delivery, the same syscalls, the recorded answers.
 */
import type { VatId } from '../base/ids.ts'
import { toldOf } from './recording.ts'
import type { ReadBundle } from './recording.ts'
import type { Worker } from '../engine/worker.ts'
import { refuse } from '../protocol/codes.ts'
import { isQuestion } from '../protocol/syscall.ts'
import type { RecordedSyscall, TranscriptEntry } from '../protocol/transcript.ts'
import type { Batch, Finish } from '../protocol/worker.ts'

/** A syscall without its answer, as the worker sends it. */
function asSent(recorded: RecordedSyscall): string {
  if (!isQuestion(recorded)) return JSON.stringify(recorded)
  const { answer: _answer, ...question } = recorded as Extract<RecordedSyscall, { answer: unknown }>
  return JSON.stringify(question)
}

export class Replay {
  readonly #vat: VatId
  readonly #position: number
  readonly #entry: TranscriptEntry
  readonly #readBundle: ReadBundle
  #next = 0

  constructor(vat: VatId, position: number, entry: TranscriptEntry, readBundle: ReadBundle) {
    this.#readBundle = readBundle
    this.#vat = vat
    this.#position = position
    this.#entry = entry
  }

  run(worker: Worker, source: string): void {
    const { delivery, syscalls, result, computrons } = this.#entry
    const outcome = worker.deliver(
      JSON.stringify(delivery),
      source,
      { computrons: BigInt(computrons) },
      (batch) => JSON.stringify(this.#compare(JSON.parse(batch) as Batch)),
      delivery.kind === 'bringOutYourDead' ? 'before' : 'none',
    )
    if (outcome.kind !== 'done') this.#diverged(`it ended with ${outcome.kind}`)
    const finish = JSON.parse(outcome.finish) as Finish
    this.#compare(finish.batch)
    if (this.#next !== syscalls.length) this.#diverged(`${syscalls.length - this.#next} syscalls are missing`)
    if (JSON.stringify(finish.result) !== JSON.stringify(result)) this.#diverged('the result is another')
    if (String(outcome.computrons) !== computrons) this.#diverged(`it took ${outcome.computrons} computrons, not ${computrons}`)
  }

  #compare(batch: Batch): string | null {
    let answer: string | null = null
    for (const syscall of batch) {
      if (syscall.kind === 'console') continue
      const recorded = this.#entry.syscalls[this.#next]
      const sent = JSON.stringify(syscall)
      if (recorded === undefined) this.#diverged(`it sent ${sent} beyond what was recorded`)
      const expected = asSent(recorded)
      if (sent !== expected) this.#diverged(`it sent ${sent}; recorded was ${expected}`)
      answer = 'answer' in recorded ? toldOf(recorded, recorded.answer, this.#readBundle) : null
      this.#next += 1
    }
    return answer
  }

  #diverged(how: string): never {
    refuse('kernel/replay-diverged', `the replay of delivery ${this.#position} of ${this.#vat} is not what was recorded: ${how}`, {
      vat: this.#vat,
      position: this.#position,
    })
  }
}
