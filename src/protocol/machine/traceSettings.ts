/** Which events are traced, and into which file. */
import type { TraceKind } from '../reports/trace.ts'

/** The events to trace, and the file. Tracing affects nothing else. */
export interface TraceOptions {
  readonly file: string
  /** Default: all kinds. */
  readonly kinds?: readonly TraceKind[]
  /** A file of this size is renamed to `file.1`, that one to `file.2`, …; default: never. */
  readonly rotateBytes?: number
  /** Number of renamed files to keep; default: 5. */
  readonly keep?: number
}

export interface TraceSettings extends TraceFileOptions {
  /** Null: all kinds. */
  readonly kinds: readonly TraceKind[] | null
}

/** Whether a trace is written, and where. */
export type TraceStatus =
  | { readonly kind: 'off' }
  /** `lost`: events that could not be written. */
  | { readonly kind: 'on'; readonly file: string; readonly lost: number }

export interface TraceFileOptions {
  readonly file: string
  /** A file of this size is renamed to `file.1`; null: never. */
  readonly rotateBytes: number | null
  /** Number of renamed files to keep. */
  readonly keep: number
}
