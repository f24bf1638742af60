/**
 * The room that is left for what the vat's code stores.
 *
 * Qu1. The delivery says how much; when it does not, it is more than a delivery can write.
 * Qu2. Whoever stores something for the vat's code takes the room first, before anything of it has happened: what is
 *      refused has changed nothing. What the supervisor writes for itself takes none (`kernel/storage.ts`, Sq3).
 * Qu3. What is stored in the place of more gives room back. What is deleted does so with the next delivery at the latest.
 */
import { refuse } from '../protocol/codes.ts'
import { storageLimits } from '../protocol/limits.ts'

let room: number | undefined

/** A delivery begins. */
export function beginRoom(told: number | undefined): void {
  room = told
}

/** Takes the room for an entry whose key and value are so long together. */
export const takeRoomForEntry = (length: number): void => takeRoom(length + storageLimits.entry)

/** Takes room for so many code units more; what is negative is given back. */
export function takeRoom(units: number): void {
  if (room === undefined) return
  if (units > 0 && units > room) {
    refuse('storage/quota-exceeded', `the vat stores as much as it may: ${units} code units more do not fit into the ${room} that are left`, { needed: units, left: room })
  }
  room -= units
}
