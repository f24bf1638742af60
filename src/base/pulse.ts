/**
 * The pulse of a thread: a counter in shared memory that moves as long as the thread works, by which another
 * thread distinguishes a long piece of work from one that never ends. The thread itself never reads it, so
 * that no outcome depends on it.
 *
 * Pul1. It moves at every step whose duration is bounded: a call, a crank, a call of a port, a delivery, a
 *       syscall, a row that is read or written. Work of SQLite that takes time in proportion to the store is
 *       marked as such, and may take any time.
 * Pul2. Beside it is how far the replay is that the thread does: the longest work of one step.
 */
import { vatId, vatNumber, type VatId } from './ids.ts'

/** What a thread was about to do at its last sign of life. */
export const activities = {
  none: 'nothing yet',
  opening: 'opening the store',
  call: 'beginning the call',
  crank: 'a step of the kernel',
  port: 'a call of the kernel to its platform',
  delivery: 'a delivery to a vat',
  syscall: 'a syscall of a vat',
  row: 'a row of the store',
  unbounded: 'work of SQLite on the whole store',
} as const

export type Activity = keyof typeof activities

const names = Object.keys(activities) as readonly Activity[]

/** The numbers of the activities: a look-up by name would be most of what a sign of life costs. */
export const at = Object.freeze(
  Object.fromEntries(names.map((name, number) => [name, number])),
) as Readonly<Record<Activity, number>>

/** The first word of the memory: the count of the signs of life, and in its low bits the last activity. */
const activityBits = 4
const activityMask = (1 << activityBits) - 1

/** The words of a replay: the vat's number, the deliveries done, and of how many; 0: there is no replay. */
const [replayVat, replayDone, replayOf] = [1, 2, 3]
const words = 4

export const makePulse = (): SharedArrayBuffer =>
  new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)

let pulse = new Int32Array(makePulse())
let count = 0

/** From now on, this thread's pulse is there. */
export function showPulse(shared: SharedArrayBuffer): void {
  pulse = new Int32Array(shared)
}

/** A sign of life (Pul1). `activity` is a number of `at`. */
export function beat(activity: number): void {
  count = (count + 1) | 0
  // A plain store of one word: others see it late, but whole, and it costs nothing.
  pulse[0] = (count << activityBits) | activity
}

/** Does work that may take any time without a sign of life. */
export function withoutBounds<Value>(work: () => Value): Value {
  beat(at.unbounded)
  try {
    return work()
  } finally {
    beat(at.row)
  }
}

/** A replay that a thread does at this moment. */
export interface ReplayInWork {
  readonly vat: VatId
  readonly deliveries: number
  readonly ofDeliveries: number
}

/** Says how far a replay is (Pul2); null: it is over. */
export function showReplay(replay: ReplayInWork | null): void {
  if (replay === null) return void (pulse[replayOf] = 0)
  pulse[replayVat] = vatNumber(replay.vat)
  pulse[replayDone] = replay.deliveries
  pulse[replayOf] = replay.ofDeliveries
}

/** Reads which replay another thread does. */
export function readReplay(shared: SharedArrayBuffer): ReplayInWork | null {
  const word = (at: number): number => Atomics.load(new Int32Array(shared), at)
  const ofDeliveries = word(replayOf)
  if (ofDeliveries === 0) return null
  return { vat: vatId(word(replayVat)), deliveries: Math.min(word(replayDone), ofDeliveries), ofDeliveries }
}

export interface Pulse {
  readonly beats: number
  readonly last: Activity
}

/** Reads the pulse of another thread. */
export function readPulse(shared: SharedArrayBuffer): Pulse {
  const word = Atomics.load(new Int32Array(shared), 0)
  return { beats: word >>> activityBits, last: names[word & activityMask] ?? 'none' }
}
