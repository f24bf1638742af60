/** Limits of a server. Each has a default that suits a node with a few hundred clients. */

/** What the server allows its clients. */
export interface ServerLimits {
  /** Bytes of the body of a request. */
  readonly bodyBytes: number
  /** Open connections; further ones are closed at once. */
  readonly connections: number
  /** Requests of one address per second. */
  readonly requestsPerSecond: number
  /** Requests of one address at once, after a pause. */
  readonly requestBurst: number
  /** Open event streams. */
  readonly streams: number
  /** Requests that wait for a block. */
  readonly waits: number
  /** Seconds that the check of a proposal may take. */
  readonly checkSeconds: number
  /** Seconds until a stream whose client reads nothing is closed. */
  readonly stalledSeconds: number
  /** Seconds between two comment lines in a stream. */
  readonly commentSeconds: number
  /** Seconds in which the head of a request must arrive. */
  readonly headSeconds: number
  /** Seconds in which a whole request must arrive. */
  readonly requestSeconds: number
  /** Seconds until an idle connection is closed. */
  readonly idleSeconds: number
}

export const defaultLimits: ServerLimits = {
  bodyBytes: 1_500_000,
  connections: 2_000,
  requestsPerSecond: 1_000,
  requestBurst: 2_000,
  streams: 1_000,
  waits: 1_000,
  checkSeconds: 120,
  stalledSeconds: 60,
  commentSeconds: 15,
  headSeconds: 10,
  requestSeconds: 30,
  idleSeconds: 10,
}

/** The longest time that a request may wait for a block, in seconds. */
export const maxWaitSeconds = 60
