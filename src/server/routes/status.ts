/** What the node is doing. */
import { Type } from 'typebox'
import type { Sequencer, SequencerState } from '../../node/index.ts'
import { answer, jsonRoute } from './route.ts'
import { Height, Time } from './schemas.ts'

const closed = { additionalProperties: false } as const
const Text = Type.String()
const Count = Type.Integer({ minimum: 0 })

const Blocks = Type.Union([
  Type.Object({ kind: Type.Union([Type.Literal('running'), Type.Literal('stopped')]) }, closed),
  Type.Object(
    { kind: Type.Union([Type.Literal('halted'), Type.Literal('failing')]), code: Text, message: Text },
    closed,
  ),
])

const Kernel = Type.Object(
  {
    state: Type.Optional(
      Type.Union(['ready', 'faulted', 'paused', 'migrating'].map((state) => Type.Literal(state)), {
        description: 'At the end of the last block; absent before the first.',
      }),
    ),
    queued: Type.Optional(Count),
    error: Type.Optional(Type.Union([Text, Type.Null()])),
    kernel: Type.Optional(Text),
    backlog: Type.Integer({ description: 'Messages to vats that wait for the kernel.' }),
  },
  closed,
)

const Replay = Type.Object({ vat: Text, deliveries: Count, ofDeliveries: Count }, closed)

const UnderWay = Type.Object(
  {
    height: Height,
    seconds: Type.Number({ description: 'How long the block has been running.' }),
    phase: Text,
    operation: Type.Union([Text, Type.Null()], { description: 'The kind of the operation under way.' }),
    replay: Type.Union([Replay, Type.Null()], { description: 'The replay that the machine is doing.' }),
  },
  closed,
)

const Status = Type.Object(
  {
    chain: Text,
    height: Height,
    time: Time,
    appHash: Text,
    format: Type.Integer({ description: 'The form of the app hash.' }),
    version: Type.String({ description: 'The version of the release.' }),
    sequencer: Blocks,
    kernel: Kernel,
    waiting: Type.Integer({ minimum: 0, description: 'Transactions that wait for a block.' }),
    block: Type.Union([UnderWay, Type.Null()], { description: 'The block under way.' }),
  },
  closed,
)

function underWay({ underWay, application }: Sequencer) {
  if (underWay === undefined) return null
  const { phase = 'transactions', operation = null } = application.progress ?? {}
  const replay = application.replayInWork
  return {
    height: underWay.height,
    seconds: underWay.since / 1_000,
    phase,
    operation,
    replay: replay === null ? null : { ...replay },
  }
}

const sequencerView = (state: SequencerState) =>
  state.kind === 'running' || state.kind === 'stopped'
    ? { kind: state.kind }
    : { kind: state.kind, code: state.code, message: state.message }

const status = jsonRoute({
  method: 'GET',
  url: '/v1/status',
  summary: 'The last block, the kernel, and what the node is doing. Never waits for a block under way.',
  answers: { 200: Status },
  handle({ sequencer, version }) {
    const { application, state, waiting } = sequencer
    const kernel = application.query('kernel/status').value as { readonly backlog: number }
    const { chain, height, time, appHash, format } = application.info
    return answer(200, {
        chain,
        height,
        time,
        appHash,
        format,
        version,
        sequencer: sequencerView(state),
        kernel,
        waiting,
        block: underWay(sequencer),
      })
  },
})

export const statusRoutes = [status] as const
