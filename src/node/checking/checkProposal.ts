/**
 * Checks what the messages of a proposal would do: on a copy of the store, in which a vote on them has just
 * passed, it makes blocks and looks at what came of them.
 *
 * Pck1. The store of the node is only read. The copy is of a committed block of the store; if that is in the
 *       middle of a block of the node, the block is completed first.
 * Pck2. On the copy, the messages are executed by the same code as after a vote of members.
 */
import { assert } from '../../base/errors.ts'
import { openController } from '../../host/open.ts'
import { codes } from '../../protocol/codes.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import type {
  ChangedValue,
  CheckedMessage,
  CheckedStep,
  ProposalCheck,
} from '../../protocol/node/proposalCheck.ts'
import type { NodeEvent } from '../../protocol/node/views.ts'
import { forkStore } from '../../store/store.ts'
import { Application } from '../application/application.ts'
import { metaOf } from '../state/meta.ts'
import { readState } from '../state/readState.ts'
import { workOf } from '../application/work.ts'
import { putPassedProposal } from '../modules/governance/passedProposal.ts'
import { membersOf, membersVersion } from '../modules/governance/members.ts'
import { proposals, type Proposal, type VoteMessage } from '../modules/governance/proposals.ts'
import { operationKinds } from '../modules/kernel/operations.ts'
import { kernelRecord } from '../modules/kernel/kernel.ts'
import { execute } from '../modules/modules.ts'
import { parameters } from '../modules/parameters/parameters.ts'
import { scheduledUpgrades } from '../modules/upgrade/upgrade.ts'
import { BlockStore } from '../sequencer/blockStore.ts'
import { CommittedState, Draft, keyOf, type StateReader } from '../state/hostState.ts'
import { TransactionRefusal } from '../transactions/refusal.ts'
import type { CheckOrder } from './checkOrder.ts'

/** The most blocks that a check makes, and the most events that it reports. */
const maxBlocks = 20
const maxEvents = 1_000

/** Between two blocks, in milliseconds. */
const blockTime = 1_000

export async function checkProposal(order: CheckOrder): Promise<ProposalCheck> {
  forkStore(order.directory, order.copy)
  await completeBlock(order)
  const { before, proposal } = await passProposal(order)
  const made = await makeBlocks(order, proposal)
  const plans = await plansOf(order)
  const refusal = refusalOf(before, order.messages)
  const outcome = made.proposal.state
  return {
    height: heightOf(before),
    blocks: made.blocks,
    outcome: outcome === 'done' || outcome === 'failed' ? outcome : 'executing',
    code: made.proposal.reason,
    messages: checkedMessages(order.messages, { ...made, plans, refusal }),
    events: made.events.slice(0, maxEvents),
    kernel: kernelRecord(made.after) ?? { state: 'ready', error: null, queued: 0, kernel: '' },
    parameters: changesOf(parametersIn(before), parametersIn(made.after)),
    members: changesOf(weightsIn(before), weightsIn(made.after)),
  }
}

const heightOf = (state: StateReader): number => {
  const meta = metaOf(state)
  assert(meta !== undefined, 'the state of a node has its first row')
  return meta.height
}

/** Pck1. */
async function completeBlock({ copy, blocks, genesis }: CheckOrder): Promise<void> {
  const work = workOf(await stateOf(copy))
  if (work === undefined) return
  const app = await openCopy({ copy, genesis })
  try {
    const store = new BlockStore(blocks)
    const block = store.block(work.height)
    store.close()
    assert(block !== undefined, 'a block is kept before the application gets it (Bls1)')
    await app.deliver(block)
    await app.commit()
  } finally {
    await app.close()
  }
}

async function stateOf(directory: string): Promise<CommittedState> {
  const controller = await openController({ directory, make: 'never' })
  try {
    return await readState(controller)
  } finally {
    await controller.shutdown()
  }
}

/** Has a vote on the messages pass, on the copy. */
async function passProposal({ copy, messages }: CheckOrder) {
  const controller = await openController({ directory: copy, make: 'never' })
  try {
    const before = await readState(controller)
    const draft = new Draft(before)
    const proposal = putPassedProposal(draft, messages, heightOf(before))
    await controller.writeHostState(draft.changes().map(({ table, id, value }) => [keyOf(table, id), value]))
    await controller.commit()
    return { before, proposal }
  } finally {
    await controller.shutdown()
  }
}

/** Upgrades of the host are left out: their handlers are code of the release that runs the node. */
async function openCopy({
  copy,
  genesis,
  messages = [],
}: Pick<CheckOrder, 'copy' | 'genesis'> & Partial<CheckOrder>): Promise<Application> {
  const due = messages.flatMap((message) => (message.kind === 'upgrade/schedule' ? [message] : []))
  const skip = [...scheduledUpgrades(await stateOf(copy)), ...due].map(({ name, height }) => `${name}@${height}`)
  return Application.open({ directory: copy, genesis, skip })
}

interface Made {
  readonly proposal: Proposal
  readonly blocks: number
  readonly events: readonly NodeEvent[]
  readonly after: StateReader
}

/** Makes blocks until all is done and the kernel has nothing left to run, and one more. */
async function makeBlocks(order: CheckOrder, id: number): Promise<Made> {
  const app = await openCopy(order)
  const events: NodeEvent[] = []
  try {
    for (let blocks = 1, quiet = 0; ; blocks += 1) {
      const { height, time } = app.info
      const result = await app.deliver({ height: height + 1, time: time + blockTime, transactions: [] })
      await app.commit()
      events.push(...result.events)
      const proposal = proposals.get(app.state, id)
      assert(proposal !== undefined, 'a proposal stays in the state')
      quiet = proposal.state !== 'executing' && isQuiet(app.state) ? quiet + 1 : 0
      if (quiet === 2 || blocks === maxBlocks) return { proposal, blocks, events, after: app.state }
    }
  } finally {
    await app.close()
  }
}

function isQuiet(state: StateReader): boolean {
  const record = kernelRecord(state)
  return record === undefined || (record.state === 'ready' ? record.queued === 0 : record.state !== 'migrating')
}

// --- what came of it

/** The steps of the plans that have ended or stand on the copy, by the ids of the plans. */
async function plansOf({ copy, messages }: CheckOrder): Promise<ReadonlyMap<string, readonly CheckedStep[]>> {
  if (!messages.some(({ kind }) => kind === 'kernel/run-plan')) return new Map()
  const controller = await openController({ directory: copy, make: 'never' })
  try {
    const standing = await controller.plan()
    const plans = [...(await controller.planHistory()), ...(standing === undefined ? [] : [standing])]
    return new Map(
      plans.map(({ id, reports }) => [
        id,
        reports.map(({ name, kind, outcome, code }) => ({ name, kind, outcome, code: code ?? null })),
      ]),
    )
  } finally {
    await controller.shutdown()
  }
}

/** The message that the host refuses: which one, and why, in words. */
interface Refusal {
  readonly place: number
  readonly code: string
  readonly text: string
}

/** Executes the messages once more, for the place and the words: a vote keeps only the code. */
function refusalOf(state: StateReader, messages: readonly VoteMessage[]): Refusal | null {
  const meta = metaOf(state)
  const context = { height: heightOf(state) + 1, time: (meta?.time ?? 0) + blockTime, emit: () => {} }
  const draft = new Draft(state)
  for (const [place, message] of messages.entries())
    try {
      execute({ ...context, state: draft }, message, { kind: 'vote', proposal: 0 })
    } catch (error) {
      if (!(error instanceof TransactionRefusal)) throw error
      return { place, code: error.code, text: error.message }
    }
  return null
}

interface Found extends Made {
  readonly plans: ReadonlyMap<string, readonly CheckedStep[]>
  readonly refusal: Refusal | null
}

function checkedMessages(messages: readonly VoteMessage[], found: Found): readonly CheckedMessage[] {
  const numbers = [...numbersOf(found)]
  return messages.map((message, place) => {
    const isOperation = (operationKinds as readonly string[]).includes(message.kind)
    const number = isOperation ? numbers.shift() : undefined
    const steps = message.kind === 'kernel/run-plan' ? (found.plans.get(idOfPlan(message.plan)) ?? []) : null
    const base = { kind: message.kind, code: null, text: '', data: null, steps: null }
    return { ...base, ...outcomeOf(found, { place, isOperation, number, steps }) }
  })
}

/** The numbers of the operations that the proposal has queued. */
function numbersOf({ events, proposal }: Found): readonly number[] {
  const isPassing = ({ kind, data }: NodeEvent) => kind === 'proposal-passed' && data['proposal'] === proposal.id
  const passed = events.find(isPassing)
  return (passed?.data['operations'] ?? []) as readonly number[]
}

interface Placed {
  readonly place: number
  readonly isOperation: boolean
  readonly number: number | undefined
  readonly steps: readonly CheckedStep[] | null
}

type Outcome = Pick<CheckedMessage, 'outcome'> & Partial<CheckedMessage>

function outcomeOf({ refusal, proposal, events }: Found, placed: Placed): Outcome {
  const { place, isOperation, number, steps } = placed
  if (refusal !== null && proposal.state === 'failed')
    return place === refusal.place
      ? { outcome: 'failed', code: refusal.code, text: refusal.text }
      : { outcome: 'not-reached' }
  if (!isOperation) return { outcome: 'done' }
  const event = events.find((each) => each.kind === 'operation' && each.data['number'] === number)
  if (event !== undefined) return { ...ofEvent(event), steps }
  return { outcome: proposal.state === 'failed' ? 'not-reached' : 'waiting' }
}

function ofEvent({ data: { code, data } }: NodeEvent): Outcome {
  if (typeof code !== 'string') return { outcome: 'done', code: null, text: '', data: data ?? null }
  const known = Object.entries(codes).find(([each]) => each === code)
  return { outcome: 'failed', code, text: known?.[1] ?? '', data: null }
}

function idOfPlan(plan: JsonValue): string {
  const id: unknown = typeof plan === 'object' && plan !== null ? Reflect.get(plan, 'id') : undefined
  return typeof id === 'string' ? id : ''
}

type Values = Readonly<Record<string, number>>

const parametersIn = (state: StateReader): Values => parameters.queries['all']?.(state, []) as Values

const weightsIn = (state: StateReader): Values =>
  Object.fromEntries(membersOf(state, membersVersion(state)).map(({ address, weight }) => [address, weight]))

function changesOf(before: Values, after: Values): Readonly<Record<string, ChangedValue>> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return Object.fromEntries(
    names
      .filter((name) => before[name] !== after[name])
      .map((name) => [name, { from: before[name] ?? null, to: after[name] ?? null }]),
  )
}
