/** The stream of events. */
import { Type } from 'typebox'
import type { IncomingHttpHeaders } from 'node:http'
import { cursorPattern, readCursor, type Cursor } from '../events/cursor.ts'
import { refuseHttp } from '../http/errors.ts'
import { streamRoute } from './route.ts'

const closed = { additionalProperties: false } as const

/** `Last-Event-ID` comes with each reconnection, so it is later than `after`. */
function cursorOf(after: string | undefined, headers: IncomingHttpHeaders, height: number): Cursor {
  const last = headers['last-event-id']
  const text = typeof last === 'string' && last !== '' ? last : after
  if (text === undefined) return { height, place: Infinity }
  const cursor = readCursor(text)
  if (cursor === undefined) return refuseHttp('http/bad-request', 'Last-Event-ID: must be HEIGHT.PLACE or HEIGHT')
  if (cursor.height > height)
    refuseHttp('http/bad-request', `the cursor is at height ${cursor.height}; the last block is ${height}`, {
      detail: { height },
    })
  return cursor
}

const events = streamRoute({
  method: 'GET',
  url: '/v1/events',
  summary: 'The events of committed blocks, as server-sent events.',
  about:
    'The id of an event is its cursor, `HEIGHT.PLACE`. `Last-Event-ID` or `after` goes on from there, also after ' +
    'a restart. Without either the stream begins with the next block.',
  query: Type.Object(
    {
      after: Type.Optional(
        Type.String({
          pattern: cursorPattern,
          description: 'The cursor after which the stream begins: `HEIGHT.PLACE`, or `HEIGHT` for the end of a height.',
        }),
      ),
      kind: Type.Optional(
        Type.String({ minLength: 1, maxLength: 100, description: 'Only events of this kind.' }),
      ),
    },
    closed,
  ),
  errors: ['http/too-many'],
  prepare({ sequencer, streams }, { query: { after, kind }, headers }) {
    const cursor = cursorOf(after, headers, sequencer.application.info.height)
    return streams.prepare({ after: cursor, ...(kind === undefined ? {} : { kind }) })
  },
})

export const eventRoutes = [events] as const
