/** One request to a node, and its answer. */
import { isRecord } from '../base/guards.ts'
import { NodeError } from './nodeError.ts'

/** The `fetch` of a browser or of Node, or one with the same results. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Where requests go. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string
  readonly fetch: Fetch
}

/** A request: a GET, or with a body a POST of JSON. */
export interface NodeRequest {
  readonly path: string
  readonly parameters?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/**
 * The response, unless it is an error.
 * @throws NodeError with the code of the node; `client/unreachable`
 * @throws the reason of the signal
 */
export async function send(connection: Connection, request: NodeRequest): Promise<Response> {
  const { signal, body, headers = {} } = request
  const init: RequestInit = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...headers, ...(body === undefined ? {} : jsonBody) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }
  let response: Response
  try {
    response = await connection.fetch(urlOf(connection, request), init)
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(connection, error)
  }
  if (response.ok) return response
  throw await errorOf(response)
}

/** The answer as JSON. */
export async function ask<Answer>(connection: Connection, request: NodeRequest): Promise<Answer> {
  const response = await send(connection, request)
  try {
    return (await response.json()) as Answer
  } catch (error) {
    request.signal?.throwIfAborted()
    if (error instanceof SyntaxError) throw badAnswer(response.status)
    throw unreachable(connection, error)
  }
}

const jsonBody = { 'content-type': 'application/json' }

function urlOf({ url }: Connection, { path, parameters = {} }: NodeRequest): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return `${url}${path}${given.length === 0 ? '' : `?${given.join('&')}`}`
}

/** Node hides the reason in the cause. */
export function unreachable({ url }: Connection, error: unknown): NodeError {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const code: unknown = isRecord(cause) ? cause['code'] : undefined
  const reason =
    typeof code === 'string' ? code : cause instanceof Error ? cause.message : String((error as Error).message)
  return new NodeError('client/unreachable', `no node answers at ${url}: ${reason}`, null, { url, reason })
}

const badAnswer = (status: number): NodeError =>
  new NodeError('client/bad-answer', `the answer, with status ${status}, is not one of a node`, status)

/** `{ error: { code, message, detail } }`. */
async function errorOf(response: Response): Promise<NodeError> {
  const { status } = response
  const answer: unknown = await response.json().catch(() => undefined)
  const error: unknown = isRecord(answer) ? answer['error'] : undefined
  if (!isRecord(error) || typeof error['code'] !== 'string') return badAnswer(status)
  const { code, message, detail } = error
  return new NodeError(code, String(message), status, isRecord(detail) ? detail : {})
}
