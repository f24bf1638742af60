/**
 * How a request is refused: a status, a code of `protocol/codes.ts` or of the results of transactions, and a
 * message. Every error that a client sees has the form of `ErrorBody`.
 */
import { CodedError } from '../../base/errors.ts'
import type { Code } from '../../protocol/codes.ts'
import type { ResultCode } from '../../protocol/node/resultCodes.ts'

/** The status of each code that routes refuse with. */
export const statuses = {
  'http/bad-request': 400,
  'http/not-found': 404,
  'http/too-large': 413,
  'http/wrong-host': 403,
  'http/wrong-origin': 403,
  'http/wrong-content-type': 415,
  'http/too-many': 429,
  'http/stopping': 503,
  'http/internal': 500,
  'node/no-query': 404,
  'node/bad-query': 400,
  'node/no-block': 404,
  'node/no-transaction': 404,
  'node/check-ended': 503,
  'node/full': 503,
  'node/stopped': 503,
  'node/halted': 503,
  'node/upgrade-failed': 503,
  'machine/failed': 503,
} as const satisfies Partial<Readonly<Record<Code, number>>>

export type HttpCode = keyof typeof statuses

/** What a client gets. */
export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly detail?: Readonly<Record<string, unknown>>
  }
}

/** What an answer with an error says beside its code. */
export interface RefusalParts {
  readonly message: string
  readonly detail?: Readonly<Record<string, unknown>>
  /** Seconds after which the client may try again. */
  readonly retryAfter?: number
}

export class HttpRefusal extends Error {
  readonly status: number
  readonly code: string
  readonly detail: Readonly<Record<string, unknown>> | undefined
  readonly retryAfter: number | undefined

  constructor(status: number, code: string, { message, detail, retryAfter }: RefusalParts) {
    super(message)
    this.status = status
    this.code = code
    this.detail = detail
    this.retryAfter = retryAfter
  }

  get body(): ErrorBody {
    const { code, message, detail } = this
    return { error: { code, message, ...(detail === undefined ? {} : { detail }) } }
  }

  get headers(): Readonly<Record<string, string>> {
    return this.retryAfter === undefined ? {} : { 'retry-after': String(this.retryAfter) }
  }
}

export const refusalOf = (code: HttpCode, parts: RefusalParts): HttpRefusal =>
  new HttpRefusal(statuses[code], code, parts)

export function refuseHttp(
  code: HttpCode,
  message: string,
  parts: Omit<RefusalParts, 'message'> = {},
): never {
  throw refusalOf(code, { message, ...parts })
}

/** A transaction that the node does not take: the code of its result. */
export const refusedTransaction = (
  code: ResultCode,
  message: string,
  detail: { readonly hash: string; readonly number: number },
): HttpRefusal => new HttpRefusal(422, code, { message, detail })

const isHttpCode = (code: string): code is HttpCode => Object.hasOwn(statuses, code)

/** What Fastify refuses by itself, by its code. */
const frameworkCodes: Readonly<Record<string, HttpCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'http/too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'http/wrong-content-type',
  FST_ERR_CTP_EMPTY_TYPE: 'http/wrong-content-type',
  FST_ERR_BAD_URL: 'http/bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'http/bad-request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'http/bad-request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'http/bad-request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'http/bad-request',
}

interface FrameworkError {
  readonly code?: unknown
  readonly statusCode?: unknown
  readonly message?: unknown
}

/** The refusal of an error; undefined for what is a fault of the server. */
export function expectedRefusal(error: unknown): HttpRefusal | undefined {
  if (error instanceof HttpRefusal) return error
  if (error instanceof CodedError)
    return isHttpCode(error.code)
      ? refusalOf(error.code, { message: error.message, detail: error.detail })
      : undefined
  const { code, statusCode, message } = error as FrameworkError
  const known = typeof code === 'string' ? frameworkCodes[code] : undefined
  if (known !== undefined) return refusalOf(known, { message: String(message) })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return refusalOf('http/bad-request', { message: String(message) })
  return undefined
}

export const internalRefusal = (): HttpRefusal =>
  refusalOf('http/internal', { message: 'the server failed; its log says why' })
