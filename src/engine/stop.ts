/**
 * A stop: why a guest did not finish what the host asked of it.
 *
 * A stop is the guest's own doing and the same on every host. Anything else leaves `stopOf` as an exception:
 * one from a syscall's answer, the host's stack, the host's memory, our own bugs.
 */
import { refuse } from '../protocol/codes.ts'
import { Escape, GuestFault, type Guest } from './guest.ts'
import { wasm } from './host.ts'
import { isHostMemory, refuseMemory } from './hostMemory.ts'
import { trapCause } from './surface.ts'

export type Stop =
  | { readonly kind: 'exhausted'; readonly resource: 'computrons' | 'heap' }
  | { readonly kind: 'trapped'; readonly message: string }

/** Converts an exception from the guest. */
export function stopOf(error: unknown, guest: Guest): Stop {
  if (error instanceof Escape) throw error.thrown
  if (error instanceof GuestFault) return { kind: 'trapped', message: error.message }
  if (error instanceof wasm.RuntimeError) return stopOfTrap(guest.exports['meter.cause'].value)
  if (error instanceof RangeError && error.message.includes('call stack')) {
    refuse(
      'engine/host-stack',
      'the stack of the thread that runs the engines overflowed; start the thread with a stack of 64 MiB',
    )
  }
  if (error instanceof Error && isHostMemory(error)) return refuseMemory(error.message)
  throw error
}

/** The host's own wording of a trap differs between its releases, so it is not passed on. */
function stopOfTrap(cause: number): Stop {
  if (cause === trapCause.hostMemory) return refuseMemory('it is within its limit, and could not grow')
  if (cause === trapCause.computrons) return { kind: 'exhausted', resource: 'computrons' }
  if (cause === trapCause.heap) return { kind: 'exhausted', resource: 'heap' }
  if (cause === trapCause.stack)
    return { kind: 'trapped', message: 'Calls were nested too deeply in the engine.' }
  return { kind: 'trapped', message: 'The engine trapped.' }
}

export function describeStop(stop: Stop): string {
  return stop.kind === 'trapped' ? stop.message : `ran out of ${stop.resource}`
}
