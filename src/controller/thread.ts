/**
 * The machine thread: opens a machine and does what the host's thread asks, one call after the other.
 *
 * What is thrown crosses as a refusal with a code.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/errors.ts'
import type { CallMessage, MachineCalls, MachineOptions, OpenMessage, ReplyMessage } from './calls.ts'
import { Machine } from './machine.ts'
import { refusalOf } from './refusal.ts'

/** Calls on ports and time are the channels', on prepared replays the preparations', what is made and undone the trials', all others the machine's own. */
function call(machine: Machine, { name, args }: CallMessage): unknown {
  const owner: Partial<MachineCalls> = [machine.channels, machine.preparations, machine.trials].find((one) => name in one) ?? machine
  return Reflect.apply(owner[name] as (...args: readonly unknown[]) => unknown, owner, args)
}

function answer(machine: Machine, message: CallMessage): ReplyMessage {
  const { number } = message
  try {
    return { kind: 'done', number, value: call(machine, message) }
  } catch (error) {
    return { kind: 'refused', number, refusal: refusalOf(error) }
  }
}

function open(): Machine | undefined {
  const tell = (message: OpenMessage): void => parentPort?.postMessage(message)
  try {
    const machine = Machine.open(workerData as MachineOptions)
    tell({ kind: 'open' })
    return machine
  } catch (error) {
    tell({ kind: 'failed', refusal: refusalOf(error) })
    return undefined
  }
}

assert(parentPort !== null, 'this file runs in the machine thread')
const port = parentPort
const machine = open()
if (machine === undefined) port.close()
else {
  port.on('message', (message: CallMessage) => {
    port.postMessage(answer(machine, message))
    if (message.name === 'close') port.close()
  })
}
