/**
 * What is refused before a request is routed.
 *
 * Gat1. A request whose `Host` is not in the list is refused, on loopback too: otherwise a page that has
 *       rebound its name to this address would read the answers.
 * Gat2. A request of a page of another origin is refused: by its `Origin`, or by `Sec-Fetch-Site` where a
 *       browser sends no `Origin`.
 * Gat3. A body is `application/json`, which no page sends to another origin without asking first.
 * Gat4. An address that asks too often, and any request to a server that stops, is refused. Health is exempt.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { refusalOf, type HttpRefusal } from './errors.ts'

/** What the gate sees of a request. */
export interface Arrival {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly address: string
}

/** What the gate decides by. */
export interface GateParts {
  /** Lower-case values of `Host` that are ours. */
  readonly hosts: () => ReadonlySet<string>
  /** Takes a request of the address. Returns seconds to wait, or 0. */
  readonly take: (address: string) => number
  readonly isStopping: () => boolean
}

const isHealth = (url: string): boolean => url.startsWith('/health/')
const hasNoBody = (method: string): boolean => method === 'GET' || method === 'HEAD'

export function gate(arrival: Arrival, { hosts, take, isStopping }: GateParts): HttpRefusal | undefined {
  const { method, url, headers, address } = arrival
  const own = hosts()
  if (!own.has((headers.host ?? '').toLowerCase()))
    return refusalOf('http/wrong-host', {
      message: 'this is not a name of the server; allow it with allowedHosts',
    })
  if (!isOwnOrigin(headers, own))
    return refusalOf('http/wrong-origin', { message: 'pages of other origins may not use the server' })
  if (!hasNoBody(method) && !isJson(headers['content-type']))
    return refusalOf('http/wrong-content-type', { message: 'the content type must be application/json' })
  if (isStopping() && url !== '/health/live')
    return refusalOf('http/stopping', { message: 'the server stops', retryAfter: 5 })
  const pause = isHealth(url) ? 0 : take(address)
  if (pause > 0)
    return refusalOf('http/too-many', {
      message: 'too many requests of this address',
      retryAfter: Math.ceil(pause),
    })
  return undefined
}

/** Gat2. Following a link from another site is not a use by that site. */
function isOwnOrigin(headers: IncomingHttpHeaders, own: ReadonlySet<string>): boolean {
  const { origin } = headers
  if (origin !== undefined) {
    const [, host] = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase()) ?? []
    return host !== undefined && own.has(host)
  }
  const site = headers['sec-fetch-site']
  const isForeign = site === 'cross-site' || site === 'same-site'
  return !isForeign || headers['sec-fetch-mode'] === 'navigate'
}

const isJson = (type: string | undefined): boolean =>
  /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type ?? '')

/** The names under which a server that listens there is reached. */
export function ownHosts(host: string, port: number, allowed: readonly string[]): ReadonlySet<string> {
  const names = [host.includes(':') ? `[${host}]` : host, 'localhost', '127.0.0.1', '[::1]']
  const withPort = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]))
  return new Set([...withPort, ...allowed].map((name) => name.toLowerCase()))
}
