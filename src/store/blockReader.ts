/**
 * Reads the recorded blocks of a store, which a writer may have open: as of the moment when it is opened.
 * Nothing is written, and no transaction stays open. What is pruned meanwhile is missing.
 */
import { Bundles } from './contents/bundles.ts'
import { Trust } from './contents/trust.ts'
import { BlockInputs } from './inputs/blockInputs.ts'
import { assertStoreExists } from './opening/file.ts'
import { openForReading } from './opening/reading.ts'
import type { SqlFile } from './sql/sql.ts'
import { Blocks } from './state/blocks.ts'
import { OpenGuard } from './state/openGuard.ts'
import { Pruned } from './state/pruned.ts'

export class BlockReader {
  readonly blocks: Pick<Blocks, 'height' | 'at'>
  readonly inputs: Pick<BlockInputs, 'first' | 'of'>
  readonly bundles: Pick<Bundles, 'get' | 'isInstalled'>
  readonly #sql: SqlFile
  readonly #guard: OpenGuard

  constructor(directory: string) {
    assertStoreExists(directory)
    this.#guard = new OpenGuard(directory)
    this.#sql = openForReading(directory)
    this.bundles = new Bundles(this.#sql, this.#guard)
    this.blocks = new Blocks(this.#sql, this.#guard, new Pruned(this.#sql))
    this.inputs = new BlockInputs(this.#sql)
  }

  /** The code that the store's host trusts; what is added stays in memory. */
  get trust(): Pick<Trust, 'has' | 'add'> {
    return new Trust(this.#sql)
  }

  close(): void {
    this.#guard.closed = true
    this.#sql.close()
  }
}
