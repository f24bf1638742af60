/**
 * The machine thread: opens a machine and serves the host thread's calls one by one. After closing it, the
 * thread waits for the next open.
 *
 * Exceptions cross as refusals with a code.
 */
import { parentPort } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import type { MachineCalls } from '../../protocol/machine/calls.ts'
import type {
  CallMessage,
  ConsoleMessage,
  OpenMessage,
  OpenReply,
  ReplyMessage,
} from '../../protocol/machine/messages.ts'
import type { MachineOptions } from '../../protocol/machine/options.ts'
import { EngineCache } from '../engines/engines.ts'
import { Machine } from '../machine.ts'
import { refusalOf } from './refusal.ts'

assert(parentPort !== null, 'this file runs in the machine thread')
const port = parentPort

/** Shared by all machines of the thread, in turn. */
const cache = new EngineCache()
let machine: Machine | undefined

function open(options: MachineOptions): OpenReply {
  try {
    machine = Machine.open(
      options,
      cache,
      options.console === 'reported'
        ? (line) => port.postMessage({ kind: 'console', line } satisfies ConsoleMessage)
        : null,
    )
    return { kind: 'open' }
  } catch (error) {
    return { kind: 'failed', refusal: refusalOf(error) }
  }
}

/**
 * Routes ports and time to the channels, garbage and pins to collecting, prepared replays to the
 * preparations, dry runs to the dry runs, retention to the pruner, figures to the statistics, and all others
 * to the machine.
 */
function call({ name, args }: CallMessage): unknown {
  assert(machine !== undefined, 'a call comes while a machine is open')
  const called = machine
  const owner: Partial<MachineCalls> =
    [
      called.channels,
      called.collecting,
      called.preparations,
      called.dryRuns,
      called.pruner,
      called.statistics,
    ].find((one) => name in one) ?? called
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

port.on('message', (message: OpenMessage | CallMessage) =>
  port.postMessage(message.kind === 'open' ? open(message.options) : answer(message)),
)
