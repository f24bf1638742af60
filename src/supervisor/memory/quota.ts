/**
 * The room left for data stored by the vat's code.
 *
 * Qu1. The delivery states the room; if absent, it is more than a delivery can write.
 * Qu2. Code that stores data for the vat's code takes the room first, before it changes anything: a refusal
 *      has no effect. The supervisor's own writes take none (`kernel/delivery/storage.ts`, Sq3).
 * Qu3. Replacing data by smaller data frees room. Deletions do so with the next delivery at the latest.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { storageLimits } from '../../protocol/limits.ts'

let room: number | undefined

/** Begins a delivery. */
export function beginRoom(units: number | undefined): void {
  assert(units === undefined || Number.isSafeInteger(units), 'Qu2: room is counted in code units')
  room = units
}

/** Takes the room for an entry whose key and value have this total length. */
export const takeRoomForEntry = (length: number): void => takeRoom(length + storageLimits.entry)

/** Takes room for this many more code units; negative amounts are freed. */
export function takeRoom(units: number): void {
  if (room === undefined) return
  if (units > 0 && units > room) {
    refuse(
      'storage/quota-exceeded',
      `the vat stores as much as it may: ${units} code units more do not fit into the ${room} that are left`,
      { needed: units, left: room },
    )
  }
  room -= units
}
