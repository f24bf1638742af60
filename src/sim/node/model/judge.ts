/**
 * Judges a chain: a model without any code of the node goes through the blocks that were seen, and everything
 * must be as it says.
 *
 * Nr1. Agreement: another node that was given the same blocks came to the same results and hashes at every
 *      height, and stopped at the same heights.
 * Nr2. Supply: the total is that of the genesis and the mints that passed, to the unit.
 * Nr3. Balances: every account has what the model says, after every block.
 * Nr4. Results: every transaction has come to the code, and has paid the fee, that follow from the state
 *      before it; a nonce is used once, also if its message is refused.
 * Nr5. Hearing: the vat behind the port of the ledger has heard of every change once and in order, regardless
 *      of faults and repairs.
 * Nr6. Votes: proposals, members, parameters and published roots are as the votes say.
 * Nr7. Faults: a kernel fails, is in place or is taken back only for a planted reason.
 * Nr8. Operations: each is done once, in order, and has an outcome that the state of the kernel admits.
 * Nr9. Messages: what was accepted is received once, in order, and has the result of its method.
 * Nr10. Precedence: an upgrade of a vat by a vote comes before the messages of its block.
 * Nr11. Upgrades: a node stops exactly at the heights of upgrades that its release does not have or cannot
 *       do, and each upgrade is done before the first transaction of its height.
 * Nr12. The end: when nothing disturbs the chain any more, nothing waits.
 * Nr13. Choice: what a node chooses for a block has votes first, and nothing that leaves no trace.
 */
import { assert } from '../../../base/errors.ts'
import type { Genesis } from '../../../protocol/node/genesis.ts'
import { addressOfHash } from '../../../protocol/node/transaction.ts'
import { createHash } from 'node:crypto'
import type { BlockSeen, Line, Observation } from '../run/observation.ts'
import { judgeHearing, judgeMessages, judgePrecedence } from './journals.ts'
import { judgeKernel } from './kernel.ts'
import { KernelModel, type KernelNames } from './kernelModel.ts'
import { ModelRefusal, ModelState } from './state.ts'
import { executeTransaction, forgetUploads, obstacleTo, transfer, type Fee } from './transactions.ts'
import { doUpgrades, judgeHalts } from './upgrades.ts'
import { closeVotes } from './votes.ts'

export const portAccount = addressOfHash(createHash('sha256').update('port/ledger').digest('hex'))

/** The chain as its script found it: the genesis, and the blocks in which the kernels were uploaded. */
export interface Beginning {
  readonly genesis: Genesis
  readonly uploader: string
  readonly uploads: readonly { readonly gas: readonly bigint[] }[]
}

/** Returns what is wrong, with the rules. */
export function judge(beginning: Beginning, seen: Observation, names: KernelNames): readonly string[] {
  const state = begin(beginning, names)
  const kernel = new KernelModel(names)
  const asked = requestsOf(seen.journals['bank'] ?? null)
  for (const block of seen.blocks) judgeBlock(state, kernel, block, asked, seen)
  judgeHearing(state, seen)
  judgeMessages(state, kernel, seen)
  judgePrecedence(state, kernel, seen)
  judgeHalts(state, seen)
  judgeEnd(state, kernel, seen)
  return state.findings
}

function begin({ genesis, uploader, uploads }: Beginning, names: KernelNames): ModelState {
  const height = genesis.initialHeight - 1 + uploads.length
  const ready = { state: 'ready', queued: 0, backlog: 0, error: null, kernel: names.release }
  const state = new ModelState(genesis, height, ready)
  for (const { gas } of uploads) {
    const paid = gas.filter((amount) => amount > 0n)
    const fees = paid.map((amount): Fee => ({ from: uploader, amount: String(amount) }))
    for (const { from, amount } of fees) state.move(from, `h1${'0'.repeat(40)}`, BigInt(amount))
    if (fees.length > 0) state.items.push({ kind: 'fees', fees })
    state.lastOperation += 1
  }
  return state
}

interface Request {
  readonly to: string
  readonly amount: string
}

/** The transfers that the vat has asked for, in order. */
const requestsOf = (lines: readonly Line[] | null): readonly Request[] =>
  (lines ?? []).flatMap(([kind, , to, amount]) =>
    kind === 'p' ? [{ to: String(to), amount: String(amount) }] : [],
  )

type Requests = readonly Request[]

function judgeBlock(
  state: ModelState,
  kernel: KernelModel,
  block: BlockSeen,
  asked: Requests,
  seen: Observation,
): void {
  assert(block.height === state.height + 1, 'blocks follow each other (Nr1)')
  state.height = block.height
  const [first] = block.delivered
  if (first !== undefined && !block.isChosen) judgeCheck(state, block)
  doUpgrades(state, seen.halts)
  closeVotes(state)
  forgetUploads(state)
  takeRequests(state, block, asked)
  judgeTransactions(state, block)
  judgeKernel(state, kernel, block)
  judgeState(state, block)
  state.kernel = block.kernel
  state.itemsAt.set(block.height, state.items.length)
}

/** A check of the first transaction, by the state before the block. */
function judgeCheck(state: ModelState, { checked, delivered: [first] }: BlockSeen): void {
  if (first === undefined || first.form !== 'ok') return
  const obstacle = obstacleTo(state, first)
  const expected = obstacle ?? kernelObstacle(state, first.body.message.kind) ?? 'ok'
  if (checked !== expected) state.find('results (Nr4)', `the check of ${first.n} says ${checked}, not ${expected}`)
}

function kernelObstacle(state: ModelState, kind: string): string | null {
  if (kind !== 'kernel/send') return null
  if (state.kernel.state !== 'ready') return 'kernel/faulted'
  return state.kernel.backlog >= state.parameter('kernel.backlog') ? 'kernel/backlog' : null
}

/** What the vat has asked for in the block before (Nr3, Nr5). */
function takeRequests(state: ModelState, { requests }: BlockSeen, asked: Requests): void {
  if (requests < state.requests) state.find('hearing (Nr5)', `request ${state.requests} was taken, and now only ${requests}`)
  while (state.requests < requests) {
    state.requests += 1
    const request = asked[state.requests - 1]
    if (request === undefined) return state.find('hearing (Nr5)', `the ledger has taken request ${state.requests}, and no vat asked for it`)
    const answer = { kind: 'answer', number: state.requests }
    try {
      transfer(state, { from: portAccount, to: request.to, amount: request.amount })
      state.items.push({ ...answer, outcome: 'done' })
    } catch (error) {
      if (!(error instanceof ModelRefusal)) throw error
      state.items.push({ ...answer, outcome: 'refused', code: error.code })
    }
  }
}

function judgeTransactions(state: ModelState, block: BlockSeen): void {
  const fees: Fee[] = []
  const before = state.sends.length
  if (block.isChosen) judgeChoice(state, block)
  for (const [at, delivered] of block.delivered.entries()) {
    const accepted = state.sends.slice(before).map(({ n }) => n)
    const expected = executeTransaction(state, delivered, accepted, fees)
    const result = block.results[at]
    const isRight = expected.code === 'garbled' ? result?.code.startsWith('tx/') : result?.code === expected.code
    if (isRight !== true || BigInt(result?.gas ?? -1) !== expected.gas)
      state.find('results (Nr4)', `transaction ${delivered.n} (${delivered.body.message.kind}) came to ${result?.code} for ${result?.gas}, not ${expected.code} for ${expected.gas}`)
    const isProposal = delivered.body.message.kind === 'governance/propose' && expected.code === 'ok'
    const number = (result?.data as { readonly proposal?: number } | null)?.proposal
    if (isProposal && number !== state.proposals.length)
      state.find('votes (Nr6)', `transaction ${delivered.n} is proposal ${number}, not ${state.proposals.length}`)
  }
  if (fees.length > 0) state.items.push({ kind: 'fees', fees })
}

/** Nr13. */
function judgeChoice(state: ModelState, { delivered, results }: BlockSeen): void {
  const isVote = delivered.map(({ body }) => body.message.kind.startsWith('governance/'))
  if (isVote.includes(true) && isVote.lastIndexOf(true) > isVote.indexOf(false) && isVote.includes(false))
    state.find('choice (Nr13)', 'a vote comes after another transaction')
  for (const [at, { n, form }] of delivered.entries())
    if (form !== 'ok' || !mayFollow(results[at]?.code ?? ''))
      state.find('choice (Nr13)', `transaction ${n} was chosen, and came to ${results[at]?.code}`)
}

/** What the transactions before it, votes and upgrades of the same block may make of one that was chosen. */
const mayFollow = (code: string): boolean =>
  !code.startsWith('tx/') || ['tx/cannot-pay', 'tx/wrong-key', 'tx/fee-too-low', 'tx/expires-too-late'].includes(code)

function judgeState(state: ModelState, block: BlockSeen): void {
  for (const [address, balance] of Object.entries(block.balances))
    if (state.balance(address) !== BigInt(balance))
      state.find('balances (Nr3)', `${address} has ${balance}, not ${state.balance(address)}`)
  if (BigInt(block.total) !== state.supply) state.find('supply (Nr2)', `the total is ${block.total}, not ${state.supply}`)
  const wanted = [...state.members].sort().map(([address, weight]) => ({ address, weight }))
  compare(state, 'votes (Nr6)', 'members', block.members, wanted)
  const { parameters, published } = block
  compare(state, 'votes (Nr6)', 'parameters', sorted(Object.entries(parameters)), sorted(state.parameters))
  compare(state, 'votes (Nr6)', 'published', sorted(Object.entries(published)), sorted(state.published))
  const proposals = state.proposals.map(({ id, state: stage, reason, ends }) => ({
    id,
    state: stage,
    reason,
    ends,
  }))
  compare(state, 'votes (Nr6)', 'proposals', block.proposals, proposals)
  const scheduled = [...state.scheduled].sort().map(([name, height]) => ({ name, height }))
  compare(state, 'upgrades (Nr11)', 'scheduled', block.upgrades.scheduled, scheduled)
  const ended = [...state.ended].sort().map(([name, outcome]) => [name, outcome])
  const seenEnded = block.upgrades.ended.map((each) => {
    const { name, outcome } = each as { readonly name: string; readonly outcome: string }
    return [name, outcome]
  })
  compare(state, 'upgrades (Nr11)', 'ended', seenEnded, ended)
}

const sorted = (entries: Iterable<readonly [string, unknown]>): unknown =>
  [...entries].sort(([one], [other]) => (one < other ? -1 : 1))

const textsOf = (list: unknown): readonly string[] =>
  Array.isArray(list) ? (list as unknown[]).map((each) => JSON.stringify(each)) : []

function compare(state: ModelState, rule: string, what: string, seen: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(wanted)]
  if (one === other) return
  const [items, rest] = [textsOf(seen), textsOf(wanted)]
  const at = items.findIndex((item, index) => item !== rest[index])
  state.find(rule, `${what}: ${at < 0 ? one : items[at]}, not ${at < 0 ? other : rest[at]}`)
}

/** Nr8, Nr12. */
function judgeEnd(state: ModelState, kernel: KernelModel, { blocks, answers }: Observation): void {
  const last = blocks.at(-1)
  if (last === undefined) return
  if (last.kernel.state !== 'ready') state.find('the end (Nr12)', `the kernel is ${last.kernel.state}`)
  if (last.kernel.backlog > 0) state.find('the end (Nr12)', `${last.kernel.backlog} messages wait`)
  if (blocks.every(({ hasWork }) => hasWork)) state.find('the end (Nr12)', 'there always is something to do')
  for (const n of kernel.aside) state.find('the end (Nr12)', `message ${n} is set aside`)
  for (const { id, state: is } of last.proposals)
    if (is === 'voting' || is === 'executing') state.find('the end (Nr12)', `proposal ${id} is ${is}`)
  for (const [hash, answer] of Object.entries(answers)) {
    const kind = (answer as { readonly kind?: string } | null)?.kind
    if (kind === 'waiting' || kind === 'pending') state.find('the end (Nr12)', `the message of ${hash} is ${kind}`)
  }
  for (const { number, proposal, what } of state.operations) {
    const isVain = proposal !== null && state.proposals[proposal - 1]?.state === 'failed'
    if (!isVain && !kernel.hasEnded(number))
      state.find('operations (Nr8)', `operation ${number} (${what.kind}) never comes to an end`)
  }
}
