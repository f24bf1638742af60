/**
 * The application: a deterministic state machine over a store. Blocks are delivered to it, and it
 * knows nothing of what ordered them.
 *
 * App1. The state of the host, the kernel's and the vats' are one store. A block changes all of it or, if the
 *       process dies before `commit`, none of it; what a block commits by itself is known from its record
 *       (`work.ts`), and the same block goes on from there.
 * App2. The same blocks on the same genesis come to the same app hash at every height, regardless of what
 *       was evicted, restarted or killed.
 * App3. `check`, `query` and `info` read the last committed block. They never wait for a block under way.
 * App4. A fault of the kernel is part of the block. A fault of this machine is not: `deliver` throws,
 *       nothing is committed, and `recover` opens the store again at its last commit.
 */
import { assert } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'
import type { Controller } from '../../host/controller.ts'
import type { OpenOptions } from '../../host/config/options.ts'
import type { ReplayInWork } from '../../base/pulse.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Genesis } from '../../protocol/node/genesis.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import type { Block, BlockResult, CheckResult, NodeInfo } from '../../protocol/node/views.ts'
import { beginState, answerQuery } from '../modules/modules.ts'
import { QueryRefusal } from '../modules/query.ts'
import { CommittedState, Draft, keyOf, type StateReader } from '../state/hostState.ts'
import { appHashOf } from '../state/appHash.ts'
import { assertNext, BlockInWork, type BlockWatch, type Progress } from './blockInWork.ts'
import { chooseTransactions, votesFirst, type Choice } from './choosing.ts'
import { checkTransaction } from './executing.ts'
import { hashOfGenesis, openStoreOf } from './genesis.ts'
import { hasWork } from './hasWork.ts'
import { hashFormat, metaOf, setMeta, stateFormat, type Meta } from '../state/meta.ts'
import { notePorts } from './ports.ts'
import { readState } from '../state/readState.ts'
import { assertKnown, type HostUpgrades, type SkippedUpgrades } from './upgrading.ts'
import { workOf } from './work.ts'

/** How an application is opened. */
export interface ApplicationOptions {
  /** The directory of the store. */
  readonly directory: string
  readonly genesis: Genesis
  /** The upgrades that this release knows; default: none. */
  readonly upgrades?: HostUpgrades
  /** Upgrades that are not done: `name@height`. All nodes must skip the same. */
  readonly skip?: readonly string[]
  /** Further options of the store. None of them changes a hash. */
  readonly store?: Omit<OpenOptions, 'config' | 'make' | 'directory' | 'access'>
}

export class Application {
  readonly #directory: string
  readonly #genesis: Genesis
  readonly #reopen: () => Promise<Controller>
  readonly #upgrades: HostUpgrades
  readonly #skipped: SkippedUpgrades
  #controller: Controller
  #state: CommittedState
  #info: NodeInfo
  #work: BlockInWork | undefined

  private constructor(
    controller: Controller,
    state: CommittedState,
    info: NodeInfo,
    options: ApplicationOptions,
  ) {
    this.#controller = controller
    this.#state = state
    this.#info = info
    const { directory, genesis, store = {} } = options
    this.#directory = directory
    this.#genesis = genesis
    this.#reopen = () => openStoreOf(genesis, { ...store, directory })
    this.#upgrades = options.upgrades ?? {}
    this.#skipped = new Set(options.skip ?? [])
  }

  /**
   * Opens the store of a node, or creates it from the genesis.
   * @throws CodedError `node/other-chain`, `node/newer-state`, `node/not-a-node`, `store/…`
   */
  static async open(options: ApplicationOptions): Promise<Application> {
    const { directory, genesis, store = {} } = options
    const controller = await openStoreOf(genesis, { ...store, directory })
    try {
      let state = await readState(controller)
      if (metaOf(state) === undefined) {
        await found(controller, genesis)
        state = await readState(controller)
      }
      checkMeta(metaOf(state), genesis)
      const { activityHash } = await controller.storeStatus()
      return new Application(controller, state, infoFrom(state, activityHash), options)
    } catch (error) {
      await controller.shutdown()
      throw error
    }
  }

  /** Of the last committed block. */
  get info(): NodeInfo {
    return this.#info
  }

  /** Whether it has no block yet: the first may be far ahead of the genesis. */
  get isNew(): boolean {
    const meta = metaOf(this.#state)
    return meta !== undefined && meta.height < meta.initialHeight
  }

  /** The directory of the store. */
  get directory(): string {
    return this.#directory
  }

  get genesis(): Genesis {
    return this.#genesis
  }

  /** The state of the host as of the last committed block. */
  get state(): StateReader {
    return this.#state
  }

  /** Which replay the machine is doing; null if none. */
  get replayInWork(): ReplayInWork | null {
    return this.#controller.replayInWork()
  }

  /** What the block under way is doing; undefined when none is. */
  get progress(): Progress | undefined {
    return this.#work?.progress
  }

  /** What a transaction would come to in the next block (App3). */
  check(transaction: Uint8Array): CheckResult {
    return checkTransaction(this.#state, transaction, this.#info.height + 1)
  }

  /**
   * Chooses and orders transactions for the next block: those of votes first, within the limits of a block.
   * Others stay for later.
   */
  propose(transactions: readonly Uint8Array[]): readonly Uint8Array[] {
    return this.choose(votesFirst(transactions)).chosen
  }

  /**
   * As `propose`, from candidates in the order of their priority; it looks at no more of them than it needs.
   */
  choose(candidates: Iterable<Uint8Array>): Choice {
    return chooseTransactions(this.#state, candidates, this.#info.height + 1)
  }

  /**
   * Executes a block; `commit` makes it durable. After an interruption the same block is delivered again. One
   * that is delivered before the commit of another takes its place.
   * @throws CodedError `node/wrong-height`, `node/wrong-time`, `node/other-block`, `node/halted`,
   *   `node/upgrade-failed`: nothing was written; `machine/…`, `store/…`: see `recover`
   */
  async deliver(block: Block, watch: BlockWatch = unwatched): Promise<BlockResult> {
    // What was written and not committed is given up, also that of a block that is done.
    if (this.#work !== undefined && this.#work.state !== 'untouched') await this.recover()
    const work = new BlockInWork({
      controller: this.#controller,
      committed: this.#state,
      before: this.#info.appHash,
      upgrades: this.#upgrades,
      skipped: this.#skipped,
      watch,
    })
    this.#work = work
    return work.deliver(block)
  }

  /**
   * Refuses a block that `deliver` would refuse before it executes anything, so that it is never kept.
   * @throws CodedError `node/halted`, `node/wrong-height`, `node/wrong-time`
   */
  assertMayDeliver(block: Block): void {
    assertNext(this.#state, block)
    assertKnown(this.#state, block.height, this.#upgrades, this.#skipped)
  }

  /** Makes the delivered block durable. */
  async commit(): Promise<NodeInfo> {
    const work = this.#work
    if (work?.state !== 'done') return refuse('node/nothing-to-commit', 'no block was delivered since the last commit')
    await this.#controller.commit()
    const { activityHash } = await this.#controller.storeStatus()
    // No pause between state and info: no caller reads one of this block and the other of the last (App3).
    this.#state.apply(work.changes())
    this.#work = undefined
    this.#info = infoFrom(this.#state, activityHash)
    return this.#info
  }

  /** After `deliver` or `commit` threw: opens the store again at its last commit (App4). */
  async recover(): Promise<NodeInfo> {
    await this.#controller.shutdown().catch(() => {})
    this.#controller = await this.#reopen()
    const state = await readState(this.#controller)
    const { activityHash } = await this.#controller.storeStatus()
    this.#work = undefined
    this.#state = state
    this.#info = infoFrom(state, activityHash)
    return this.#info
  }

  /**
   * Whether a block without transactions would do something: work of vats is left, or the kernel is owed
   * something.
   */
  get hasWork(): boolean {
    return hasWork(this.#state)
  }

  /**
   * Answers a question about the last committed block: `module/query/words…`.
   * @throws CodedError `node/no-query`, `node/bad-query`
   */
  query(path: string): { readonly height: number; readonly value: JsonValue } {
    try {
      return { height: this.#info.height, value: answerQuery(this.#state, path.split('/')) }
    } catch (error) {
      if (!(error instanceof QueryRefusal)) throw error
      return refuse(error.kind === 'malformed' ? 'node/bad-query' : 'node/no-query', error.message, { path })
    }
  }

  /** Closes the store at its last commit. */
  async close(): Promise<void> {
    await this.#controller.shutdown()
  }
}

const unwatched: BlockWatch = { entered() {}, ran() {} }

/** What a new store begins with: the host's state, and the bootstrap of its vats. */
async function found(controller: Controller, genesis: Genesis): Promise<void> {
  const draft = new Draft(new CommittedState([]))
  const { ports = [] } = genesis.kernel as { readonly ports?: readonly string[] }
  notePorts(draft, ports)
  beginState(draft, genesis)
  setMeta(draft, {
    chain: genesis.chain,
    genesis: hashOfGenesis(genesis),
    stateFormat,
    hashFormat,
    initialHeight: genesis.initialHeight,
    height: genesis.initialHeight - 1,
    time: genesis.time,
  })
  await controller.advanceTime(BigInt(genesis.time))
  await controller.run()
  await controller.writeHostState(draft.changes().map(({ table, id, value }) => [keyOf(table, id), value]))
  await controller.commit()
}

function checkMeta(meta: Meta | undefined, genesis: Genesis): void {
  if (meta === undefined) return refuse('node/not-a-node', 'the store has no state of a node')
  if (meta.chain !== genesis.chain || meta.genesis !== hashOfGenesis(genesis))
    refuse('node/other-chain', `the store is of chain ${meta.chain}, and begins with another genesis`, {
      chain: meta.chain,
    })
  if (meta.stateFormat > stateFormat || meta.hashFormat > hashFormat)
    refuse('node/newer-state', `the state has format ${meta.stateFormat}; this release reads ${stateFormat}`)
}

/** Wrk2. */
function infoFrom(state: StateReader, activityHash: Hash): NodeInfo {
  const meta = metaOf(state)
  assert(meta !== undefined, 'the state of a node has its first row')
  const { chain, height, time, hashFormat: format } = meta
  const appHash = workOf(state)?.before ?? appHashOf(activityHash)
  return { chain, height, time, appHash, format }
}
