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

function answer(machine: MachineCalls, { number, name, args }: CallMessage): ReplyMessage {
  try {
    const call = machine[name] as (...args: readonly unknown[]) => unknown
    return { kind: 'done', number, value: Reflect.apply(call, machine, args) }
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
