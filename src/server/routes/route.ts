/**
 * What a route is: one schema for each part of its request and for each of its answers. From them follow the
 * checks, the types of its handler, and its entry in the OpenAPI document.
 */
import { Type, type Static, type TObject, type TSchema } from 'typebox'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { HttpCode } from '../http/errors.ts'
import type { ServerParts } from '../parts.ts'

type Answers = Readonly<Record<number, TSchema>>

/** An answer with the status and the body of one of the schemas. */
export type AnswerOf<A extends Answers> = {
  readonly [Status in keyof A & number]: { readonly status: Status; readonly body: Static<A[Status]> }
}[keyof A & number]

/** An answer, with its types as narrow as its schema. */
export const answer = <const Status extends number, const Body>(
  status: Status,
  body: Body,
): { readonly status: Status; readonly body: Body } => ({ status, body })

/** A request whose parts have been checked. */
export interface Request<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly headers: IncomingHttpHeaders
  /** Aborts when the client hangs up. */
  readonly client: AbortSignal
}

/** What every route says of itself. */
interface About {
  readonly method: 'GET' | 'POST'
  /** In the form of Fastify: `/v1/blocks/:height`. */
  readonly url: string
  readonly summary: string
  readonly about?: string
  /** Codes with which it refuses, besides those of every route. */
  readonly errors?: readonly HttpCode[]
  /** Whether it refuses with the code of a result, as 422. */
  readonly refusesTransactions?: boolean
  /** Parameters of the path with which the document shows it. */
  readonly example?: Readonly<Record<string, string>>
}

/** The schemas of a request. */
interface Schemas<P extends TObject, Q extends TObject, B extends TSchema> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
}

/** A route that answers with JSON. */
export interface JsonRoute extends About {
  readonly kind: 'json'
  readonly params: TObject
  readonly query: TObject
  readonly body: TSchema | null
  readonly answers: Answers
  handle(parts: ServerParts, request: Request<unknown, unknown, unknown>): Promise<RawAnswer>
}

/** A route that answers with a text. */
export interface TextRoute extends About {
  readonly kind: 'text'
  readonly params: TObject
  readonly query: TObject
  readonly body: null
  readonly type: string
  handle(parts: ServerParts): Promise<string>
}

/** A route that answers with a stream of events. */
export interface StreamRoute extends About {
  readonly kind: 'stream'
  readonly params: TObject
  readonly query: TObject
  readonly body: null
  readonly type: 'text/event-stream'
  /** Returns what begins the stream, or refuses the request. */
  prepare(parts: ServerParts, request: Request<unknown, unknown, unknown>): (response: ServerResponse) => void
}

export type Route = JsonRoute | TextRoute | StreamRoute

export interface RawAnswer {
  readonly status: PropertyKey
  readonly body: unknown
}

const nothing = Type.Object({}, { additionalProperties: false })
type Nothing = typeof nothing

export function jsonRoute<
  A extends Answers,
  P extends TObject = Nothing,
  Q extends TObject = Nothing,
  B extends TSchema = TSchema,
>(
  route: About &
    Schemas<P, Q, B> & {
      readonly answers: A
      handle(
        parts: ServerParts,
        request: Request<Static<P>, Static<Q>, Static<B>>,
      ): AnswerOf<A> | Promise<AnswerOf<A>>
    },
): JsonRoute {
  const { params = nothing, query = nothing, body = null, handle } = route
  return {
    ...route,
    kind: 'json',
    params,
    query,
    body,
    handle: async (parts, request) =>
      handle(parts, request as Request<Static<P>, Static<Q>, Static<B>>),
  }
}

export const textRoute = (
  route: About & { readonly type: string; handle(parts: ServerParts): Promise<string> },
): TextRoute => ({ ...route, kind: 'text', params: nothing, query: nothing, body: null })

export function streamRoute<Q extends TObject>(
  route: About & {
    readonly query: Q
    prepare(
      parts: ServerParts,
      request: Request<unknown, Static<Q>, unknown>,
    ): (response: ServerResponse) => void
  },
): StreamRoute {
  const { prepare } = route
  return {
    ...route,
    kind: 'stream',
    params: nothing,
    body: null,
    type: 'text/event-stream',
    prepare: (parts, request) => prepare(parts, request as Request<unknown, Static<Q>, unknown>),
  }
}
