/**
 * One block, from its transactions to its app hash.
 *
 * ```
 * transactions  on a draft of the host's state: nothing is written before all of them are executed
 * operations    of votes and uploads, on the kernel, each once
 * handing       what the kernel is owed, and messages of accounts
 * run           the vats, within the budget of the block
 * finishing     results, the record of the kernel, the height
 * ```
 *
 * Each part ends with its writes and the record of the next (Wrk1), so that an interrupted block goes on with
 * the same sequence of writes, and comes to the same hash.
 */
import { hash } from 'node:crypto'
import { assert, CodedError } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'
import type { Controller } from '../../host/controller.ts'
import { refuse } from '../../protocol/codes.ts'
import type { RunReport } from '../../protocol/machine/runs.ts'
import type { Block, BlockResult, NodeEvent, TransactionResult } from '../../protocol/node/views.ts'
import { hasFailed, operationEnded } from '../modules/governance/governance.ts'
import { kernelRecord, setKernelRecord } from '../modules/kernel/kernel.ts'
import { queuedOperations, removeOperation, type Operation } from '../modules/kernel/operations.ts'
import { forgetUpload, freeLabel } from '../modules/kernel/uploads.ts'
import { sendHanded, sendRenumbered } from '../modules/kernel/sends.ts'
import { owe, settleDebts } from '../modules/ledger/debts.ts'
import { ledgerPort } from '../modules/ledger/ledger.ts'
import { beginBlock } from '../modules/modules.ts'
import type { Context } from '../modules/module.ts'
import { parameterOf } from '../modules/parameters/parameters.ts'
import { Draft, keyOf, type Change, type CommittedState, type StateReader } from '../state/hostState.ts'
import { hashOfTransaction } from '../transactions/readTransaction.ts'
import { appHashOf } from '../state/appHash.ts'
import { codeOfNumber, executeTransaction, resultOf, type PaidFee } from './executing.ts'
import { endTrials, hasTrials, noteTrial } from './kernelTrials.ts'
import { hand, itemsOf, listItems, type Item } from './handing.ts'
import { metaOf, setMeta } from '../state/meta.ts'
import { acceptWhatWaits, operate, type OperationOutcome } from './operating.ts'
import { receiveItems, takeItems } from './ports.ts'
import { noteForgotten, operationPending, settle } from './settling.ts'
import { assertKnown, upgradeHost, type HostUpgrades, type SkippedUpgrades } from './upgrading.ts'
import {
  forgetWork,
  keepEvents,
  keepResults,
  keptEvents,
  keptResults,
  setWork,
  workOf,
  type BegunOperation,
  type Phase,
  type Work,
} from './work.ts'

/** What a block under way is doing, for people who wait. */
export interface Progress {
  readonly height: number
  readonly phase: 'transactions' | Phase['kind'] | 'settling' | 'done'
  /** The kind of the operation under way. */
  readonly operation: string | null
}

/** What the vats did in a block. */
export type RunWork = Pick<RunReport, 'cranks' | 'deliveries' | 'computrons'>

/** Hears what a block under way is doing. It changes nothing, and never throws. */
export interface BlockWatch {
  entered(progress: Progress): void
  ran(work: RunWork): void
}

export interface BlockParts {
  readonly controller: Controller
  readonly committed: CommittedState
  /** The app hash of the last block. */
  readonly before: Hash
  readonly upgrades: HostUpgrades
  readonly skipped: SkippedUpgrades
  readonly watch: BlockWatch
}

export class BlockInWork {
  readonly #parts: BlockParts
  readonly #controller: Controller
  /** All that the block has changed. */
  readonly #block: Draft
  /** What the present part has changed and not written yet. */
  readonly #part: Draft
  readonly #events: NodeEvent[] = []
  /** How many of the events are kept in the store. */
  #kept = 0
  #results: readonly TransactionResult[] = []
  #progress: Progress = { height: 0, phase: 'transactions', operation: null }
  #state: 'untouched' | 'written' | 'done' = 'untouched'

  constructor(parts: BlockParts) {
    this.#parts = parts
    this.#controller = parts.controller
    this.#block = new Draft(parts.committed)
    this.#part = new Draft(this.#block)
  }

  get progress(): Progress {
    return this.#progress
  }

  /** `untouched`: nothing was written; `done`: the block waits only for its commit. */
  get state(): 'untouched' | 'written' | 'done' {
    return this.#state
  }

  /** The changes of the committed state. */
  changes(): readonly Change[] {
    return this.#block.changes()
  }

  async deliver(block: Block): Promise<BlockResult> {
    this.#progress = { ...this.#progress, height: block.height }
    this.#enter('transactions')
    const work = await this.#begin(block)
    const context = this.#contextOf(work)
    await this.#operations(context, work)
    await this.#hand(context, work)
    await this.#run(work)
    await this.#finish(context)
    const { activityHash } = await this.#controller.storeStatus()
    this.#state = 'done'
    this.#enter('done')
    const appHash = appHashOf(activityHash)
    return { height: block.height, results: this.#results, events: this.#events, appHash }
  }

  #contextOf({ height, time }: Pick<Work, 'height' | 'time'>): Context {
    const emit: Context['emit'] = (kind, data) => void this.#events.push({ kind, transaction: null, data })
    return { state: this.#part, height, time, emit }
  }

  #enter(phase: Progress['phase'], operation: string | null = null): void {
    this.#progress = { ...this.#progress, phase, operation }
    this.#parts.watch.entered(this.#progress)
  }

  /** Writes what the part has changed, and where the block is (Wrk1). */
  async #write(work: Work, phase: Phase): Promise<void> {
    setWork(this.#part, { ...work, phase })
    keepEvents(this.#part, this.#events, this.#kept)
    this.#kept = this.#events.length
    await this.#flush()
  }

  async #flush(): Promise<void> {
    this.#state = 'written'
    const changes = this.#part.changes()
    await this.#controller.writeHostState(changes.map(({ table, id, value }) => [keyOf(table, id), value]))
    this.#block.take(changes)
    this.#part.clear()
  }

  // --- transactions

  /** Executes the transactions, or finds where the block was interrupted. */
  async #begin(block: Block): Promise<Work> {
    const id = hashOfBlock(block)
    const begun = workOf(this.#block)
    if (begun === undefined) return this.#execute(block, id)
    if (begun.height !== block.height || begun.block !== id)
      refuse('node/other-block', `block ${begun.height} was begun, and it is not this one`, { height: begun.height })
    await acceptWhatWaits(this.#controller)
    this.#events.push(...keptEvents(this.#block))
    this.#kept = this.#events.length
    // The texts for people are not kept.
    const hashes = block.transactions.map(hashOfTransaction)
    this.#results = keptResults(this.#block).map(({ number, gas, data }, index) =>
      resultOf(hashes[index] ?? '', codeOfNumber(number), { gas, data }),
    )
    return begun
  }

  async #execute(block: Block, id: string): Promise<Work> {
    const { height, time } = block
    const { before, upgrades, skipped } = this.#parts
    assertNext(this.#block, block)
    assertKnown(this.#block, height, upgrades, skipped)
    const context = this.#contextOf(block)
    const received = await receiveItems(this.#controller, this.#part)
    await upgradeHost(context, upgrades, skipped, this.#controller)
    beginBlock(context)
    takeItems(context, received)
    this.#executeAll(context, block.transactions)
    keepResults(this.#part, this.#results.map(({ number, gas, data }) => ({ number, gas, data })))
    const work: Work = { height, block: id, time, before, phase: { kind: 'operations', begun: null } }
    await this.#write(work, work.phase)
    return work
  }

  #executeAll(context: Context, transactions: readonly Uint8Array[]): void {
    const fees: PaidFee[] = []
    this.#results = transactions.map((bytes) => {
      const { result, events, paid } = executeTransaction(context, bytes)
      this.#events.push(...events)
      if (paid !== null) fees.push(paid)
      return result
    })
    for (let at = 0; at < fees.length; at += feesPerItem)
      owe(context.state, ledgerPort, {
        kind: 'fees',
        fees: fees.slice(at, at + feesPerItem).map(({ from, amount }) => ({ from, amount })),
      })
  }

  // --- operations

  async #operations(context: Context, work: Work): Promise<void> {
    if (work.phase.kind !== 'operations') return
    const { begun } = work.phase
    let isPlanWaiting = false
    for (const operation of queuedOperations(this.#part)) {
      const isPlan = operation.what.kind === 'kernel/run-plan'
      // What is left of those before one that was interrupted has waited.
      if (begun !== null && operation.number < begun.number) {
        isPlanWaiting ||= isPlan
        continue
      }
      // Of two plans the second waits its turn; all else may be what the first one needs.
      if (isPlanWaiting && isPlan) continue
      const again = begun?.number === operation.number ? begun : null
      this.#enter('operations', operation.what.kind)
      const next = await this.#operate(context, work, operation, again)
      if (next === 'migration') break
      isPlanWaiting ||= next === 'plan'
    }
  }

  /** Returns what it waits for; `next`: nothing. */
  async #operate(
    context: Context,
    work: Work,
    operation: Operation,
    again: BegunOperation | null,
  ): Promise<'next' | 'plan' | 'migration'> {
    const { proposal, what } = operation
    const isReady = (await this.#controller.storeStatus()).state.kind === 'ready'
    // Vats cannot be given code while the kernel cannot learn of it: the installation waits.
    if (what.kind === 'install' && what.for !== 'kernel' && !isReady) return 'next'
    const kernels = again?.kernels ?? (await this.#controller.kernelHistory()).length
    if (again === null)
      await this.#write(work, { kind: 'operations', begun: { number: operation.number, kernels } })
    const isVain = proposal !== null && hasFailed(this.#part, proposal)
    if (!isVain) {
      const outcome = await operate(this.#controller, this.#part, operation, again)
      if (outcome.kind === 'waiting') return outcome.for
      if (outcome.kind === 'on-trial')
        noteTrial(context.state, { ...outcome, number: operation.number, proposal, place: kernels })
      else noteOutcome(context, operation, outcome)
    }
    removeOperation(this.#part, operation)
    return 'next'
  }

  // --- items for the kernel

  async #hand(context: Context, work: Work): Promise<void> {
    this.#enter('handing')
    if (work.phase.kind === 'run') return
    const begun = work.phase.kind === 'handing' ? work.phase : await this.#beginHanding(context, work)
    const items = itemsOf(this.#part, begun.list, work.time)
    const done = (await this.#controller.lastRequest()) - begun.after
    assert(done <= items.length, 'the store has got no other request since the list was made (Hnd2)')
    const handed = await hand(this.#controller, items, done)
    noteHanded(this.#part, items.slice(0, handed), begun.after)
    await this.#write(work, { kind: 'run' })
  }

  async #beginHanding(context: Context, work: Work) {
    const list = await listItems(this.#controller, context)
    const phase = { kind: 'handing', after: await this.#controller.lastRequest(), list } as const
    await this.#write(work, phase)
    return phase
  }

  // --- vats

  /** The kernel commits a fault, the end of a migration and a return by itself, and stops there. */
  async #run(work: Work): Promise<void> {
    this.#enter('run')
    if (work.phase.kind === 'run') return
    const { state } = await this.#controller.storeStatus()
    if (state.kind === 'faulted') return
    const { emit } = this.#contextOf(work)
    try {
      const report = await this.#controller.run({
        computrons: BigInt(parameterOf(this.#block, 'kernel.computrons')),
      })
      this.#parts.watch.ran(report)
      // What a vote put in place and was taken back is an event of its trial.
      if (report.returned !== null && !hasTrials(this.#part)) emit('kernel-returned', {})
    } catch (error) {
      // A step of a migration failed, and the kernel before it is in its place again.
      if (!(error instanceof CodedError) || error.code !== 'kernel/upgrade-failed') throw error
      if (!hasTrials(this.#part)) emit('kernel-returned', {})
    }
  }

  // --- the end

  /** By the state and the events, so that an interruption that comes after the fault does not hide it. */
  #isNewFault(): boolean {
    const isRetry = ({ kind, data }: NodeEvent): boolean =>
      kind === 'operation' && data['operation'] === 'kernel/retry' && data['code'] === null
    const wasFaulted = (kernelRecord(this.#parts.committed)?.error ?? null) !== null
    return !wasFaulted || this.#events.some(isRetry)
  }

  async #finish(context: Context): Promise<void> {
    this.#enter('settling')
    const state = this.#part
    await settle(this.#controller, context)
    if (hasTrials(state)) endTrials(context, await this.#controller.kernelHistory())
    const status = await this.#controller.storeStatus()
    if (status.state.kind === 'faulted' && this.#isNewFault()) context.emit('kernel-faulted', {})
    setKernelRecord(state, {
      state: status.paused === null ? status.state.kind : 'paused',
      queued: status.queued,
      error: status.state.kind === 'faulted' ? firstLine(status.state.fault?.error ?? '') : null,
      kernel: status.kernel,
    })
    const meta = metaOf(this.#block)
    assert(meta !== undefined, 'the state of a node has its first row')
    setMeta(state, { ...meta, height: context.height, time: context.time })
    forgetWork(state)
    await this.#flush()
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

/** What an operation changes in the host's state. */
function noteOutcome(
  { state, emit, ...context }: Context,
  { number, proposal, what }: Operation,
  outcome: Exclude<OperationOutcome, { readonly kind: 'waiting' | 'on-trial' }>,
): void {
  if (what.kind === 'install') forgetUpload(state, what)
  if (what.kind === 'install' && outcome.kind === 'failed') freeLabel(state, what)
  if (outcome.kind === 'requested') {
    if (proposal !== null) operationPending(state, outcome.sequence, { number, kind: what.kind, proposal })
    return
  }
  if (outcome.kind === 'renumbered') sendRenumbered(state, outcome.from, outcome.to)
  const failure = outcome.kind === 'failed' ? outcome.code : null
  const report = outcome.kind === 'renumbered' ? null : outcome.report
  const data = outcome.kind === 'done' ? outcome.data : null
  const upload = what.kind === 'install' ? { upload: what.hash } : {}
  emit('operation', { number, operation: what.kind, proposal, code: failure, data, ...upload })
  if (proposal !== null) operationEnded({ state, emit, ...context }, proposal, { failure, report })
}

/** `after`: the number of the request before the first item. */
function noteHanded(state: Draft, items: readonly Item[], after: number): void {
  for (const [index, item] of items.entries()) {
    if (item.kind === 'debt') settleDebts(state, item.debt.port, item.debt.number)
    if (item.kind === 'send') sendHanded(state, item.send, after + index + 1)
    if (item.kind === 'forget') noteForgotten(state, item.sequence)
  }
}

/** The first block may have the time of the genesis. */
export function assertNext(state: StateReader, { height, time }: Block): void {
  const meta = metaOf(state)
  assert(meta !== undefined, 'the state of a node has its first row')
  if (height !== meta.height + 1) refuse('node/wrong-height', `block ${meta.height + 1} is next, not ${height}`)
  const least = height === meta.initialHeight ? meta.time : meta.time + 1
  const most = meta.time + parameterOf(state, 'block.ahead')
  const isFirst = height === meta.initialHeight
  if (!Number.isSafeInteger(time) || time < least || (time > most && !isFirst))
    refuse('node/wrong-time', `the time of the block is from ${least} to ${most}, not ${time}`)
}

/** How many fees one item lists. */
const feesPerItem = 2_000

/** The hash of a block: SHA-256 of its height, its time and the hashes of its transactions. */
export const hashOfBlock = ({ height, time, transactions }: Block): string =>
  hash('sha256', [String(height), String(time), ...transactions.map(hashOfTransaction)].join('\n'))
