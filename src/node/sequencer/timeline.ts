/**
 * The course of a block in time, for telemetry: what it entered, and when. Nothing of it is state, and a
 * block that is delivered again has another one.
 */
import type { BlockWatch, Progress, RunWork } from '../application/blockInWork.ts'

/** A part of a block that began; it lasts until the next one begins. */
export interface TimelineEntry {
  /** `done`: the block waits for its commit. */
  readonly phase: Progress['phase']
  /** The kind of the operation under way. */
  readonly operation: string | null
  /** In milliseconds since the block was delivered. */
  readonly after: number
}

/** A block that is committed. */
export interface BlockTimeline {
  /** When it was delivered, in milliseconds since 1970. */
  readonly began: number
  /** In their order. */
  readonly entries: readonly TimelineEntry[]
  /** What the vats did; null if they did not run, or ran before an interruption. */
  readonly work: RunWork | null
  /** How long it took, in milliseconds. */
  readonly took: number
}

/** A block under way. Durations come from a clock that never goes back. */
export class Timeline implements BlockWatch {
  readonly #began: number
  readonly #start = performance.now()
  readonly #entries: TimelineEntry[] = []
  #work: RunWork | null = null

  constructor(began: number) {
    this.#began = began
  }

  entered({ phase, operation }: Progress): void {
    this.#entries.push({ phase, operation, after: performance.now() - this.#start })
  }

  ran(work: RunWork): void {
    this.#work = work
  }

  /** The block is committed. */
  end(): BlockTimeline {
    const took = performance.now() - this.#start
    return { began: this.#began, entries: this.#entries, work: this.#work, took }
  }
}
