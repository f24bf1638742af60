/** A collector of spans for tests: a real HTTP server that reads OTLP as JSON. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scope } from './world.ts'

/** A span, as far as tests look at it. Times in nanoseconds since 1970. */
export interface CollectedSpan {
  readonly name: string
  readonly trace: string
  readonly id: string
  /** The id of its parent; undefined for the span of a block. */
  readonly parent: string | undefined
  readonly from: bigint
  readonly to: bigint
  readonly attributes: Readonly<Record<string, string | number>>
}

interface OtlpValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number
}

interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly OtlpAttribute[]
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

/** `taking`: it takes spans; `refusing`: it answers 503; `silent`: it reads, and never answers. */
export type CollectorMode = 'taking' | 'refusing' | 'silent'

export interface Collector {
  readonly url: string
  mode: CollectorMode
  readonly spans: readonly CollectedSpan[]
  /** Attributes of those who sent them. */
  readonly resources: readonly Readonly<Record<string, string | number>>[]
  /** The requests that it has read, in every mode. */
  readonly requests: number
}

const valueOf = ({ stringValue, intValue, doubleValue }: OtlpValue): string | number =>
  stringValue ?? Number(intValue ?? doubleValue)

const recordOf = (attributes: readonly OtlpAttribute[]): Record<string, string | number> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))

const spanOf = (span: OtlpSpan): CollectedSpan => ({
  name: span.name,
  trace: span.traceId,
  id: span.spanId,
  parent: span.parentSpanId === '' ? undefined : span.parentSpanId,
  from: BigInt(span.startTimeUnixNano),
  to: BigInt(span.endTimeUnixNano),
  attributes: recordOf(span.attributes),
})

export async function openCollector(scope: Scope, mode: CollectorMode = 'taking'): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const resources: Record<string, string | number>[] = []
  const state = { mode, requests: 0 }
  const take = (text: string): void => {
    for (const { resource, scopeSpans } of (JSON.parse(text) as OtlpRequest).resourceSpans) {
      resources.push(recordOf(resource.attributes))
      spans.push(...scopeSpans.flatMap((scoped) => scoped.spans.map(spanOf)))
    }
  }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk))
    request.on('end', () => {
      state.requests += 1
      if (state.mode === 'silent') return
      const isRight = request.method === 'POST' && request.url === '/v1/traces'
      if (state.mode === 'taking' && isRight) take(text)
      const status = state.mode === 'refusing' ? 503 : isRight ? 200 : 404
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    resources,
    get requests() {
      return state.requests
    },
    get mode() {
      return state.mode
    },
    set mode(mode) {
      state.mode = mode
    },
  }
}
