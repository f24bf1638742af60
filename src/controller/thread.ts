/**
 * The machine thread: opens a machine and does what the host's thread asks, one call after the other. When it is
 * closed, the thread waits for another to open.
 *
 * What is thrown crosses as a refusal with a code.
 */
import { parentPort } from 'node:worker_threads'
import { assert } from '../base/errors.ts'
import type { CallMessage, ConsoleMessage, MachineCalls, MachineOptions, OpenMessage, OpenReply, ReplyMessage } from './calls.ts'
import { EngineCache } from './engines.ts'
import { Machine } from './machine.ts'
import { refusalOf } from './refusal.ts'

assert(parentPort !== null, 'this file runs in the machine thread')
const port = parentPort

/** Of all machines that the thread has one after the other. */
const cache = new EngineCache()
let machine: Machine | undefined

function open(options: MachineOptions): OpenReply {
  try {
    machine = Machine.open(options, cache, options.console === 'told' ? (line) => port.postMessage({ kind: 'console', line } satisfies ConsoleMessage) : null)
    return { kind: 'open' }
  } catch (error) {
    return { kind: 'failed', refusal: refusalOf(error) }
  }
}

/** Calls on ports and time are the channels', on garbage and pins the collecting's, on prepared replays the preparations', what is made and undone the trials', on retention the pruner's, on figures the statistics', all others the machine's own. */
function call({ name, args }: CallMessage): unknown {
  assert(machine !== undefined, 'a call comes while a machine is open')
  const called = machine
  const owner: Partial<MachineCalls> = [called.channels, called.collecting, called.preparations, called.trials, called.pruner, called.statistics].find((one) => name in one) ?? called
  if (name === 'close') machine = undefined
  return Reflect.apply(owner[name] as (...args: readonly unknown[]) => unknown, owner, args)
}

function answer(message: CallMessage): ReplyMessage {
  const { number } = message
  try {
    return { kind: 'done', number, value: call(message) }
  } catch (error) {
    return { kind: 'refused', number, refusal: refusalOf(error) }
  }
}

port.on('message', (message: OpenMessage | CallMessage) => port.postMessage(message.kind === 'open' ? open(message.options) : answer(message)))
