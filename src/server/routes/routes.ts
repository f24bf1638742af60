/** All routes, in the order of the document. */
import { openApiOf } from '../document/openApi.ts'
import { blockRoutes } from './blocks.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { metricsRoutes } from './metrics.ts'
import { proposalRoutes } from './proposals.ts'
import { queryRoutes } from './queries.ts'
import { answer, jsonRoute, type Route } from './route.ts'
import { Json } from './schemas.ts'
import { statusRoutes } from './status.ts'
import { transactionRoutes } from './transactions.ts'

const document = jsonRoute({
  method: 'GET',
  url: '/openapi.json',
  summary: 'This document.',
  answers: { 200: Json },
  handle: ({ version }) => answer(200, openApiOf(routes, version)),
})

export const routes: readonly Route[] = [
  ...transactionRoutes,
  ...proposalRoutes,
  ...blockRoutes,
  ...eventRoutes,
  ...queryRoutes,
  ...statusRoutes,
  ...healthRoutes,
  ...metricsRoutes,
  document,
]
