/**
 * Orders transactions on one machine: takes them, makes blocks of them, and delivers the blocks to the
 * application, each once.
 *
 * Seq1. A block is kept before the application gets it (Bls1), and its results before the application commits
 *       it. After a kill, the blocks that the application does not have are delivered again.
 * Seq2. One block is under way at a time. `stop` waits for it; a kill leaves it undone.
 * Seq3. What fails on this machine alone is tried again, at ever longer intervals; an upgrade that this
 *       release cannot do stops the blocks, and everything that reads goes on.
 */
import { join } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import type { Block, BlockResult, NodeInfo } from '../../protocol/node/views.ts'
import type { Application } from '../application/application.ts'
import { parameterOf } from '../modules/parameters/parameters.ts'
import { ProposalChecks } from '../checking/proposalChecks.ts'
import { BlockStore, type StoredTransaction } from './blockStore.ts'
import { Timeline, type BlockTimeline } from './timeline.ts'
import { defaultMempool, Mempool, type Admission, type MempoolLimits } from './mempool.ts'

/** How blocks are made. Times in milliseconds. */
export interface SequencerOptions {
  readonly application: Application
  /** Where the blocks are kept. */
  readonly directory: string
  /** The least time between two blocks; default: 1,000. */
  readonly blockTime?: number
  /** After how much time a block is made without anything to do, for timers of vats; default: 10,000. */
  readonly idleTime?: number
  readonly mempool?: MempoolLimits
  /** Default: `Date.now`. */
  readonly clock?: () => number
}

/** What the blocks are doing. */
export type SequencerState =
  | { readonly kind: 'running' }
  | { readonly kind: 'stopped' }
  /** `node/halted` or `node/upgrade-failed`: no more blocks by this release. */
  | { readonly kind: 'halted'; readonly code: string; readonly message: string }
  /** A fault of this machine: it is tried again. */
  | { readonly kind: 'failing'; readonly code: string; readonly message: string }

/** What became of a transaction that a client waits for. */
export type Inclusion =
  | { readonly kind: 'included'; readonly transaction: StoredTransaction }
  /** It has expired: it will never be executed. */
  | { readonly kind: 'not-included'; readonly height: number }
  /** The time to wait is over, or the node stops: nothing is known yet. */
  | { readonly kind: 'unknown' }

/** A block that the application has and has not committed. */
export interface BlockUnderWay {
  readonly height: number
  /** Milliseconds since it was delivered. */
  readonly since: number
}

/** Hears what a committed block came to, how long it took, and what it did when. */
export type CommitListener = (result: BlockResult, milliseconds: number, timeline: BlockTimeline) => void

const maxPause = 30_000

export class Sequencer {
  readonly #application: Application
  readonly #blocks: BlockStore
  readonly #mempool: Mempool
  readonly #checks: ProposalChecks
  readonly #blockTime: number
  readonly #idleTime: number
  readonly #clock: () => number
  readonly #listeners = new Set<(info: NodeInfo) => void>()
  readonly #committed = new Set<CommitListener>()
  #delivered: { readonly height: number; readonly at: number } | undefined
  #state: SequencerState = { kind: 'stopped' }
  #loop: Promise<void> | undefined
  #wake: () => void = () => {}
  #isStopping = false
  /** When the last block was made by this process. */
  #madeAt = -Infinity

  private constructor({ application, directory, ...options }: SequencerOptions) {
    this.#application = application
    const blocks = join(directory, 'blocks.sqlite')
    this.#blocks = new BlockStore(blocks)
    const { directory: store, genesis } = application
    this.#checks = new ProposalChecks({ directory: store, genesis, blocks })
    this.#mempool = new Mempool(application, options.mempool ?? defaultMempool)
    this.#blockTime = options.blockTime ?? 1_000
    this.#idleTime = options.idleTime ?? 10_000
    this.#clock = options.clock ?? Date.now
  }

  /** Opens the blocks. `start` delivers those that the application does not have, and makes new ones. */
  static open(options: SequencerOptions): Sequencer {
    return new Sequencer(options)
  }

  get state(): SequencerState {
    return this.#state
  }

  get application(): Application {
    return this.#application
  }

  /** The blocks, with results up to the height of the application. */
  get blocks(): BlockStore {
    return this.#blocks
  }

  /** Checks of proposals on copies of the store. */
  get checks(): ProposalChecks {
    return this.#checks
  }

  /** How many transactions wait. */
  get waiting(): number {
    return this.#mempool.size
  }

  /** The block that is executed now; undefined between two blocks. */
  get underWay(): BlockUnderWay | undefined {
    const block = this.#delivered
    return block && { height: block.height, since: Math.max(0, this.#clock() - block.at) }
  }

  /** Takes a transaction for one of the next blocks. Idempotent. */
  submit(bytes: Uint8Array): Admission {
    const admission = this.#mempool.add(bytes)
    if (admission.admission === 'added') this.#wake()
    return admission
  }

  /** Whether the transaction waits for a block. */
  isWaiting(hash: string): boolean {
    return this.#mempool.has(hash)
  }

  /** The transaction, once its block is committed. */
  transaction(hash: string): StoredTransaction | undefined {
    const found = this.#blocks.transaction(hash)
    return found === undefined || found.height > this.#application.info.height ? undefined : found
  }

  /** Waits until the transaction is in a block, or can be in none any more. */
  async included(hash: string, expires: number, signal: AbortSignal): Promise<Inclusion> {
    for (;;) {
      // What left no trace in its block may wait for another one.
      const transaction = this.isWaiting(hash) ? undefined : this.transaction(hash)
      if (transaction !== undefined) return { kind: 'included', transaction }
      const { height } = this.#application.info
      if (height >= expires) return { kind: 'not-included', height }
      if (signal.aborted || this.#isStopping) return { kind: 'unknown' }
      await this.#nextBlock(signal)
    }
  }

  /** Calls the listener after each commit. Returns what ends that. */
  onBlock(listener: (info: NodeInfo) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Calls the listener after each commit. Returns what ends that. */
  onCommit(listener: CommitListener): () => void {
    this.#committed.add(listener)
    return () => void this.#committed.delete(listener)
  }

  #nextBlock(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        stop()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const stop = this.onBlock(done)
      signal.addEventListener('abort', done)
    })
  }

  /** Makes blocks until `stop`. No-op while it does. */
  start(): void {
    if (this.#loop !== undefined) return
    this.#isStopping = false
    this.#state = { kind: 'running' }
    this.#loop = this.#makeBlocks()
  }

  /** Waits for the block under way (Seq2). Idempotent. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wake()
    await this.#loop
    this.#loop = undefined
    if (this.#state.kind === 'running') this.#state = { kind: 'stopped' }
    this.#tell()
  }

  /** Closes the blocks and the application. */
  async close(): Promise<void> {
    await this.stop()
    try {
      this.#blocks.close()
    } finally {
      await this.#application.close()
    }
  }

  async #makeBlocks(): Promise<void> {
    let pause = this.#blockTime
    while (!this.#isStopping) {
      try {
        const made = await this.#step()
        pause = this.#blockTime
        this.#state = { kind: 'running' }
        if (made === 'kept') continue
        if (made === 'made') this.#madeAt = this.#clock()
        await this.#pause(pause, this.#madeAt)
        continue
      } catch (error) {
        if (await this.#failed(error)) return
        pause = Math.min(maxPause, pause * 2)
      }
      await this.#pause(pause)
    }
  }

  /** Delivers the next block: one that is kept already, or a new one if there is something to do. */
  async #step(): Promise<'kept' | 'made' | 'idle'> {
    const { info } = this.#application
    const kept = this.#blocks.block(info.height + 1)
    if (kept !== undefined) {
      await this.#deliver(kept)
      return 'kept'
    }
    const { chosen: transactions, refused } = this.#application.choose(this.#mempool.candidates())
    this.#mempool.remove(refused)
    const isDue = this.#clock() - info.time >= this.#idleTime
    if (transactions.length === 0 && !this.#application.hasWork && !isDue) return 'idle'
    const block: Block = { height: info.height + 1, time: this.#timeAfter(info.time), transactions }
    this.#application.assertMayDeliver(block)
    this.#blocks.append(block)
    await this.#deliver(block)
    return 'made'
  }

  /** A clock that was wrong once does not hold up the blocks, nor does it lead them far ahead. */
  #timeAfter(last: number): number {
    const now = Math.max(this.#clock(), last + 1)
    if (this.#application.isNew) return now
    return Math.min(now, last + parameterOf(this.#application.state, 'block.ahead'))
  }

  async #deliver(block: Block): Promise<void> {
    const began = this.#clock()
    this.#delivered = { height: block.height, at: began }
    try {
      const watch = new Timeline(began)
      const result = await this.#application.deliver(block, watch)
      this.#blocks.setResult(result)
      await this.#application.commit()
      this.#mempool.remove(block.transactions)
      this.#mempool.expire(block.height)
      const milliseconds = Math.max(0, this.#clock() - began)
      const timeline = watch.end()
      for (const listener of [...this.#committed]) apart(() => listener(result, milliseconds, timeline))
    } finally {
      this.#delivered = undefined
    }
    this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) apart(() => listener(this.#application.info))
  }

  /** Returns whether no more blocks can be made. */
  async #failed(error: unknown): Promise<boolean> {
    const code = error instanceof CodedError ? error.code : 'machine/failed'
    const message = error instanceof Error ? error.message : String(error)
    if (code === 'node/halted' || code === 'node/upgrade-failed') {
      this.#state = { kind: 'halted', code, message }
      this.#tell()
      return true
    }
    this.#state = { kind: 'failing', code, message }
    this.#tell()
    await this.#application.recover().catch(() => {})
    return false
  }

  /** A transaction ends the pause, unless the last block or attempt is too short ago. */
  #pause(milliseconds: number, last = this.#clock()): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        if (!this.#isStopping && this.#clock() - last < this.#blockTime) return
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** A listener that throws is a defect of its program, and none of the block. */
function apart(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
