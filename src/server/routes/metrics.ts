/** Metrics, for Prometheus. */
import { textRoute } from './route.ts'

const metrics = textRoute({
  method: 'GET',
  url: '/metrics',
  summary: 'Metrics in the text format of Prometheus.',
  type: 'text/plain; version=0.0.4; charset=utf-8',
  handle: ({ metrics }) => metrics.text(),
})

export const metricsRoutes = [metrics] as const
