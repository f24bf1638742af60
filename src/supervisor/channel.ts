/**
 * The supervisor's end of the channel: syscalls out, answers in.
 *
 * Commands wait in the batch until a question needs an answer or the delivery ends, so that a
 * delivery crosses to the host twice when it asks nothing.
 *
 * Ch1. The host sees syscalls in the order in which they were made.
 * Ch2. User code never gets hold of the host's function: it is taken off the global object here,
 *      before any user code exists.
 */
import type { Answer, Command, ConsoleLine, Question } from '../protocol/syscall.ts'
import type { DeliveryResult } from '../protocol/results.ts'

const hostSyscall = globalThis.hostSyscall
Reflect.deleteProperty(globalThis, 'hostSyscall')

let batch: string[] = []

function takeBatch(): string {
  const text = `[${batch.join(',')}]`
  batch = []
  return text
}

export function command(syscall: Command): void {
  batch.push(JSON.stringify(syscall))
}

export function tell(consoleLine: ConsoleLine): void {
  batch.push(JSON.stringify(consoleLine))
}

export function ask(question: Question): Answer {
  if (hostSyscall === undefined) throw new Error('the worker was started without a host')
  batch.push(JSON.stringify(question))
  return JSON.parse(hostSyscall(takeBatch())) as Answer
}

/** The text of a `Finish`: what is left of the batch, and the result. */
export function finishText(result: DeliveryResult): string {
  return `{"batch":${takeBatch()},"result":${JSON.stringify(result)}}`
}
