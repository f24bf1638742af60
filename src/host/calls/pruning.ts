/**
 * Pruning from the host's thread: checks the request and executes it in bounded calls to the machine, so that
 * the host's calls can interleave.
 */
import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { VatId } from '../../base/ids.ts'
import { assert, CodedError } from '../../base/errors.ts'
import {
  addPruned,
  keepAll,
  nothingPruned,
  type KeptTranscripts,
  type PrunedCounts,
  type Retention,
} from '../../protocol/store/retention.ts'
import type { PruneExtras } from '../../store/store.ts'
import type { PruneStep } from '../../protocol/store/views.ts'
import { refuse } from '../../protocol/codes.ts'
import { checkBoolean, checkKeptBlocks, checkKeptInputs, checkKeptTranscripts, checkText } from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import type { Ask } from './port.ts'
import { inThread } from '../threads/transfer.ts'

/** What to prune. Default: what the store's retention excludes, and `pages`. */
export interface PruneOptions {
  readonly transcripts?: KeptTranscripts
  /** How many of the latest blocks keep their record. */
  readonly blocks?: Retention['blocks']
  /** How many of the latest blocks keep their inputs. */
  readonly inputs?: Retention['inputs']
  /** Heap pages of terminated vats, which the next commits would delete. */
  readonly pages?: boolean
  /**
   * Unused kernels, supervisors, engines and base images, and retired code of vats that no kept transcript
   * names; the latter only when nothing has happened since the last commit.
   */
  readonly bundles?: boolean
  /** A trace file whose renamed predecessors (`.1`, `.2`, …) are removed. */
  readonly oldTrace?: string
  /**
   * Whether to rewrite the file without free pages afterwards: takes time and space in proportion to the
   * store.
   */
  readonly compact?: boolean
  /** Only reports what would be removed. */
  readonly dryRun?: boolean
}

/** What a pruning removed, or would remove. */
export interface PruneReport extends PrunedCounts {
  /** `would`: nothing was removed. */
  readonly outcome: 'pruned' | 'would'
  /** The retention of transcripts and block records that was applied. */
  readonly retention: Retention
  /** Vats that can no longer be upgraded by replay. */
  readonly withoutReplay: readonly VatId[]
  /** Renamed trace files. */
  readonly traceFiles: number
  /** Number of calls. */
  readonly steps: number
}

/** A checked selection. */
export interface PruneOrder {
  readonly retention: Retention | 'as-set'
  readonly extras: PruneExtras
  readonly oldTrace: string | null
  readonly compact: boolean
  readonly dryRun: boolean
}

const pruneOptions: Names<PruneOptions> = {
  transcripts: true, blocks: true, inputs: true, pages: true, bundles: true, oldTrace: true, compact: true, dryRun: true,
}

export function checkPrune(options: PruneOptions): PruneOrder {
  const {
    transcripts,
    blocks,
    inputs,
    pages,
    bundles,
    oldTrace,
    compact = false,
    dryRun = false,
  } = checkOptions(options, pruneOptions)
  const isSelected = [transcripts, blocks, inputs, pages, bundles, oldTrace].some((one) => one !== undefined)
  return {
    retention: isSelected ? { ...keepAll, inputs: 'all', ...checkRetention({ transcripts, blocks, inputs }) } : 'as-set',
    extras: {
      pages: isSelected ? checkBoolean(pages ?? false, 'pages') : true,
      bundles: checkBoolean(bundles ?? false, 'bundles'),
    },
    oldTrace: oldTrace === undefined ? null : checkText(oldTrace, 'oldTrace'),
    compact: checkBoolean(compact, 'compact'),
    dryRun: checkBoolean(dryRun, 'dryRun'),
  }
}

function checkRetention({
  transcripts,
  blocks,
  inputs,
}: { readonly [Name in keyof Retention]?: Retention[Name] | undefined }): Partial<Retention> {
  return {
    ...(transcripts === undefined ? {} : { transcripts: checkKeptTranscripts(transcripts) }),
    ...(blocks === undefined ? {} : { blocks: checkKeptBlocks(blocks) }),
    ...(inputs === undefined ? {} : { inputs: checkKeptInputs(inputs) }),
  }
}

/** What `prune` would remove from the store in `directory`, which may be open elsewhere. */
export async function pruneSurvey(
  directory: string,
  { retention, extras, oldTrace }: PruneOrder,
): Promise<PruneReport> {
  const { height: _height, ...survey } = await inThread({ kind: 'pruning', of: directory, retention, extras })
  return { outcome: 'would', ...survey, traceFiles: renamedTraces(oldTrace).length, steps: 0 }
}

export class Pruning {
  readonly #ask: Ask
  readonly #later: Ask

  /** `ask` refuses while the controller is busy or shut down; `later` waits for its turn at the machine. */
  constructor(ask: Ask, later: Ask) {
    this.#ask = ask
    this.#later = later
  }

  async setRetention(retention: Partial<Retention>): Promise<void> {
    const changed = checkRetention(checkOptions(
      retention,
      { transcripts: true, blocks: true, inputs: true },
      'retention',
    ))
    const { retention: before } = await this.#ask('status')
    await this.#ask('setRetention', { ...before, ...changed })
  }

  async prune(options: PruneOptions): Promise<PruneReport> {
    const order = checkPrune(options)
    const status = await this.#ask('status')
    if (order.dryRun) return pruneSurvey(status.directory, order)
    const retention = order.retention === 'as-set' ? status.retention : order.retention
    const withoutReplay = await this.#later('vatsWithoutReplay', retention)
    const done = { pruned: nothingPruned, steps: 0 }
    for await (const pruned of this.#steps(retention, order)) {
      done.pruned = addPruned(done.pruned, pruned)
      done.steps += 1
    }
    assert(done.steps > 0, 'a pruning takes at least one call')
    return {
      outcome: 'pruned',
      ...done.pruned,
      retention,
      withoutReplay,
      traceFiles: removeTraces(order.oldTrace),
      steps: done.steps,
    }
  }

  /** Yields what each call to the machine removed. */
  async *#steps(
    retention: Retention,
    { extras, compact }: PruneOrder,
  ): AsyncGenerator<Partial<PrunedCounts>> {
    for (let after: VatId | 'none' | null = 'none'; after !== null;) {
      const step: PruneStep = await this.#later('pruneRows', retention, after)
      yield step.pruned
      const { entries, spans, blocks, inputs } = step.pruned
      const isProgress = step.after !== after || entries + spans + blocks + inputs > 0
      assert(step.after === null || isProgress, 'a step of a pruning removes something or goes on')
      after = step.after
    }
    for (let left: 'more' | 'none' = extras.pages ? 'more' : 'none'; left === 'more'; ) {
      const step = await this.#later('prunePages')
      assert(step.pages >= 0 && step.bytes >= 0, 'freed pages are counted from 0')
      yield { pages: step.pages, pageBytes: step.bytes }
      left = step.left
    }
    if (extras.bundles) yield await this.#later('pruneBundles')
    if (!compact) return
    await this.#later('compactStore')
    yield nothingPruned
  }
}

/** Paths of the renamed predecessors of a trace file. */
function renamedTraces(file: string | null): readonly string[] {
  if (file === null) return []
  try {
    const prefix = `${basename(file)}.`
    return readdirSync(dirname(file))
      .filter((name) => name.startsWith(prefix) && /^[1-9]\d*$/.test(name.slice(prefix.length)))
      .map((name) => join(dirname(file), name))
  } catch (error) {
    return refuseTrace(file, error)
  }
}

function removeTraces(file: string | null): number {
  const files = renamedTraces(file)
  try {
    for (const renamed of files) rmSync(renamed)
  } catch (error) {
    refuseTrace(String(file), error)
  }
  return files.length
}

function refuseTrace(file: string, error: unknown): never {
  if (error instanceof CodedError || !(error instanceof Error)) throw error
  return refuse(
    'trace/unwritable',
    `the renamed trace files of ${file} cannot be removed: ${error.message}`,
    { path: file },
  )
}
