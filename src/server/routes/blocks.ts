/** Blocks with the results of their transactions. */
import { Type } from 'typebox'
import type { Sequencer } from '../../node/index.ts'
import { refuseHttp } from '../http/errors.ts'
import { answer, jsonRoute } from './route.ts'
import { Height, Result, Time, TransactionHash } from './schemas.ts'

const closed = { additionalProperties: false } as const

const Block = Type.Object(
  {
    height: Height,
    time: Time,
    appHash: Type.String({ description: 'The app hash after the block.' }),
    transactions: Type.Array(
      Type.Object(
        {
          hash: TransactionHash,
          result: Result,
          bytes: Type.Optional(Type.String({ description: 'Base64; with `bytes=true`.' })),
        },
        closed,
      ),
    ),
  },
  closed,
)

const Query = Type.Object(
  { bytes: Type.Optional(Type.Boolean({ description: 'Whether to show the bytes of transactions.' })) },
  closed,
)

/** A committed block. */
function readBlock({ blocks, application }: Sequencer, height: number, withBytes: boolean) {
  const block = height > application.info.height ? undefined : blocks.block(height)
  if (block === undefined || block.appHash === null)
    return refuseHttp('node/no-block', `there is no block of height ${height}`)
  const transactions = blocks.transactionsOf(height).map(({ bytes, result }) => ({
    hash: result.hash,
    result,
    ...(withBytes ? { bytes: Buffer.from(bytes).toString('base64') } : {}),
  }))
  return { height, time: block.time, appHash: block.appHash, transactions }
}

const latest = jsonRoute({
  method: 'GET',
  url: '/v1/blocks/latest',
  summary: 'The last committed block.',
  query: Query,
  answers: { 200: Block },
  errors: ['node/no-block'],
  handle({ sequencer }, { query: { bytes = false } }) {
    return answer(200, readBlock(sequencer, sequencer.application.info.height, bytes))
  },
})

const byHeight = jsonRoute({
  method: 'GET',
  url: '/v1/blocks/:height',
  summary: 'A committed block by its height.',
  params: Type.Object({ height: Height }, closed),
  query: Query,
  answers: { 200: Block },
  errors: ['node/no-block'],
  example: { height: '1' },
  handle({ sequencer }, { params: { height }, query: { bytes = false } }) {
    return answer(200, readBlock(sequencer, height, bytes))
  },
})

export const blockRoutes = [latest, byHeight] as const
