/**
 * The HTTP API of a node.
 *
 * Srv1. Reads use the last committed block and never wait for one under way.
 * Srv2. `close` refuses new requests, ends streams and waits, and resolves soon, also while clients read
 *       nothing.
 */
import { createServer, type Server, type ServerOptions } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { releaseVersion } from '../release/release.ts'
import type { Sequencer } from '../node/index.ts'
import { EventStreams } from './events/eventStreams.ts'
import { checkerOf } from './http/checking.ts'
import { expectedRefusal, internalRefusal, refusalOf, type HttpRefusal } from './http/errors.ts'
import { gate, ownHosts, type GateParts } from './http/gate.ts'
import { Rates } from './http/rates.ts'
import { BoundedWaits } from './http/waits.ts'
import { defaultLimits, type ServerLimits } from './limits.ts'
import { Metrics } from './metrics/metrics.ts'
import type { ServerParts } from './parts.ts'
import { traceBlocks } from './telemetry/blockSpans.ts'
import { globalTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { routes } from './routes/routes.ts'
import type { Request, Route } from './routes/route.ts'

/** How a server is opened. */
export interface NodeServerOptions {
  readonly sequencer: Sequencer
  /** The address on which it listens; default: `127.0.0.1`. */
  readonly host?: string
  /** Default: 26680; 0: any that is free. */
  readonly port?: number
  readonly limits?: Partial<ServerLimits>
  /** Further values of `Host`, as clients send them: with the port unless it is that of the scheme. */
  readonly allowedHosts?: readonly string[]
  /** Where the spans of blocks go; default: to the SDK that the process has registered, if any. */
  readonly telemetry?: Telemetry
  /** Called with each fault of the server itself. */
  readonly onFault?: (error: unknown) => void
}

/** A server that listens. */
export interface NodeServer {
  /** Such as `http://127.0.0.1:26680`. */
  readonly url: string
  /** Stops the server (Srv2); the sequencer goes on. Idempotent. */
  close(): Promise<void>
}

export const defaultPort = 26_680

/** How long streams and answers under way have to end by themselves, in milliseconds. */
const closingTime = 500

/** Opens a server. The sequencer stays the caller's. */
export async function openNodeServer(options: NodeServerOptions): Promise<NodeServer> {
  const { sequencer, host = '127.0.0.1', port = defaultPort, allowedHosts = [], onFault = () => {} } = options
  const limits = { ...defaultLimits, ...options.limits }
  const stopping = new AbortController()
  const streams = new EventStreams(sequencer, limits, stopping.signal)
  const version = releaseVersion()
  const { tracer, counts } = options.telemetry ?? globalTelemetry(version)
  const endSpans = traceBlocks(sequencer, tracer)
  const metrics = new Metrics({ sequencer, version, openStreams: () => streams.open, spanCounts: counts })
  const waits = new BoundedWaits(limits.waits, stopping.signal)
  const parts: ServerParts = { sequencer, limits, version, streams, metrics, waits }
  const rates = new Rates(limits.requestsPerSecond, limits.requestBurst, () => performance.now() / 1_000)
  let hosts: ReadonlySet<string> = new Set()
  const servers: Server[] = []
  const fastify = makeFastify(limits, servers, {
    hosts: () => hosts,
    take: (address) => rates.take(address),
    isStopping: () => stopping.signal.aborted,
  })
  refuseInOneForm(fastify, onFault)
  for (const route of routes) addRoute(fastify, parts, route)
  try {
    await fastify.listen({ host, port })
  } catch (error) {
    endSpans()
    metrics.close()
    await fastify.close()
    throw error
  }
  const bound = portOf(fastify.server, port)
  hosts = ownHosts(host, bound, allowedHosts)
  let closed: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => (closed ??= close({ fastify, servers, stopping, metrics, endSpans })),
  }
}

function portOf(server: Server, wanted: number): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : wanted
}

interface OpenServer {
  readonly fastify: FastifyInstance
  readonly servers: readonly Server[]
  readonly stopping: AbortController
  readonly metrics: Metrics
  readonly endSpans: () => void
}

/** Srv2. */
async function close({ fastify, servers, stopping, metrics, endSpans }: OpenServer): Promise<void> {
  stopping.abort()
  const closeAll = (): void => {
    for (const server of servers) server.closeAllConnections()
  }
  const timer = setTimeout(closeAll, closingTime)
  await fastify.close()
  clearTimeout(timer)
  endSpans()
  metrics.close()
}

/** `servers` gets those that listen: a name such as `localhost` may have several addresses. */
function makeFastify(limits: ServerLimits, servers: Server[], gateParts: GateParts): FastifyInstance {
  const options: ServerOptions = {
    headersTimeout: limits.headSeconds * 1_000,
    requestTimeout: limits.requestSeconds * 1_000,
    keepAliveTimeout: limits.idleSeconds * 1_000,
    connectionsCheckingInterval: Math.min(5_000, limits.headSeconds * 1_000),
    requireHostHeader: false,
    highWaterMark: 16_384,
  }
  return Fastify({
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'ignore',
    serverFactory(handle) {
      const server = createServer(options, (request, response) => {
        response.setHeader('cache-control', 'no-store')
        response.setHeader('x-content-type-options', 'nosniff')
        const { method = 'GET', url = '/', headers, socket } = request
        const refusal = gate({ method, url, headers, address: socket.remoteAddress ?? '' }, gateParts)
        if (refusal === undefined) return handle(request, response)
        // The body is not read, so the connection cannot be used again.
        response.writeHead(refusal.status, { ...refusal.headers, ...jsonType, connection: 'close' })
        response.end(JSON.stringify(refusal.body))
      })
      server.maxConnections = limits.connections
      servers.push(server)
      return server
    },
    clientErrorHandler(error, socket) {
      const { code } = error
      if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
      const body = JSON.stringify(refusalOf('http/bad-request', { message: `not a request: ${code}` }).body)
      const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
      socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`)
    },
    frameworkErrors: (error, _request, reply) =>
      sendRefusal(reply, expectedRefusal(error) ?? internalRefusal()),
  })
}

const jsonType = { 'content-type': 'application/json; charset=utf-8' } as const

function refuseInOneForm(fastify: FastifyInstance, onFault: (error: unknown) => void): void {
  fastify.setErrorHandler((error, _request, reply) => {
    const refusal = expectedRefusal(error)
    if (refusal === undefined) onFault(error)
    return sendRefusal(reply, refusal ?? internalRefusal())
  })
  fastify.setNotFoundHandler((request, reply) => {
    const message = `there is no route ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 200) ?? ''}`
    return sendRefusal(reply, refusalOf('http/not-found', { message }))
  })
}

const sendRefusal = (reply: FastifyReply, { status, headers, body }: HttpRefusal): FastifyReply =>
  reply.code(status).headers(headers).type(jsonType['content-type']).send(JSON.stringify(body))

function addRoute(fastify: FastifyInstance, parts: ServerParts, route: Route): void {
  const { method, url } = route
  const read = readerOf(route)
  fastify.route({
    method,
    url,
    async handler(request, reply) {
      const checked = read(request, reply)
      if (route.kind === 'stream') {
        const begin = route.prepare(parts, checked)
        reply.hijack()
        reply.raw.writeHead(200, streamHeaders)
        begin(reply.raw)
        return reply
      }
      if (route.kind === 'text') return reply.type(route.type).send(await route.handle(parts))
      const { status, body } = await route.handle(parts, checked)
      return reply.code(Number(status)).type(jsonType['content-type']).send(JSON.stringify(body))
    },
  })
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
} as const

/** Checks the parts of a request by the schemas of its route. */
function readerOf({ params, query, body }: Route) {
  const checkParams = checkerOf('params', params)
  const checkQuery = checkerOf('query', query)
  const checkBody = body === null ? () => null : checkerOf('body', body)
  return (request: FastifyRequest, reply: FastifyReply): Request<unknown, unknown, unknown> => ({
    params: checkParams(request.params),
    query: checkQuery(request.query),
    body: checkBody(request.body),
    headers: request.headers,
    client: signalOf(reply),
  })
}

/** Aborts when the connection closes before the answer is sent. */
function signalOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (raw.destroyed) controller.abort()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort()
  })
  return controller.signal
}
