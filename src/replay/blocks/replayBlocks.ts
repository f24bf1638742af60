/** Runs the recorded blocks of a store again under another kernel, and names the first crank that differs. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { badArgument, checkOneOf, checkText, checkWhole } from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import { BlockReplay, runRecorded, type RecordedBlocks } from '../../machine/blockReplay/blockReplay.ts'
import { Replica, type ReplicaParts } from '../../machine/blockReplay/replica.ts'
import { EngineCache } from '../../machine/engines/engines.ts'
import { evaluateKernel } from '../../machine/kernel/kernelContext.ts'
import { openLastBlock } from '../lastBlock.ts'
import { checkTrust } from '../../machine/opening/trust.ts'
import { coded } from '../../machine/threads/refusal.ts'
import { roundMs } from '../../machine/trace/trace.ts'
import { refuse } from '../../protocol/codes.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import type { BlockInput } from '../../protocol/store/inputs.ts'
import type { RolledBack } from '../../protocol/store/views.ts'
import { kernelBytes, ownCode } from '../../release/release.ts'
import type { Store } from '../../store/store.ts'
import { withBase, type Base } from './blockBase.ts'
import type { BlockReplayReport } from './blockReport.ts'

/** How far a replay of blocks is. */
export interface BlockReplayProgress {
  /** The last block that was run, of which last one. */
  readonly block: number
  readonly ofBlock: number
  /** That were compared. */
  readonly cranks: number
  /** How long the rest takes, at most. */
  readonly leftMs: number
}

/** Options of a replay of blocks. */
export interface BlockReplayOptions {
  /** The directory of a store, which another process may have open. */
  readonly directory: string
  /** The bytes of a kernel, the id of one in the store or the beginning of it, or `release`. */
  readonly kernel: Uint8Array | string
  /**
   * A copy of the store at an earlier block: a copy of its files, a fork, or an export. Without it the
   * replay begins with the first block of the store.
   */
  readonly base?: string
  /** The first block that the kernel runs; those before it, after the copy, run as they were recorded. */
  readonly firstBlock?: number
  readonly lastBlock?: number
  /** As for `openController`, for the store and the copy. */
  readonly trust?: readonly string[]
  /** As for `openController`: whether to accept a store that was rolled back. */
  readonly rolledBack?: RolledBack
  readonly onProgress?: (progress: BlockReplayProgress) => void
}

const optionNames: Names<BlockReplayOptions> = {
  directory: true,
  kernel: true,
  base: true,
  firstBlock: true,
  lastBlock: true,
  trust: true,
  rolledBack: true,
  onProgress: true,
}

/** The checked options. */
interface Checked {
  readonly directory: string
  readonly kernel: Uint8Array | string
  readonly base: string | null
  readonly first: number | null
  readonly last: number | null
  readonly trust: readonly BundleId[]
  readonly rolledBack: RolledBack
  readonly onProgress: (progress: BlockReplayProgress) => void
}

/**
 * Runs the recorded inputs of blocks twice, on private copies: under the kernels that were recorded, and
 * under this one in their place. Compares what each crank leaves. Writes nothing to the store.
 */
export const replayBlocks = (options: BlockReplayOptions): Promise<BlockReplayReport> =>
  coded(replay(options))

async function replay(options: BlockReplayOptions): Promise<BlockReplayReport> {
  const checked = await check(options)
  const recorded = openLastBlock(checked)
  try {
    const kernel = kernelIn(recorded, checked.kernel)
    const trust = [...checked.trust, ...recorded.bundles.hostCode().map(({ id }) => id)]
    return await withBase(checked.base, recorded, trust, (base) => replayOn(base, recorded, kernel, checked))
  } finally {
    recorded.close()
  }
}

async function check(options: BlockReplayOptions): Promise<Checked> {
  const { directory, kernel, base, firstBlock, lastBlock, trust = [] } = checkOptions(options, optionNames)
  const { rolledBack = 'refuse', onProgress = () => {} } = options
  if (typeof onProgress !== 'function') return badArgument('onProgress', 'a function', onProgress)
  const checkBlock = (value: unknown, name: string): number | null =>
    value === undefined ? null : checkWhole(value, name)
  return {
    directory: checkText(directory, 'directory'),
    kernel: await checkKernel(kernel),
    base: base === undefined ? null : checkText(base, 'base'),
    first: checkBlock(firstBlock, 'firstBlock'),
    last: checkBlock(lastBlock, 'lastBlock'),
    trust: [...checkTrust(trust), ...(await ownCode())],
    rolledBack: checkOneOf(rolledBack, 'rolledBack', ['refuse', 'accept']),
    onProgress,
  }
}

async function checkKernel(kernel: unknown): Promise<Uint8Array | string> {
  if (kernel instanceof Uint8Array) return kernel
  if (kernel === 'release') return kernelBytes()
  return typeof kernel === 'string' && kernel.startsWith('b1-')
    ? kernel
    : badArgument('kernel', 'bytes (a Uint8Array), release, or the id of a kernel', kernel)
}

/** The bytes of the kernel; refuses what is none before anything is run. */
function kernelIn({ bundles }: Store, kernel: Uint8Array | string): Uint8Array {
  const bytes = typeof kernel === 'string' ? installedKernel(bundles, kernel) : kernel
  const script = Buffer.from(bytes).toString('utf8')
  evaluateKernel(typeof kernel === 'string' ? kernel : 'to be replayed', script)
  return bytes
}

function installedKernel(bundles: Store['bundles'], kernel: string): Uint8Array {
  const id = bundles.beginningWith(kernel)
  return id !== undefined && bundles.has(id, 'kernel')
    ? bundles.get(id, 'kernel')
    : refuse('kernel/unknown', `no kernel ${kernel} is installed`, { kernel })
}

// --- the replay

/** Workers of each of the two sides in memory. */
const resident = { workers: 100, bytes: 512 * 1024 ** 2 }

async function replayOn(
  base: Base,
  recorded: Store,
  kernel: Uint8Array,
  { first, last, onProgress }: Checked,
): Promise<BlockReplayReport> {
  const began = performance.now()
  const source = recordedIn(recorded)
  const parts = { codeOf: codeIn(recorded), cache: new EngineCache(), resident }
  const original = new Replica({ ...parts, open: (options) => base.open(options), kernel: null })
  let modified: Replica | undefined
  try {
    const { from, to } = range(original.store.blocks.height, first, last, recorded.blocks.height)
    assertKept(recorded, original.store.blocks.height + 1, to)
    assertCode(recorded, original.store, to)
    const progress = new Progress(original.store.blocks.height, to, onProgress)
    while (original.store.blocks.height < from - 1) {
      runRecorded(original, source)
      await progress.show(original.store.blocks.height, 0)
    }
    modified = new Replica({ ...parts, open: (options) => base.openCopy(options), kernel })
    const replayed = new BlockReplay(source, original, modified)
    while (original.store.blocks.height < to && replayed.result.difference === null) {
      replayed.runBlock()
      await progress.show(original.store.blocks.height, replayed.result.cranks)
    }
    const { result } = replayed
    return {
      passed: result.difference === null,
      kernel: modified.kernelId,
      firstBlock: from,
      lastBlock: original.store.blocks.height,
      ...result,
      ms: roundMs(performance.now() - began),
    }
  } finally {
    original.close()
    modified?.close()
  }
}

const recordedIn = (store: Store): RecordedBlocks => ({
  inputs: (height) => store.inputs.of(height) ?? refuseInputs(store, height),
  record: (height) => store.blocks.at(height),
})

const codeIn =
  ({ bundles }: Store): ReplicaParts['codeOf'] =>
  (bundle: BundleId, kind: BundleKind) =>
    bundles.isInstalled(bundle) ? bundles.get(bundle, kind) : refusePruned([`the ${kind} ${bundle}`])

/** `base`: the block of the copy; `head`: the last one of the store. */
function range(
  base: number,
  first: number | null,
  last: number | null,
  head: number,
): { readonly from: number; readonly to: number } {
  const [from, to] = [first ?? base + 1, last ?? head]
  if (from <= base)
    badArgument('firstBlock', `after block ${base}, at which the replay begins`, from)
  if (to > head) badArgument('lastBlock', `at most ${head}, the last block of the store`, to)
  if (from > to) badArgument('firstBlock', `at most ${to}, the last block that is replayed`, from)
  return { from, to }
}

function assertKept(recorded: Store, from: number, to: number): void {
  assert(from <= to, 'a replay has a block to run')
  if (recorded.inputs.first === undefined || recorded.inputs.first > from) refuseInputs(recorded, from)
}

function refuseInputs({ inputs, blocks }: Store, height: number): never {
  const first = inputs.first ?? blocks.height + 1
  return refuse(
    'inputs/not-kept',
    `the inputs of block ${height} are not kept; those from block ${first} on are, so the replay must begin with a copy of the store at block ${first - 1} or later`,
    { block: height, first },
  )
}

/**
 * Code that the blocks have installed, and that was removed since: workers would not start. Kernels are
 * looked for when they run.
 */
function assertCode(recorded: Store, original: Store, to: number): void {
  const missing: string[] = []
  for (let height = original.blocks.height + 1; height <= to; height += 1) {
    const stored = (recordedIn(recorded).inputs(height)).filter(isCode)
    for (const { bundle, of } of stored)
      if (!recorded.bundles.isInstalled(bundle) && !original.bundles.isInstalled(bundle))
        missing.push(`the ${of} ${bundle}`)
  }
  if (missing.length > 0) refusePruned(missing)
}

const isCode = (input: BlockInput): input is Extract<BlockInput, { kind: 'bundle' }> =>
  input.kind === 'bundle' && input.of !== 'kernel'

const refusePruned = (names: readonly string[]): never =>
  refuse(
    'inputs/code-pruned',
    `the blocks were run with code that is not in the store any more: ${names.join(', ')}`,
    { names },
  )

class Progress {
  readonly #began = performance.now()
  readonly #from: number
  readonly #to: number
  readonly #report: Checked['onProgress']

  constructor(from: number, to: number, report: Checked['onProgress']) {
    this.#from = from
    this.#to = to
    this.#report = report
  }

  /** Between two blocks other work of the thread has its turn. */
  async show(block: number, cranks: number): Promise<void> {
    const spent = performance.now() - this.#began
    const leftMs = roundMs((spent / (block - this.#from)) * (this.#to - block))
    this.#report({ block, ofBlock: this.#to, cranks, leftMs })
    await nextTurn()
  }
}
