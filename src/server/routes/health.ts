/** Health, for what starts, stops and balances nodes. */
import { Type } from 'typebox'
import { answer, jsonRoute } from './route.ts'
import { unreadiness } from './readiness.ts'
import { Height } from './schemas.ts'

const closed = { additionalProperties: false } as const

const live = jsonRoute({
  method: 'GET',
  url: '/health/live',
  summary: 'Answers as long as the process can answer.',
  answers: { 200: Type.Object({ live: Type.Literal(true) }, closed) },
  handle: () => answer(200, { live: true }),
})

const ready = jsonRoute({
  method: 'GET',
  url: '/health/ready',
  summary: 'Whether the node takes transactions.',
  about: 'A faulted kernel is in the answer and does not make the node unready: votes repair it.',
  answers: { 200: Type.Object({ ready: Type.Literal(true), height: Height, kernel: Type.String() }, closed) },
  errors: ['node/stopped', 'node/halted', 'node/upgrade-failed', 'machine/failed'],
  handle({ sequencer }) {
    const refusal = unreadiness(sequencer)
    if (refusal !== undefined) throw refusal
    const { height, value } = sequencer.application.query('kernel/status')
    const { state = 'ready' } = value as { readonly state?: string }
    return answer(200, { ready: true, height, kernel: state })
  },
})

export const healthRoutes = [live, ready] as const
