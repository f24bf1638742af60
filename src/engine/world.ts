/**
 * The fixed world: all that an engine can see of its host, which is the same everywhere and always.
 *
 * There is no time, no chance, no file and no module to load. The one way out is `host_call`, which
 * carries the text of a syscall.
 */
import type { World } from './surface.ts'

/** What the world needs of the instance that lives in it. */
export interface Inhabitant {
  /** A view of the memory as it is now. */
  memory(): Uint8Array
  /** Lets go of a boxed value that the engine handed over. */
  free(boxedValue: number): void
  /** A call of `hostSyscall`: gives a boxed value. */
  hostCall(count: number, boxedValues: number): number
}

const success = 0
const badFile = 8
const nothing = 0

export function makeWorld(inhabitant: Inhabitant): World {
  return {
    env: {
      host_get_timezone_offset: () => 0,
      host_interrupt: () => 0,
      host_module_normalize: () => nothing,
      host_module_load: () => nothing,
      host_promise_rejection: (promise, reason) => {
        inhabitant.free(promise)
        inhabitant.free(reason)
        return undefined
      },
      host_call: (_name, _nameLength, _self, count, boxedValues) => inhabitant.hostCall(count, boxedValues),
    },
    wasi_snapshot_preview1: {
      clock_time_get: (_clock, _precision, time) => fillWithZeros(inhabitant, time, 8),
      random_get: (start, length) => fillWithZeros(inhabitant, start, length),
      fd_close: () => badFile,
      fd_fdstat_get: () => badFile,
      fd_seek: () => badFile,
      fd_write: () => badFile,
    },
  }
}

function fillWithZeros(inhabitant: Inhabitant, start: number, length: number): number {
  const from = start >>> 0
  inhabitant.memory().fill(0, from, from + (length >>> 0))
  return success
}
