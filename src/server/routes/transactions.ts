/**
 * Transactions: submitting, checking and finding them.
 *
 * Txr1. Submitting is idempotent: bytes that wait are `known`, and for those of a block the answer is what
 *       became of them. Only what left no trace in its block is submitted anew.
 */
import { Type } from 'typebox'
import type { Inclusion, Sequencer, StoredTransaction } from '../../node/index.ts'
import { refusalOf, refusedTransaction, refuseHttp } from '../http/errors.ts'
import type { ServerParts } from '../parts.ts'
import { unreadiness } from './readiness.ts'
import { answer, jsonRoute } from './route.ts'
import { Check, Encoded, Height, Included, NotIncluded, TransactionHash, Waiting } from './schemas.ts'

const closed = { additionalProperties: false } as const

const Submitted = Type.Object(
  {
    kind: Type.Literal('waiting'),
    hash: TransactionHash,
    admission: Type.Union([Type.Literal('added'), Type.Literal('known')]),
    height: Height,
  },
  closed,
)

const StillWaiting = Type.Object(
  { kind: Type.Literal('waiting'), hash: TransactionHash, height: Height },
  closed,
)

function bytesOf(encoded: string): Uint8Array {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded)
    refuseHttp('http/bad-request', 'body.transaction: must be Base64, with padding', {
      detail: { part: 'body', path: '.transaction' },
    })
  return bytes
}

/** Refuses while no blocks are made: what waits is in memory only, and would be lost. */
function assertTakesTransactions(sequencer: Sequencer): void {
  const refusal = unreadiness(sequencer)
  if (refusal !== undefined) throw refusal
}

const viewOf = ({ height, place, result }: StoredTransaction) =>
  ({ kind: 'included', height, place, result }) as const

const atOnce = AbortSignal.abort()

interface Wait {
  /** Seconds. */
  readonly wait: number
  readonly expires: number
  readonly client: AbortSignal
}

/** Waits until the transaction is in a block, or cannot be in one any more. */
function awaitInclusion(
  { sequencer, waits }: ServerParts,
  hash: string,
  { wait, expires, client }: Wait,
): Promise<Inclusion> {
  if (wait === 0) return sequencer.included(hash, expires, atOnce)
  return waits.during(wait, client, (signal) => sequencer.included(hash, expires, signal))
}

const submit = jsonRoute({
  method: 'POST',
  url: '/v1/transactions',
  summary: 'Submits a transaction for one of the next blocks.',
  about:
    'Idempotent. 202: it waits for a block; 200: it is in a block, or `wait` saw that it can be in none. ' +
    'A transaction that waits is in memory only: submit it again until it is in a block or has expired.',
  body: Encoded,
  query: Waiting,
  answers: { 200: Type.Union([Included, NotIncluded]), 202: Submitted },
  errors: ['node/full', 'node/stopped', 'node/halted', 'node/upgrade-failed', 'machine/failed'],
  refusesTransactions: true,
  async handle(parts, { body, query: { wait = 0, expires = Infinity }, client }) {
    const { sequencer } = parts
    const bytes = bytesOf(body.transaction)
    const { hash, code, number, log } = sequencer.application.check(bytes)
    const stored = sequencer.transaction(hash)
    // Txr1.
    if (code !== 'ok' && stored !== undefined) return answer(200, viewOf(stored))
    if (code !== 'ok') throw refusedTransaction(code, log, { hash, number })
    assertTakesTransactions(sequencer)
    const { admission } = sequencer.submit(bytes)
    if (admission === 'full')
      throw refusalOf('node/full', { message: 'too many transactions wait', detail: { hash }, retryAfter: 1 })
    if (admission === 'refused') throw refusedTransaction(code, log, { hash, number })
    if (wait > 0) {
      const inclusion = await awaitInclusion(parts, hash, { wait, expires, client })
      if (inclusion.kind === 'included') return answer(200, viewOf(inclusion.transaction))
      if (inclusion.kind === 'not-included') return answer(200, inclusion)
    }
    const { height } = sequencer.application.info
    return answer(202, { kind: 'waiting', hash, admission, height })
  },
})

const check = jsonRoute({
  method: 'POST',
  url: '/v1/check',
  summary: 'Checks what a transaction would come to now. Changes nothing.',
  body: Encoded,
  answers: { 200: Check },
  handle({ sequencer }, { body }) {
    return answer(200, sequencer.application.check(bytesOf(body.transaction)))
  },
})

const find = jsonRoute({
  method: 'GET',
  url: '/v1/transactions/:hash',
  summary: 'Says what became of a transaction.',
  about: 'With `wait` it waits until the transaction is in a block, or `expires` has been reached.',
  params: Type.Object({ hash: TransactionHash }, closed),
  query: Waiting,
  answers: { 200: Type.Union([Included, NotIncluded, StillWaiting]) },
  errors: ['node/no-transaction'],
  example: { hash: '0'.repeat(64) },
  async handle(parts, { params: { hash }, query: { wait = 0, expires = Infinity }, client }) {
    const { sequencer } = parts
    const inclusion = await awaitInclusion(parts, hash, { wait, expires, client })
    if (inclusion.kind === 'included') return answer(200, viewOf(inclusion.transaction))
    if (inclusion.kind === 'not-included') return answer(200, inclusion)
    const { height } = sequencer.application.info
    if (sequencer.isWaiting(hash)) return answer(200, { kind: 'waiting', hash, height })
    return refuseHttp('node/no-transaction', `no block has ${hash}, and it does not wait for one`)
  },
})

export const transactionRoutes = [submit, check, find] as const
