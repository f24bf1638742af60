/**
 * Sends the spans of a node to a collector, by OTLP over HTTP. Only a node that has a collector loads this
 * file: the packages below take longer to load than most commands run.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { releaseVersion } from '../../../release/release.ts'
import { tracerName, type Telemetry } from '../../../server/index.ts'
import { SpanQueue } from './spanQueue.ts'

/** Where spans go, and who hears that they do not arrive. */
export interface SpanExportOptions {
  readonly url: string
  /** Hears why spans are lost, and null when they arrive again. */
  readonly onChange: (failure: string | null) => void
}

/** Telemetry that is on until it is closed. */
export interface SpanExport extends Telemetry {
  /** Sends what is left, for a few seconds at most. Idempotent. */
  close(): Promise<void>
}

/** Times in milliseconds. */
const limits = { queue: 2_048, batch: 512, delay: 1_000, closing: 3_000 }

/** How long the exporter tries to send a batch, in milliseconds. */
const timeoutMillis = 3_000

export function openSpanExport({ url, onChange }: SpanExportOptions): SpanExport {
  const version = releaseVersion()
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'heirloom-node', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }))
  const queue = new SpanQueue(new OTLPTraceExporter({ url, timeoutMillis }), limits, onChange)
  const provider = new BasicTracerProvider({ resource, spanProcessors: [queue] })
  return {
    tracer: provider.getTracer(tracerName, version),
    counts: () => queue.counts,
    close: () => queue.shutdown(),
  }
}
