/**
 * The fixed world: an engine's whole view of its host, which is always the same.
 *
 * It has no time, randomness, files or modules. The one way out is `host_call`, which carries the text of a
 * syscall.
 */
import type { World } from './surface.ts'

/** The world's needs of its instance. */
export interface Inhabitant {
  /** A view of the current memory. */
  memory(): Uint8Array
  /** Releases a boxed value from the engine. */
  free(boxedValue: number): void
  /** A call of `hostSyscall`: returns a boxed value. */
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
