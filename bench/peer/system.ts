/**
 * What is measured, seen the same way: a store on disk with static vats, the first of which is `driver`, run
 * in blocks that are committed.
 */

export const systemNames = ['heirloom', 'swingset-v8', 'swingset-xs'] as const
export type SystemName = (typeof systemNames)[number]

/** Deliveries in a block. */
export const blockSize = 100

/** How many vats may be in memory, in both: their defaults differ. */
export const residentVats = 100

/** A store to be made. */
export interface Setup {
  readonly directory: string
  /** The name and the source (in `vats/`) of each static vat besides the driver. */
  readonly vats: Readonly<Record<string, string>>
  /** Deliveries to a vat between two collections of its garbage. */
  readonly reapInterval: number
  /** Deliveries to a vat between two snapshots of its heap. */
  readonly snapshotInterval: number
}

/** A snapshot of one heap. */
export interface Snapshot {
  readonly ms: number
  readonly bytes: number
}

/** A store that is open. */
export interface World {
  /** Queues a message to the root of a static vat. */
  send(vat: string, method: string, args: readonly Argument[]): Promise<void>
  /** Runs to the end, with a commit after every block. */
  run(): Promise<void>
  /** Sends, runs to the end and returns the answer; a rejection is an error. */
  ask(vat: string, method: string, ...args: readonly Argument[]): Promise<unknown>
  /** Has every vat collect its garbage, and runs to the end. */
  collect(): Promise<void>
  /** How many entries a vat has in its durable store. */
  entries(vat: string): Promise<number>
  /** Takes snapshots of the vats that ran; none where there are no snapshots. */
  snapshots(): Promise<readonly Snapshot[]>
  close(): Promise<void>
  /** Of this process and of the workers beside it, in bytes. */
  peakMemory(): number
}

export type Argument = number | string

export interface System {
  /** Makes a store, and runs until its vats have started. */
  make(setup: Setup): Promise<World>
  /** Opens a store that this system made. */
  open(directory: string): Promise<World>
  /** Runs all that the vats did again, from the start, and checks that they do the same. */
  replay(directory: string): Promise<void>
}

/** The bytes that only the peak of this process counts. */
export const ownPeak = (): number => process.resourceUsage().maxRSS * 1024
