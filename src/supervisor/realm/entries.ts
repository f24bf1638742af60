/** The functions that the supervisor exposes to the engine; see `protocol/worker/worker.ts`. */
export interface HostEntries {
  dispatch(delivery: string, source: string): void
  salvage(source: string): void
  evaluate(name: string, source: string): void
  beforeCollection(): void
  finish(): string
}
