/** Where the spans of a server go. */
import { trace, type Tracer } from '@opentelemetry/api'

/** What became of the spans that have ended, since the server started. */
export interface SpanCounts {
  /** The collector has taken them. */
  readonly sent: number
  /** Dropped, because too many waited. */
  readonly full: number
  /** Dropped, because the collector did not take them. */
  readonly failed: number
}

/** Makes spans, and knows what became of them. */
export interface Telemetry {
  readonly tracer: Tracer
  readonly counts: () => SpanCounts
}

/** The name by which spans say what made them. */
export const tracerName = 'heirloom'

/** Spans of the SDK that the process has registered; without one they cost nothing and go nowhere. */
export const globalTelemetry = (version: string): Telemetry => ({
  tracer: trace.getTracer(tracerName, version),
  counts: () => ({ sent: 0, full: 0, failed: 0 }),
})
