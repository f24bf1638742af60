/**
 * The supervisor's end of the channel: syscalls out, answers in.
 *
 * Commands wait in the batch until a question needs an answer or the delivery ends, so that a delivery
 * without questions crosses to the host only twice.
 *
 * Chn1. The host sees syscalls in the order in which they were made.
 * Chn2. User code never gets hold of the host's function: it is removed from the global object here, before
 *       any user code exists.
 */
import { assert } from '../../base/errors.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { Resolution } from '../../protocol/worker/delivery.ts'
import type { Answer, Command, ConsoleLine, Question } from '../../protocol/worker/syscall.ts'
import type { DeliveryResult } from '../../protocol/results.ts'
import type { SalvageResult } from '../../protocol/worker/salvage.ts'

const hostSyscall = globalThis.hostSyscall
assert(Reflect.deleteProperty(globalThis, 'hostSyscall'), 'Chn2: the global object keeps the host function')

let batch: string[] = []

function takeBatch(): string {
  if (batch.length === 0) return '[]'
  const text = batch.length === 1 ? '[' + batch[0] + ']' : '[' + batch.join(',') + ']'
  batch = []
  return text
}

export function command(syscall: Command): void {
  batch.push(commandText(syscall))
}

export function pushConsoleLine(consoleLine: ConsoleLine): void {
  batch.push(JSON.stringify(consoleLine))
}

export function ask(question: Question): Answer {
  assert(hostSyscall !== undefined, 'the worker was started without a host')
  batch.push(questionText(question))
  const answer = JSON.parse(hostSyscall(takeBatch())) as Answer
  assert(batch.length === 0, 'Chn1: a syscall was made while a question waited for its answer')
  return answer
}

/** The JSON of a command. Frequent ones are built here by concatenation: names of vats need no escapes. */
function commandText(syscall: Command): string {
  switch (syscall.kind) {
    case 'send': {
      const result = syscall.result === null ? 'null' : `"${syscall.result}"`
      return `{"kind":"send","target":"${syscall.target}","methargs":${dataText(syscall.methargs)},"result":${result}}`
    }
    case 'resolve':
      return `{"kind":"resolve","resolutions":[${syscall.resolutions.map(resolutionText).join(',')}]}`
    case 'vatstoreWrite':
      return '{"kind":"vatstoreWrite","entries":' + JSON.stringify(syscall.entries) + '}'
    default:
      return JSON.stringify(syscall)
  }
}

/** Most questions are of this kind; JSON costs more per object than per text. */
const questionText = (question: Question): string =>
  question.kind === 'vatstoreGet'
    ? '{"kind":"vatstoreGet","key":' + JSON.stringify(question.key) + '}'
    : JSON.stringify(question)

const dataText = ({ body, slots }: CapData): string =>
  slots.length === 0
    ? `{"body":${JSON.stringify(body)},"slots":[]}`
    : `{"body":${JSON.stringify(body)},"slots":["${slots.join('","')}"]}`

const resolutionText = ({ promise, outcome, data, keep }: Resolution): string =>
  `{"promise":"${promise}","outcome":"${outcome}","data":${dataText(data)}${keep === true ? ',"keep":true' : ''}}`

/** The text of a `Finish`: the rest of the batch, and the result. */
export function finishText(result: DeliveryResult | SalvageResult): string {
  return `{"batch":${takeBatch()},"result":${result.kind === 'ok' && result.garbage === undefined ? '{"kind":"ok"}' : JSON.stringify(result)}}`
}
