/**
 * The machine thread: opens a machine and serves the host thread's calls one by one. After closing it, the
 * thread waits for the next open.
 *
 * Exceptions cross as refusals with a code. Brief calls that come together are answered together.
 */
import { parentPort } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import { at, beat, showPulse } from '../../base/pulse.ts'
import type {
  CallMessage,
  CallsMessage,
  ConsoleMessage,
  OpenMessage,
  OpenReply,
  RepliesMessage,
  ReplyMessage,
} from '../../protocol/machine/messages.ts'
import { EngineCache } from '../engines/engines.ts'
import { Machine } from '../machine.ts'
import { callBy, callsOf, type CallTable } from './machineCalls.ts'
import { refusalOf } from './refusal.ts'

assert(parentPort !== null, 'this file runs in the machine thread')
const port = parentPort

/** Shared by all machines of the thread, in turn. */
const cache = new EngineCache()
/** Of the machine that is open. */
let calls: CallTable | undefined

function open({ options, pulse }: OpenMessage): OpenReply {
  showPulse(pulse)
  beat(at.opening)
  try {
    const machine = Machine.open(
      options,
      cache,
      options.console === 'reported'
        ? (line) => port.postMessage({ kind: 'console', line } satisfies ConsoleMessage)
        : null,
    )
    calls = callsOf(machine)
    return { kind: 'open' }
  } catch (error) {
    return { kind: 'failed', refusal: refusalOf(error) }
  }
}

function call(message: CallMessage): unknown {
  assert(calls !== undefined, 'a call comes while a machine is open')
  beat(at.call)
  const table = calls
  assert(Object.hasOwn(table, message.name), 'a call has a name of the table')
  if (message.name === 'close') calls = undefined
  return callBy(table, message)
}

function answer(message: CallMessage): ReplyMessage {
  const { number } = message
  try {
    return { kind: 'done', number, value: call(message) }
  } catch (error) {
    return { kind: 'refused', number, refusal: refusalOf(error) }
  }
}

port.on('message', (message: OpenMessage | CallMessage | CallsMessage) => {
  if (message.kind === 'calls')
    port.postMessage({ kind: 'replies', replies: message.calls.map(answer) } satisfies RepliesMessage)
  else port.postMessage(message.kind === 'open' ? open(message) : answer(message))
})
