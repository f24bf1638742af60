/** The model of transactions: what each costs, and what it comes to. */
import { createHash } from 'node:crypto'
import type { AccountMessage } from '../../../protocol/node/transaction.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { VoteMessage } from '../../../protocol/node/messages.ts'
import type { BlockSeen, Delivered } from '../run/observation.ts'
import { feeAccount, feeOf, ModelRefusal, refuse, type ModelState } from './state.ts'

/** What a transaction must have come to. `garbled`: any code that leaves no trace. */
export interface Expected {
  readonly code: string
  readonly gas: bigint
}

export interface Fee {
  readonly from: string
  readonly amount: string
}

/** Executes one transaction; its fee is added to `fees`. */
export function executeTransaction(
  state: ModelState,
  delivered: Delivered,
  accepted: readonly number[],
  fees: Fee[],
): Expected {
  if (delivered.form !== 'ok') return { code: delivered.form, gas: 0n }
  const { body } = delivered
  const { sender, nonce, expires } = body
  const obstacle = obstacleTo(state, delivered)
  if (obstacle !== null) return { code: obstacle, gas: 0n }
  const gas = feeOf(state, delivered)
  state.move(sender, feeAccount, gas)
  if (gas > 0n) fees.push({ from: sender, amount: String(gas) })
  state.nonces.set(`${sender} ${nonce}`, expires)
  try {
    execute(state, delivered, body.message, accepted)
    return { code: 'ok', gas }
  } catch (error) {
    if (!(error instanceof ModelRefusal)) throw error
    return { code: error.code, gas }
  }
}

/** Why the transaction leaves no trace; null if it is executed. */
export function obstacleTo(state: ModelState, delivered: Delivered): string | null {
  const { body, signer, key } = delivered
  const { chain, sender, nonce, expires } = body
  const { height } = state
  if (chain !== state.chain) return 'tx/wrong-chain'
  const set = state.keys.get(sender)
  if (set === undefined ? signer !== sender : set !== key) return 'tx/wrong-key'
  if (expires < height) return 'tx/expired'
  if (expires > height + state.parameter('transactions.lifetime')) return 'tx/expires-too-late'
  if ((state.nonces.get(`${sender} ${nonce}`) ?? -1) >= height) return 'tx/nonce-used'
  const due = feeOf(state, delivered)
  if (BigInt(body.fee) < due) return 'tx/fee-too-low'
  return state.balance(sender) < due ? 'tx/cannot-pay' : null
}

/** `accepted`: the numbers of the messages to vats that this block has accepted so far. */
function execute(
  state: ModelState,
  { n, hash, body: { sender } }: Delivered,
  message: AccountMessage,
  accepted: readonly number[],
): void {
  switch (message.kind) {
    case 'ledger/transfer':
      return transfer(state, { from: sender, ...message })
    case 'accounts/set-key':
      state.keys.set(sender, message.key)
      return
    case 'governance/propose': {
      if ((state.members.get(sender) ?? 0) === 0) refuse('governance/not-a-member')
      if (state.proposals.filter((each) => each.state === 'voting').length >= state.parameter('governance.open'))
        refuse('governance/too-many')
      state.proposals.push({
        id: state.proposals.length + 1,
        ends: state.height + state.parameter('governance.period'),
        weights: new Map(state.members),
        messages: message.messages as readonly JsonValue[] as readonly VoteMessage[],
        votes: new Map(),
        state: 'voting',
        reason: null,
        operations: 0,
      })
      return
    }
    case 'governance/vote': {
      const proposal = state.proposals[message.proposal - 1] ?? refuse('governance/no-proposal')
      if (proposal.state !== 'voting' || proposal.ends < state.height) refuse('governance/closed')
      if ((proposal.weights.get(sender) ?? 0) === 0) refuse('governance/not-a-member')
      proposal.votes.set(sender, message.choice)
      return
    }
    case 'kernel/send': {
      if (state.kernel.state !== 'ready') refuse('kernel/faulted')
      if (state.kernel.backlog + accepted.length >= state.parameter('kernel.backlog')) refuse('kernel/backlog')
      if (!Array.isArray(message.args)) refuse('kernel/refused')
      const vat = state.published.get(message.to) ?? refuse('kernel/not-published')
      const { method, args } = message
      state.sends.push({ n, hash, vat, method, args: args as readonly unknown[], height: state.height })
      return
    }
    case 'kernel/begin-upload':
      return beginUpload(state, sender, message)
    case 'kernel/upload-chunk':
      return takeChunk(state, sender, message)
  }
}

interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: string
  readonly memo?: string
}

/** A transfer, of an account or of the vats. */
export function transfer(
  state: ModelState,
  { from, to, amount, memo }: Transfer,
): void {
  if (state.balance(from) < BigInt(amount)) refuse('ledger/insufficient')
  state.move(from, to, BigInt(amount))
  state.items.push({ kind: 'transfer', from, to, amount, ...(memo === undefined ? {} : { memo }) })
}

function beginUpload(
  state: ModelState,
  by: string,
  { hash, bytes, label }: Extract<AccountMessage, { kind: 'kernel/begin-upload' }>,
): void {
  const id = `${by} ${hash}`
  const begun = state.uploads.get(id)
  if (begun !== undefined && sizeOf(begun.chunks) === begun.bytes) refuse('kernel/upload-exists')
  if (label !== undefined && (state.labels.get(label) ?? hash) !== hash) refuse('kernel/label-taken')
  const isMember = (address: string): boolean => (state.members.get(address) ?? 0) > 0
  const open = [...state.uploads.keys()].filter((each) => each !== id).map((each) => each.split(' ')[0] ?? '')
  const others = open.filter((each) => (isMember(by) ? each === by : !isMember(each)))
  if (others.length >= state.parameter('uploads.open')) refuse('kernel/too-many-uploads')
  const expires = state.height + state.parameter('uploads.lifetime')
  state.uploads.set(id, { bytes, label: label ?? null, chunks: [], expires })
}

const sizeOf = (chunks: readonly string[]): number =>
  chunks.reduce((sum, chunk) => sum + Buffer.from(chunk, 'base64').length, 0)

function takeChunk(
  state: ModelState,
  by: string,
  { hash, index, data }: Extract<AccountMessage, { kind: 'kernel/upload-chunk' }>,
): void {
  const upload = state.uploads.get(`${by} ${hash}`) ?? refuse('kernel/no-upload')
  const size = Buffer.from(data, 'base64').length
  const arrived = sizeOf(upload.chunks) + size
  if (index !== upload.chunks.length || size === 0 || arrived > upload.bytes) refuse('kernel/wrong-chunk')
  if (arrived === upload.bytes) {
    const all = Buffer.concat([...upload.chunks, data].map((each) => Buffer.from(each, 'base64')))
    if (createHash('sha256').update(all).digest('hex') !== hash) refuse('kernel/wrong-hash')
    const { label } = upload
    if (label !== null && (state.labels.get(label) ?? hash) !== hash) refuse('kernel/label-taken')
    if (label !== null) state.labels.set(label, hash)
    state.lastOperation += 1
    state.operations.push({
      number: state.lastOperation,
      proposal: null,
      what: { kind: 'install', label, hash, by },
      height: state.height,
    })
  }
  upload.chunks.push(data)
}

/** Forgets uploads that are not complete in time. */
export function forgetUploads(state: ModelState): void {
  for (const [id, { expires, chunks, bytes }] of state.uploads)
    if (expires < state.height && sizeOf(chunks) < bytes) state.uploads.delete(id)
}

export type KernelSeen = BlockSeen['kernel']
