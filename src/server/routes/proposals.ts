/** Proposals: what the messages of one would do. */
import { Type, type TSchema } from 'typebox'
import { FieldFlaw, readVoteMessages, type ProposalCheck } from '../../node/index.ts'
import { refuseHttp } from '../http/errors.ts'
import { answer, jsonRoute } from './route.ts'
import { Height, Json } from './schemas.ts'

const closed = { additionalProperties: false } as const

const OrNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const OneOf = <const Text extends string>(...texts: readonly Text[]) =>
  Type.Unsafe<Text>({ type: 'string', enum: [...texts] })

const Code = OrNull(Type.String({ description: 'The code of a failure.' }))

const Step = Type.Object(
  { name: Type.String(), kind: Type.String(), outcome: Type.String(), code: Code },
  closed,
)

const Message = Type.Object(
  {
    kind: Type.String(),
    outcome: OneOf('done', 'failed', 'waiting', 'not-reached'),
    code: Code,
    text: Type.String({ description: 'For people.' }),
    data: Json,
    steps: Type.Union([Type.Array(Step), Type.Null()]),
  },
  closed,
)

const Event = Type.Object(
  { kind: Type.String(), transaction: OrNull(Type.String()), data: Type.Record(Type.String(), Json) },
  closed,
)

const Changes = Type.Record(
  Type.String(),
  Type.Object({ from: OrNull(Type.Number()), to: OrNull(Type.Number()) }, closed),
)

const Checked = Type.Object(
  {
    height: Height,
    blocks: Type.Integer({ description: 'Blocks that were made on the copy.' }),
    outcome: OneOf('done', 'failed', 'executing'),
    code: Code,
    messages: Type.Array(Message),
    events: Type.Array(Event),
    kernel: Type.Object(
      {
        state: Type.String(),
        error: OrNull(Type.String()),
        queued: Type.Integer(),
        kernel: Type.String(),
      },
      closed,
    ),
    parameters: Changes,
    members: Changes,
  },
  closed,
)

function messagesOf(given: readonly unknown[]) {
  try {
    return readVoteMessages(given, 'messages')
  } catch (error) {
    if (!(error instanceof FieldFlaw)) throw error
    return refuseHttp('http/bad-request', `body.${error.message}`, { detail: { part: 'body', path: '.messages' } })
  }
}

const viewOf = (found: ProposalCheck) => ({
  ...found,
  messages: found.messages.map(({ steps, ...message }) => ({ ...message, steps: steps && [...steps] })),
  events: [...found.events],
})

const check = jsonRoute({
  method: 'POST',
  url: '/v1/proposals/check',
  summary: 'Says what the messages of a proposal would do if a vote executed them now. Changes nothing.',
  about:
    'They are executed on a copy of the last committed block of the store, which takes from a second to minutes. ' +
    'At most one check at a time.',
  body: Type.Object({ messages: Type.Array(Json, { minItems: 1, maxItems: 20 }) }, closed),
  answers: { 200: Checked },
  errors: ['node/check-ended', 'machine/failed'],
  async handle({ sequencer, waits, limits }, { body, client }) {
    const messages = messagesOf(body.messages)
    const { checks } = sequencer
    if (checks.isBusy) refuseHttp('http/too-many', 'the node checks another proposal now', { retryAfter: 5 })
    const run = (signal: AbortSignal) => checks.check(messages, signal)
    return answer(200, viewOf(await waits.during(limits.checkSeconds, client, run)))
  },
})

export const proposalRoutes = [check] as const
