/**
 * Names that the engine, SES and the channel put on the global object of a worker.
 * The supervisor sees them while the base image is built; user code sees only what
 * `environment.ts` endows its compartment with.
 */
import type { HostEntries } from './entries.ts'

/** The parts of a SES compartment that this project uses. */
export interface Environment {
  readonly globalThis: Record<PropertyKey, unknown>
  evaluate(source: string): unknown
}

declare global {
  var getStackString: ((error: unknown) => string) | undefined
  var hostSyscall: ((batch: string) => string) | undefined
  var hostEntries: HostEntries | undefined
}
