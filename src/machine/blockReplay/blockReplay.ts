/**
 * Runs the recorded inputs of blocks on two replicas side by side: one with the kernels that were recorded,
 * one with a kernel in their place, and finds the first crank in which they differ.
 *
 * Brp1. Each block of the original is compared with its record: the number of cranks and the activity hash.
 *       What does not reproduce the record is refused, and no difference is reported before that of its
 *       block was found right.
 * Brp2. Up to the first difference the states of both are the same, so that each crank is compared alone.
 * Brp3. The two kernels have tables of the same version: otherwise every row would differ, and nothing would
 *       be said.
 */
import { assert, CodedError } from '../../base/errors.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { CrankKind, KernelReport } from '../../protocol/kernel/events.ts'
import type { BlockInput } from '../../protocol/store/inputs.ts'
import type { BlockRecord } from '../../protocol/store/views.ts'
import { describeFault } from '../kernel/kernelContext.ts'
import { compareCranks, type StateDifference } from './crankComparison.ts'
import type { Replica, RunCrank, SingleInput } from './replica.ts'

/** The recording. */
export interface RecordedBlocks {
  inputs(height: number): readonly BlockInput[]
  /** Undefined when the record of the block is not kept. */
  record(height: number): BlockRecord | undefined
}

/** The crank of a difference. */
export interface DifferingCrank {
  readonly block: number
  readonly crank: number
  /** The event that it is; `seal` is one of the host alone. */
  readonly event: BlockInput['kind']
  /** The item of the inbox that it accepts, or null. */
  readonly input: number | null
  /** What ran, as the recorded kernel says; null when it accepted an item. */
  readonly item: CrankKind | null
  readonly vat: VatId | null
}

/** How many differences a report lists. */
export const maxDifferences = 50

/** The first crank that differs: it left something else, or the kernel threw in it. */
export type BlockDifference =
  | (DifferingCrank & {
      readonly kind: 'differs'
      /** Of the modified kernel. */
      readonly ran: { readonly item: CrankKind | null; readonly vat: VatId | null }
      readonly found: number
      /** The first of them, by table and key. */
      readonly differences: readonly StateDifference[]
    })
  | (DifferingCrank & { readonly kind: 'threw'; readonly error: string })

export interface BlockReplayResult {
  readonly blocks: number
  readonly cranks: number
  /** The recorded kernels that ran, in order. */
  readonly originals: readonly BundleId[]
  /** The first crank whose hash differs although what it left is the same. */
  readonly otherHash: { readonly block: number; readonly crank: number } | null
  readonly difference: BlockDifference | null
}

export class BlockReplay {
  readonly #recorded: RecordedBlocks
  readonly #original: Replica
  readonly #modified: Replica
  readonly #originals: BundleId[] = []
  #blocks = 0
  #cranks = 0
  #otherHash: BlockReplayResult['otherHash'] = null
  #difference: BlockDifference | null = null

  constructor(recorded: RecordedBlocks, original: Replica, modified: Replica) {
    const [one, other] = [original.store.blocks, modified.store.blocks]
    assert(one.height === other.height, 'two replicas begin at the same block (Brp2)')
    assert(one.activityHash === other.activityHash, 'two replicas begin in the same state (Brp2)')
    this.#recorded = recorded
    this.#original = original
    this.#modified = modified
  }

  get result(): BlockReplayResult {
    return {
      blocks: this.#blocks,
      cranks: this.#cranks,
      originals: this.#originals,
      otherHash: this.#otherHash,
      difference: this.#difference,
    }
  }

  /** Runs the next block on both, up to the first difference. */
  runBlock(): void {
    assert(this.#difference === null, 'nothing is run after a difference (Brp2)')
    const height = this.#original.store.blocks.height + 1
    for (const input of singly(this.#recorded.inputs(height))) {
      this.#compareKernels(input)
      const ran = runOriginal(this.#original, height, input)
      if (ran !== null) this.#cranks += 1
      // The rest of the block is run for its record alone.
      if (this.#difference === null) this.#difference = this.#runModified(height, input, ran)
    }
    commitReproduced(this.#original, this.#recorded, height)
    this.#blocks += 1
    if (this.#difference === null) this.#modified.commit()
  }

  #runModified(block: number, input: SingleInput, ran: RunCrank | null): BlockDifference | null {
    const crank = this.#modified.store.blocks.cranks + 1
    const about = (): DifferingCrank => ({
      block,
      crank,
      event: input.kind,
      input: input.kind === 'accept' ? input.sequence : null,
      ...itemOf(ran?.report ?? null),
    })
    let other: RunCrank | null
    try {
      other = this.#modified.run(input)
    } catch (error) {
      return { ...about(), kind: 'threw', error: describeFault(error) }
    }
    assert((ran === null) === (other === null), 'an input is a crank of both or of neither (Rca1)')
    if (ran === null || other === null) return null
    const compared = compareCranks(
      { store: this.#original.store, changes: ran.changes },
      { store: this.#modified.store, changes: other.changes },
    )
    if (compared.kind === 'hash') this.#otherHash ??= { block, crank }
    if (compared.kind !== 'differs') return null
    const { differences } = compared
    return {
      ...about(),
      kind: 'differs',
      ran: itemOf(other.report),
      found: differences.length,
      differences: differences.slice(0, maxDifferences),
    }
  }

  /** Brp3. */
  #compareKernels(input: SingleInput): void {
    if (!isEvent(input)) return
    const [one, other] = [this.#original.kernel, this.#modified.kernel]
    assert(one !== undefined && other !== undefined, 'a store names its kernel before its first event')
    if (one.id === this.#originals.at(-1)) return
    this.#originals.push(one.id)
    const [tables, others] = [one.bundle.tablesVersion, other.bundle.tablesVersion]
    const block = this.#original.store.blocks.height + 1
    if (tables !== others)
      refuse(
        'kernel/tables-differ',
        `the kernel ${other.id} has tables of version ${others}, and the one of block ${block} of version ${tables}: their rows cannot be compared`,
        { kernel: other.id, names: [String(tables)], block },
      )
    if (other.level < one.level)
      refuse(
        'kernel/interface-too-old',
        `the kernel ${other.id} has the interface level ${other.level}, older than ${one.level} of the one of block ${block}`,
        { kernel: other.id, names: [String(one.level)], block },
      )
  }
}

/** Runs the next block on the original alone. */
export function runRecorded(original: Replica, recorded: RecordedBlocks): void {
  const height = original.store.blocks.height + 1
  for (const input of recorded.inputs(height)) for (const _ of runRecordedInput(original, input));
  commitReproduced(original, recorded, height)
}

/** Runs an input of the next block on the original: crank by crank, as the caller asks for them. */
export function* runRecordedInput(original: Replica, input: BlockInput): Generator<RunCrank> {
  const height = original.store.blocks.height + 1
  for (const single of singly([input])) {
    const ran = runOriginal(original, height, single)
    if (ran !== null) yield ran
  }
}

function* singly(inputs: readonly BlockInput[]): Generator<SingleInput> {
  for (const input of inputs) {
    if (input.kind !== 'crank') yield input
    else for (let done = 0; done < input.times; done += 1) yield { ...input, times: 1 }
  }
}

const isEvent = ({ kind }: SingleInput): boolean =>
  kind === 'initialise' || kind === 'accept' || kind === 'crank' || kind === 'endBlock' || kind === 'migrate'

const itemOf = (report: KernelReport | null): Pick<DifferingCrank, 'item' | 'vat'> =>
  report?.kind === 'cranked' ? { item: report.item, vat: report.vat } : { item: null, vat: null }

/** Brp1. */
function runOriginal(original: Replica, block: number, input: SingleInput): RunCrank | null {
  const crank = original.store.blocks.cranks + 1
  try {
    return original.run(input)
  } catch (error) {
    // What was pruned, or is damaged, says so itself.
    if (error instanceof CodedError && !error.code.startsWith('kernel/')) throw error
    return notReproduced(block, `crank ${crank} failed, which it did not: ${describeFault(error)}`, { crank })
  }
}

/** Commits a block of the original whose inputs were run (Brp1). */
export function commitReproduced(
  original: Replica,
  recorded: Pick<RecordedBlocks, 'record'>,
  height: number,
): void {
  original.commit()
  const { cranks, activityHash, height: last } = original.store.blocks.last()
  assert(last === height, 'the block that was run is compared with its own record (Brp1)')
  const record = recorded.record(height)
  if (record === undefined) return
  if (cranks !== record.cranks)
    notReproduced(height, `${cranks} cranks were run up to it, and ${record.cranks} are recorded`, {
      cranks,
      recorded: record.cranks,
    })
  if (activityHash !== record.activityHash)
    notReproduced(height, 'its activity hash is another than the recorded one', {
      activityHash,
      recorded: record.activityHash,
    })
}

type Detail = Readonly<Record<string, string | number>>

const notReproduced = (block: number, why: string, detail: Detail): never =>
  refuse('inputs/not-reproduced', `the recorded kernel does not reproduce block ${block}: ${why}`, {
    block,
    ...detail,
  })
