/**
 * Memory that the machine refuses. It is never the guest's doing: a guest meets its own limit first, which is
 * counted inside (Mtr3).
 */
import { refuse } from '../protocol/codes.ts'

/** V8's words for memory that it did not get; they are all in errors of the kind RangeError. */
const refusal = /out of memory|allocation failed|unable to grow|maximum memory size/i

export const isHostMemory = (error: unknown): boolean =>
  error instanceof RangeError && refusal.test(error.message)

export const refuseMemory = (why: string): never =>
  refuse('engine/host-memory', `this machine has no memory for the heap of a vat: ${why}`)

/** The result of `act`, which takes memory for an instance. */
export function withMemory<Value>(act: () => Value): Value {
  try {
    return act()
  } catch (error) {
    if (error instanceof Error && isHostMemory(error)) return refuseMemory(error.message)
    throw error
  }
}
