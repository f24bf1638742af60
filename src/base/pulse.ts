/**
 * The pulse of a thread: a counter in shared memory that moves as long as the thread works, by which another
 * thread distinguishes a long piece of work from one that never ends. The thread itself never reads it, so
 * that no outcome depends on it.
 *
 * Pul1. It moves at every step whose duration is bounded: a call, a crank, a call of a port, a delivery, a
 *       syscall, a row that is read or written. Work of SQLite that takes time in proportion to the store is
 *       marked as such, and may take any time.
 */

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
const numberOf = Object.fromEntries(names.map((name, number) => [name, number])) as Record<Activity, number>

/** The layout of the shared memory: the counter, then the number of the last activity. */
const [beatsAt, activityAt] = [0, 1] as const

export const makePulse = (): SharedArrayBuffer => new SharedArrayBuffer(8)

let pulse = new Int32Array(makePulse())

/** From now on, this thread's pulse is there. */
export function showPulse(shared: SharedArrayBuffer): void {
  pulse = new Int32Array(shared)
}

/** A sign of life (Pul1). */
export function beat(activity: Activity): void {
  Atomics.store(pulse, activityAt, numberOf[activity])
  Atomics.add(pulse, beatsAt, 1)
}

/** Does work that may take any time without a sign of life. */
export function withoutBounds<Value>(work: () => Value): Value {
  beat('unbounded')
  try {
    return work()
  } finally {
    beat('row')
  }
}

export interface Pulse {
  readonly beats: number
  readonly last: Activity
}

/** Reads the pulse of another thread. */
export function readPulse(shared: SharedArrayBuffer): Pulse {
  const view = new Int32Array(shared)
  return { beats: Atomics.load(view, beatsAt), last: names[Atomics.load(view, activityAt)] ?? 'none' }
}
