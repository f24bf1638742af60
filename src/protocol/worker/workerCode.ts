/** The code of a worker version, before it is installed. */
export interface WorkerCode {
  readonly supervisor: Uint8Array
  /** With metering added. */
  readonly engine: Uint8Array
  /** The base image of both. */
  readonly image: Uint8Array
}
