/** Queries of the modules of the host. */
import { Type } from 'typebox'
import { answer, jsonRoute } from './route.ts'
import { Height, Json } from './schemas.ts'

const closed = { additionalProperties: false } as const

const query = jsonRoute({
  method: 'GET',
  url: '/v1/query/*',
  summary: 'Answers a query of a module: `module/query/words…`, by the last committed block.',
  params: Type.Object(
    { '*': Type.String({ maxLength: 1_000, description: 'The words of the query, with slashes.' }) },
    closed,
  ),
  answers: { 200: Type.Object({ height: Height, value: Json }, closed) },
  errors: ['node/no-query', 'node/bad-query'],
  example: { '*': 'kernel/status' },
  handle({ sequencer }, { params }) {
    return answer(200, sequencer.application.query(params['*']))
  },
})

export const queryRoutes = [query] as const
