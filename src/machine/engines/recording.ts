/**
 * The syscalls of one delivery, as they are passed to the kernel and recorded.
 *
 * Rv1. Data from the channel is untrusted until checked, here for its frame and in the kernel for its
 *      contents. Garbage ends the delivery as an illegal syscall; it is the vat's fault, never ours.
 * Rv2. The data written by one delivery is bounded, so that everything that follows from it fits the store.
 */
import { isRecord } from '../../base/guards.ts'
import { isVref, type BundleId, type VatId } from '../../base/ids.ts'
import type { SyscallSink } from '../../protocol/kernel/platform.ts'
import { maxSyscallDepth, deliveryLimits } from '../../protocol/limits.ts'
import { supervisorRefusals, type DeliveryResult } from '../../protocol/results.ts'
import type { DeliveryKind } from '../../protocol/worker/delivery.ts'
import { isCapData } from '../../protocol/capdata.ts'
import { salvageFailureCodes, type SalvageResult } from '../../protocol/worker/salvage.ts'
import {
  consoleLevels,
  isQuestion,
  type Answer,
  type ConsoleLine,
  type Syscall,
} from '../../protocol/worker/syscall.ts'
import type { RecordedSyscall } from '../../protocol/worker/transcript.ts'
import type { Tracer } from '../trace/trace.ts'

/** Ends a delivery from inside a syscall. */
export class IllegalEnd extends Error {}

/** The text of a bundle as a vat reads it. */
export type ReadBundle = (bundle: BundleId) => string

/** The answer that a vat receives for a recorded one: a bundle's text instead of only its id. */
export const answerSeenByVat = (syscall: Syscall, answer: Answer, readBundle: ReadBundle): Answer =>
  syscall.kind === 'getBundle' && syscall.part === 'text' && answer !== null
    ? readBundle(answer as BundleId)
    : answer

export class Recording {
  readonly syscalls: RecordedSyscall[] = []
  readonly #vat: VatId
  readonly #sink: SyscallSink
  readonly #tracer: Tracer
  readonly #readBundle: ReadBundle
  #written = 0
  #answered = 0

  constructor(vat: VatId, sink: SyscallSink, tracer: Tracer, readBundle: ReadBundle) {
    this.#vat = vat
    this.#sink = sink
    this.#tracer = tracer
    this.#readBundle = readBundle
  }

  /** Returns the answer to the question that ends the batch, or null when there is none. */
  batch(text: string): Answer {
    this.#count(text)
    return this.#apply(parse(text, 'the batch'))
  }

  /** The end of the delivery: its last batch, and its result. Only a start can be started or refused. */
  finish(text: string, delivery: DeliveryKind): DeliveryResult {
    const result = this.#finish(text, isResult)
    if (result.kind !== 'ok' && delivery !== 'startVat')
      throw new IllegalEnd(
        `the end of the delivery has the result ${result.kind}, which is of a start, and it was a ${delivery}`,
      )
    return result
  }

  /** The end of a salvage. */
  finishSalvage(text: string): SalvageResult {
    return this.#finish(text, isSalvageResult)
  }

  #finish<Result>(text: string, isRight: (result: unknown) => result is Result): Result {
    this.#count(text)
    const finish = parse(text, 'the end of the delivery')
    if (!isRecord(finish)) throw new IllegalEnd('the end of the delivery is not a record')
    const { batch, result } = finish
    if (isDeeper(result, maxSyscallDepth)) throw new IllegalEnd('the end of the delivery is nested too deep')
    if (!isRight(result)) throw new IllegalEnd('the end of the delivery has no result')
    if (!Array.isArray(batch)) throw new IllegalEnd('the end of the delivery has no batch')
    this.#apply(batch)
    return result
  }

  #apply(batch: unknown): Answer {
    if (!Array.isArray(batch)) throw new IllegalEnd('the batch is not a list')
    let answer: Answer = null
    let asked = false
    for (const line of batch as readonly unknown[]) {
      if (asked) throw new IllegalEnd('a question is the last of its batch')
      assertFramed(line)
      if (line.kind === 'console') this.#console(line)
      else {
        answer = this.#syscall(line)
        asked = isQuestion(line)
      }
    }
    return answer
  }

  #console(line: ConsoleLine): void {
    if (!consoleLevels.includes(line.level) || typeof line.text !== 'string')
      throw new IllegalEnd('a line of the console has a level and a text')
    if (line.level === 'testLog') this.#tracer.testLog.add(line.text)
    if (line.level === 'debug') this.#tracer.thrown.note(line.text)
    if (this.#tracer.tracing.console) this.#tracer.write({ kind: 'console', vat: this.#vat, line })
  }

  #syscall(syscall: Syscall): Answer {
    const verdict = this.#sink.handle(syscall)
    if (verdict.kind === 'illegal') throw new IllegalEnd(verdict.message)
    const { answer } = verdict
    const given = answerSeenByVat(syscall, answer, this.#readBundle)
    this.#answered += given?.length ?? 0
    if (this.#answered > deliveryLimits.answered) {
      throw new IllegalEnd(`it read more than ${deliveryLimits.answered} characters in one delivery`)
    }
    this.syscalls.push(isQuestion(syscall) ? { ...syscall, answer } : syscall)
    return given
  }

  /** Rv2. */
  #count(text: string): void {
    this.#written += text.length
    if (this.#written > deliveryLimits.written) {
      throw new IllegalEnd(`it wrote more than ${deliveryLimits.written} characters in one delivery`)
    }
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new IllegalEnd(`${what} is not JSON`)
  }
}

/** Deeper nesting than any syscall has could overflow the writer's stack. */
function assertFramed(line: unknown): asserts line is Syscall | ConsoleLine {
  if (isDeeper(line, maxSyscallDepth))
    throw new IllegalEnd(`not a syscall: it is nested deeper than ${maxSyscallDepth} levels`)
  // The transcript stores an answer beside its question; one sent along would be mistaken for it.
  if (isRecord(line) && Object.hasOwn(line, 'answer'))
    throw new IllegalEnd('not a syscall: a question comes without an answer')
  if (!isRecord(line) || typeof line['kind'] !== 'string')
    throw new IllegalEnd(
      `not a syscall, which is a record with a kind: ${JSON.stringify(line).slice(0, 200)}`,
    )
}

/** Whether lists and records in the value are nested deeper than this. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  return inside.some((inner) => isDeeper(inner, levels - 1))
}

function isResult(result: unknown): result is DeliveryResult {
  if (!isRecord(result)) return false
  switch (result['kind']) {
    case 'ok':
      return result['garbage'] === undefined || result['garbage'] === 'left'
    case 'started':
      return (
        result['root'] === 'o+0' &&
        (result['promises'] === undefined || result['promises'] === 'kept') &&
        (result['migrated'] === undefined || isMigrations(result['migrated'])) &&
        (result['abandoned'] === undefined || areKindsLeft(result['abandoned']))
      )
    case 'refused':
      return isRefusal(result['refusal'])
    default:
      return false
  }
}

function isSalvageResult(result: unknown): result is SalvageResult {
  if (!isRecord(result)) return false
  const { kind, data, code, message, stack } = result
  if (kind === 'salvaged') return isCapData(data) && data.body.startsWith('#') && data.slots.every(isVref)
  return (
    kind === 'failed' &&
    salvageFailureCodes.some((one) => one === code) &&
    typeof message === 'string' &&
    typeof stack === 'string'
  )
}

const isMigrations = (list: unknown): boolean =>
  Array.isArray(list) &&
  list.every(
    (one: unknown) =>
      isRecord(one) &&
      typeof one['tag'] === 'string' &&
      Number.isSafeInteger(one['from']) &&
      Number.isSafeInteger(one['to']),
  )

const areKindsLeft = (list: unknown): boolean =>
  Array.isArray(list) &&
  list.every(
    (one: unknown) =>
      isRecord(one) &&
      typeof one['tag'] === 'string' &&
      Number.isSafeInteger(one['kind']) &&
      (one['kind'] as number) >= 1,
  )

function isRefusal(refusal: unknown): boolean {
  if (!isRecord(refusal)) return false
  const { code, message, names, stack } = refusal
  if (typeof code !== 'string' || !supervisorRefusals.includes(code)) return false
  const texts = [message, stack, ...(Array.isArray(names) ? (names as readonly unknown[]) : [undefined])]
  return texts.every((text) => typeof text === 'string')
}
