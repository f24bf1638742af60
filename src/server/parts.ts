/** What the routes of a server share. */
import type { Sequencer } from '../node/index.ts'
import type { EventStreams } from './events/eventStreams.ts'
import type { ServerLimits } from './limits.ts'
import type { Metrics } from './metrics/metrics.ts'

export interface ServerParts {
  readonly sequencer: Sequencer
  readonly limits: ServerLimits
  /** The version of the release. */
  readonly version: string
  readonly streams: EventStreams
  readonly metrics: Metrics
  /** Requests that wait for a block. */
  readonly waits: Waits
}

/** Requests that wait: how many, and what ends them. */
export interface Waits {
  /**
   * Calls `wait` with a signal that aborts after the seconds, when the client hangs up or the server stops.
   * Refuses with `http/too-many` if too many wait.
   */
  during<Value>(
    seconds: number,
    client: AbortSignal,
    wait: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value>
}
