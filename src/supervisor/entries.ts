/** The functions that the supervisor leaves behind for the engine; see `protocol/worker.ts`. */
export interface HostEntries {
  dispatch(delivery: string, source: string): void
  salvage(source: string): void
  beforeCollection(): void
  finish(): string
}
