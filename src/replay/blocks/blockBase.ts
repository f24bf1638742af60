/**
 * The place where a replay of blocks begins: a store without blocks, or a copy of the recorded store at an
 * earlier block, each in a directory of its own.
 *
 * Bba1. The copy of another store, or of a later block, is refused before anything of it runs, as far as the
 *       recorded store still knows the block. Forks and imports have identities of their own; the activity
 *       hash of their last block says whose they are.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BundleId } from '../../base/ids.ts'
import { importStore } from '../../host/threads/transfer.ts'
import { assertTrusted } from '../../machine/opening/trust.ts'
import { refuse } from '../../protocol/codes.ts'
import { manifestName } from '../../protocol/store/export.ts'
import { createStore, forkStore, openStore, type Store, type StoreOptions } from '../../store/store.ts'

/** Where the replicas are. */
export interface Base {
  /** Opens the original. */
  open(options: Pick<StoreOptions, 'onCrank'>): Store
  /** Opens a copy of the original, which is closed or was committed. */
  openCopy(options: Pick<StoreOptions, 'onCrank'>): Store
}

/** `trust`: code that the base may run. */
export async function withBase<Value>(
  from: string | null,
  recorded: Store,
  trust: readonly BundleId[],
  use: (base: Base) => Promise<Value>,
): Promise<Value> {
  const place = mkdtempSync(join(tmpdir(), 'heirloom-replay-'))
  const [original, copy] = [join(place, 'original'), join(place, 'modified')]
  const open = (directory: string, options: Pick<StoreOptions, 'onCrank'>): Store => {
    const store = openStore(directory, options)
    try {
      assertTrusted(store, trust)
      return store
    } catch (error) {
      store.close()
      throw error
    }
  }
  try {
    await makeOriginal(from, original, trust)
    assertBase(original, from, recorded)
    return await use({
      open: (options) => open(original, options),
      openCopy: (options) => {
        forkStore(original, copy)
        return open(copy, options)
      },
    })
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

async function makeOriginal(from: string | null, to: string, trust: readonly BundleId[]): Promise<void> {
  if (from === null) createStore(to).close()
  else await copyOf(from, to, trust)
}

/** Copies a store, a copy of one or an export to a directory of its own. */
export async function copyOf(from: string, to: string, trust: readonly BundleId[]): Promise<void> {
  if (isExport(from)) await importStore(from, to, { trust })
  else forkStore(from, to)
}

const isExport = (directory: string): boolean =>
  statSync(join(directory, manifestName), { throwIfNoEntry: false })?.isFile() === true

/** Bba1. `directory`: of the copy that was made. */
export function assertBase(
  directory: string,
  from: string | null,
  recorded: { readonly blocks: Pick<Store['blocks'], 'height' | 'at'> },
): void {
  const store = openStore(directory, { verify: 'lazy' })
  const { height, activityHash, cranks } = store.blocks.last()
  store.close()
  const name = from ?? directory
  const { height: last } = recorded.blocks
  if (height >= last)
    refuse('inputs/later-base', `${name} is at block ${height}, and the store has none after block ${last}`, {
      from: name,
      height,
      last,
    })
  const record = recorded.blocks.at(height)
  if (record !== undefined && (record.activityHash !== activityHash || record.cranks !== cranks))
    refuse('inputs/other-base', `${name} is not a copy of this store: its block ${height} is another`, {
      from: name,
      height,
      activityHash,
      recorded: record.activityHash,
    })
}
