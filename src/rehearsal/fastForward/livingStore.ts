/**
 * The store from which the inputs of a fast-forward come. Another process may have it open, and go on.
 *
 * Lvs1. It is opened anew for each look, and only if its files have changed since: nothing keeps its writer
 *       from merging its log, or another from opening it.
 * Lvs2. Code of it is run if its host trusts it, or the caller does.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { BundleId } from '../../base/ids.ts'
import { assertTrusted } from '../../machine/opening/trust.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import { refuse } from '../../protocol/codes.ts'
import type { BlockInput } from '../../protocol/store/inputs.ts'
import type { BlockRecord } from '../../protocol/store/views.ts'
import { BlockReader } from '../../store/store.ts'

/** A block that the store has committed. */
export interface LivingBlock {
  readonly height: number
  readonly inputs: readonly BlockInput[]
  /** Undefined when it is not kept. */
  readonly record: BlockRecord | undefined
}

/** How many blocks are read at a time. */
const batch = 100

export class LivingStore {
  readonly #directory: string
  readonly #trust: readonly BundleId[]
  /** Of the files at the last look, if it found nothing. */
  #stamp: string | undefined

  constructor(directory: string, trust: readonly BundleId[]) {
    this.#directory = directory
    this.#trust = trust
  }

  /**
   * The blocks after this one, in order, and at most so many. Empty if there is none yet.
   * @throws CodedError `inputs/not-kept`
   */
  after(height: number, most: number): readonly LivingBlock[] {
    const stamp = stampOf(this.#directory)
    if (stamp === this.#stamp) return []
    const found = this.with(({ blocks, inputs }) => {
      const last = Math.min(blocks.height, height + Math.min(most, batch))
      const all: LivingBlock[] = []
      for (let at = height + 1; at <= last; at += 1)
        all.push({
          height: at,
          inputs: inputs.of(at) ?? refuseInputs(at, inputs.first ?? blocks.height + 1),
          record: blocks.at(at),
        })
      return all
    })
    this.#stamp = found.length === 0 ? stamp : undefined
    return found
  }

  /** Lvs2. */
  code(bundle: BundleId, kind: BundleKind): Uint8Array {
    return this.with((reader) => {
      const { bundles, trust } = reader
      if (!bundles.isInstalled(bundle))
        refuse(
          'inputs/code-pruned',
          `the blocks were run with code that is not in the store any more: the ${kind} ${bundle}`,
          { names: [`the ${kind} ${bundle}`] },
        )
      const code = { hostCode: () => [{ id: bundle, kind }], get: bundles.get.bind(bundles) }
      if (kind !== 'vat') assertTrusted({ trust, bundles: code }, this.#trust)
      return bundles.get(bundle, kind)
    })
  }

  with<Value>(use: (reader: BlockReader) => Value): Value {
    const reader = new BlockReader(this.#directory)
    try {
      return use(reader)
    } finally {
      reader.close()
    }
  }
}

const refuseInputs = (height: number, first: number): never =>
  refuse(
    'inputs/not-kept',
    `the inputs of block ${height} are not kept; those from block ${first} on are, so the rehearsal must begin with a copy of the store at block ${first - 1} or later`,
    { block: height, first },
  )

/** Changes whenever the store commits. */
const stampOf = (directory: string): string =>
  ['heirloom.sqlite', 'heirloom.sqlite-wal']
    .map((name) => {
      const stats = statSync(join(directory, name), { bigint: true, throwIfNoEntry: false })
      return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`
    })
    .join(', ')
