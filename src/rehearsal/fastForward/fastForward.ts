/**
 * The fast-forward of a rehearsal: follows a store that goes on, and runs on a fork of it what the store has
 * got since (`forwarding.ts`).
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait, setImmediate as nextTurn } from 'node:timers/promises'
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { checkCount, checkCountOrNone } from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import { Replica } from '../../machine/blockReplay/replica.ts'
import { EngineCache } from '../../machine/engines/engines.ts'
import { describeFault } from '../../machine/kernel/kernelContext.ts'
import { isOfKernel } from '../../machine/kernel/kernelFault.ts'
import { storedReader } from '../../machine/kernel/storedReader.ts'
import { assertTrusted, checkTrust } from '../../machine/opening/trust.ts'
import { ownCode } from '../../release/release.ts'
import { assertBase, copyOf } from '../../replay/blocks/blockBase.ts'
import { forkStore, openStore, type Store, type StoreOptions } from '../../store/store.ts'
import { checkExpected, expectedBy, type ExpectedDifference } from './expected.ts'
import { Forwarding, obstacleIn } from './forwarding.ts'
import { LivingStore } from './livingStore.ts'
import { NamePairs } from './names.ts'
import { maxListed, type AnswerDifference, type FastForwardEnd, type FastForwardReport } from './report.ts'
import type { Side } from './side.ts'
import type { FoundDifference } from './sides.ts'
import { VatKeys } from './vatKeys.ts'

/** What a fast-forward takes, and what it expects. */
export interface FastForwardOptions {
  /** So many blocks: if the store has fewer, it is followed. Default: those that it has. */
  readonly blocks?: number
  /** For how long at most, in milliseconds. Default: one minute. */
  readonly waitMs?: number
  /** Differences that are expected: a list of `{ vat?, method?, port? }` with patterns. */
  readonly expected?: readonly ExpectedDifference[]
}

/** How far a fast-forward is. */
export interface FastForwardProgress {
  /** The blocks that the fork has got, of how many; null: of all that the store has. */
  readonly blocks: number
  readonly of: number | null
  readonly differences: number
}

/** The checked options. */
export interface FastForwardOrder {
  readonly blocks: number | null
  readonly waitMs: number
  readonly expected: readonly ExpectedDifference[]
}

const optionNames: Names<FastForwardOptions> = { blocks: true, waitMs: true, expected: true }

/** Null: none was asked for. */
export function checkFastForward(given: boolean | FastForwardOptions | undefined): FastForwardOrder | null {
  if (given === undefined || given === false) return null
  const { blocks, waitMs = 60_000, expected = [] } = checkOptions(given === true ? {} : given, optionNames)
  return {
    blocks: blocks === undefined ? null : checkCount(blocks, 'fastForward.blocks'),
    waitMs: checkCountOrNone(waitMs, 'fastForward.waitMs'),
    expected: checkExpected(expected, 'fastForward.expected'),
  }
}

/** Where a fast-forward begins, and where its inputs come from. */
export interface FastForwardPlace {
  /** The directory of the store. */
  readonly living: string
  /** A copy of the block at which the plan began, and one of the block at which it was over. */
  readonly before: string
  readonly after: string
  /** A directory for copies. */
  readonly place: string
  readonly trust: readonly string[]
}

/**
 * Copies an earlier copy of the store, or an export of one, to a directory of its own.
 * @throws CodedError `inputs/other-base`, `inputs/later-base`, `inputs/not-kept`
 */
export async function earlierCopy(
  base: string,
  living: string,
  to: string,
  trust: readonly string[],
): Promise<void> {
  const trusted = await trustOf(trust)
  await copyOf(base, to, trusted)
  const store = new LivingStore(living, trusted)
  store.with((reader) => assertBase(to, base, reader))
  store.after(heightOf(to), 1)
}

/** Writes only to `after` and below `place`. */
export async function fastForward(
  { living, before, after, place, trust }: FastForwardPlace,
  order: FastForwardOrder,
  onProgress: (progress: FastForwardProgress) => void,
): Promise<FastForwardReport> {
  const trusted = await trustOf(trust)
  const source = new LivingStore(living, trusted)
  const recorded = join(place, 'recorded')
  forkStore(before, recorded)
  const opened: { close(): void }[] = []
  const open = <Value extends { close(): void }>(one: Value): Value => {
    opened.push(one)
    return one
  }
  try {
    const base = open(openStore(before, { verify: 'lazy' }))
    const cache = new EngineCache()
    const sideIn = (directory: string): Side => sideOf(open(replicaOf(directory, source, trusted, cache)))
    const sides = { base, store: sideIn(recorded), fork: sideIn(after) }
    return await new Follower(source, order, onProgress, sides).follow()
  } finally {
    for (const one of opened.toReversed()) one.close()
    rmSync(recorded, { recursive: true, force: true })
  }
}

/** Workers of each of the two sides in memory. */
const resident = { workers: 100, bytes: 512 * 1024 ** 2 }

/** How often a store that is followed is looked at. */
const lookMs = 200

function replicaOf(
  directory: string,
  source: LivingStore,
  trust: readonly BundleId[],
  cache: EngineCache,
): Replica {
  const open = (options: Pick<StoreOptions, 'onCrank'>): Store => {
    const store = openStore(directory, { ...options, verify: 'lazy' })
    assertTrusted(store, trust)
    return store
  }
  return new Replica({ open, kernel: null, codeOf: (bundle, kind) => source.code(bundle, kind), cache, resident })
}

function sideOf(replica: Replica): Side {
  assert(replica.kernel !== undefined, 'a store on which a plan was run has a kernel')
  const { read } = replica.kernel
  return { replica, read, vats: new VatKeys(read) }
}

/** Takes blocks from the store and runs them on the fork, until there are enough. */
class Follower {
  readonly #source: LivingStore
  readonly #order: FastForwardOrder
  readonly #onProgress: (progress: FastForwardProgress) => void
  readonly #isExpected: ReturnType<typeof expectedBy>
  readonly #forwarding: Forwarding
  readonly #from: number
  readonly #differences: AnswerDifference[] = []
  #found = 0
  #expected = 0

  constructor(
    source: LivingStore,
    order: FastForwardOrder,
    onProgress: (progress: FastForwardProgress) => void,
    { base, store, fork }: { readonly base: Store; readonly store: Side; readonly fork: Side },
  ) {
    this.#source = source
    this.#order = order
    this.#onProgress = onProgress
    this.#isExpected = expectedBy(order.expected)
    const before = storedReader(base)
    const names = new NamePairs({ before, store, fork })
    this.#forwarding = new Forwarding({ store, fork, names }, (difference) => this.#note(difference))
    this.#from = base.blocks.height
  }

  async follow(): Promise<FastForwardReport> {
    const began = performance.now()
    const end = await this.#run()
    if (end.kind !== 'failed') this.#forwarding.finish()
    return {
      from: this.#from,
      to: this.#forwarding.height,
      end,
      ...this.#forwarding.counts,
      differences: this.#differences,
      found: this.#found,
      expected: this.#expected,
      administration: this.#forwarding.administration.slice(0, maxListed),
      isBusy: this.#forwarding.isBusy,
      ms: performance.now() - began,
    }
  }

  async #run(): Promise<FastForwardEnd> {
    const { blocks, waitMs } = this.#order
    this.#show()
    const until = performance.now() + waitMs
    for (;;) {
      const missing = blocks === null ? Infinity : blocks - this.#done
      if (missing === 0) return { kind: 'count' }
      const found = this.#source.after(this.#forwarding.height, missing)
      for (const block of found) {
        const why = obstacleIn(block)
        if (why !== undefined) return { kind: 'stopped', block: block.height, why }
        const error = this.#give(() => this.#forwarding.run(block))
        if (error !== undefined) return { kind: 'failed', block: block.height, error }
        this.#show()
        await nextTurn()
      }
      if (found.length > 0) continue
      if (blocks === null) return { kind: 'all' }
      if (performance.now() >= until) return { kind: 'time-out', missing }
      await wait(lookMs)
    }
  }

  /** The error of a kernel that fails. */
  #give(run: () => void): string | undefined {
    try {
      run()
      return undefined
    } catch (error) {
      if (!isOfKernel(error)) throw error
      return describeFault(error)
    }
  }

  get #done(): number {
    return this.#forwarding.height - this.#from
  }

  #show(): void {
    this.#onProgress({ blocks: this.#done, of: this.#order.blocks, differences: this.#found })
  }

  #note(difference: FoundDifference): void {
    const expected = this.#isExpected(difference)
    this.#found += 1
    if (expected) this.#expected += 1
    const listed = expected ? this.#expected : this.#found - this.#expected
    if (listed <= maxListed) this.#differences.push({ ...difference, expected })
  }
}

const trustOf = async (trust: readonly string[]): Promise<readonly BundleId[]> => [
  ...checkTrust(trust),
  ...(await ownCode()),
]

function heightOf(directory: string): number {
  const store = openStore(directory, { verify: 'lazy' })
  const { height } = store.blocks
  store.close()
  return height
}
