/** The collector to which a node sends its spans, by its option or the variables of OpenTelemetry. */
import { refuseUsage, type ParsedArgs } from '../../args/arguments.ts'
import type { Options } from '../../args/commandSpec.ts'
import type { Io } from '../../output/io.ts'

export const collectorOption = {
  otlp: {
    kind: 'text',
    placeholder: 'URL',
    description: 'the OTLP/HTTP collector for spans of blocks (else OTEL_EXPORTER_OTLP_ENDPOINT; default: none)',
  },
} as const satisfies Options

/** Where spans are posted; undefined: nowhere. */
export function collectorOf(args: ParsedArgs, { env }: Io): string | undefined {
  const option = args.text('otlp')
  if (option !== undefined) return tracesOf('--otlp', option)
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined
  const [traces, all] = [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']]
  if (traces) return urlOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', traces).href
  return all ? tracesOf('OTEL_EXPORTER_OTLP_ENDPOINT', all) : undefined
}

/** The path for spans, below that of the collector. */
function tracesOf(source: string, text: string): string {
  const url = urlOf(source, text)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return url.href
}

function urlOf(source: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? url
    : refuseUsage(`${source} is the URL of a collector, such as http://127.0.0.1:4318, not ${JSON.stringify(text)}`)
}
