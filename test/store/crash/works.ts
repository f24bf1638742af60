/**
 * Works on a store whose every write is recorded. Each is the same however often it is done, and goes on
 * from wherever its store is. They use the store alone, so that a process that does one starts quickly.
 */
import { appendFileSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { vatId } from '../../../src/base/ids.ts'
import {
  createStore,
  exportStore,
  forkStore,
  importStore,
  openStore,
  type Store,
} from '../../../src/store/store.ts'
import { asFormat2, entry, heap } from '../support.ts'

/** Told with the height once that block is durable, or that the work is done. */
export type Mark = (height: number | 'done') => void

export interface Work {
  readonly name: string
  /** The blocks it ends with. */
  readonly height: number
  /** Makes what it begins with; of the directory nothing else may stay there. */
  prepare(directory: string): Promise<void> | void
  write(directory: string, mark: Mark): Promise<void> | void
}

export const marker =
  (directory: string): Mark =>
  (height) =>
    appendFileSync(join(directory, 'marks'), `${height}\n`)

const v1 = vatId(1)

/** What block `n` holds follows from `n`: every fourth saves a heap, every third is large. */
function writeBlock(store: Store): void {
  const height = store.blocks.height + 1
  if (height === 1) store.transcripts.beginSpan(v1, 'incarnation')
  if (height === 2)
    store.bundles.name('issuer', store.bundles.put('vat', new TextEncoder().encode('code '.repeat(5_000))))
  store.inbox.append(`in ${height}`)
  if (height > 1) store.inbox.take(height - 1)
  const keys = height % 3 === 0 ? 60 : 3
  for (let key = 0; key < keys; key += 1)
    store.state.set('vat/v1', `k${(height * 7 + key) % 100}`, `${height}.${'x'.repeat(key * 15)}`)
  store.transcripts.append(v1, entry(`in ${height}`))
  store.outbox.append('bank', `out ${height}`)
  if (height % 4 === 2) {
    store.transcripts.beginSpan(v1, 'snapshot')
    store.heaps.save(
      v1,
      store.transcripts.count(v1),
      heap(Array.from({ length: 8 }, (_, index) => height + index)),
    )
  }
  store.sealCrank()
  store.commit()
}

function writeBlocks(store: Store, upTo: number, mark: Mark): void {
  while (store.blocks.height < upTo) {
    writeBlock(store)
    mark(store.blocks.height)
  }
  store.close()
  mark('done')
}

const asStore = (name: string): string => join(name, 'prepared')

/** Fills the directory with a store of so many blocks, made beside it. */
function prepareBlocks(directory: string, blocks: number): void {
  const beside = `${directory}-beside`
  if (blocks === 0) return
  writeBlocks(createStore(asStore(beside)), blocks, () => {})
  forkStore(asStore(beside), directory)
  rmSync(beside, { recursive: true })
}

const making: Work = {
  name: 'a store that is made, gets two blocks and is closed',
  height: 2,
  prepare: () => {},
  write(directory, mark) {
    const store = createStore(directory)
    mark(0)
    writeBlocks(store, 2, mark)
  },
}

export const small: Work = {
  name: 'a store that is opened, gets a small block and is closed',
  height: 5,
  prepare: (directory) => prepareBlocks(directory, 4),
  write: (directory, mark) => writeBlocks(openStore(directory), 5, mark),
}

const checkpoints: Work = {
  name: 'blocks with which the log is taken in and begun again',
  height: 11,
  prepare: (directory) => prepareBlocks(directory, 4),
  write: (directory, mark) => writeBlocks(openStore(directory, { logPages: 24 }), 11, mark),
}

const importing: Work = {
  name: 'a store that is imported',
  height: 3,
  prepare(directory) {
    const beside = `${directory}-beside`
    prepareBlocks(beside, 3)
    exportStore(beside, exportBeside(directory), 'archival')
    rmSync(beside, { recursive: true })
  },
  write(directory, mark) {
    importStore(exportBeside(directory), directory)
    mark(3)
    mark('done')
  },
}

const exportBeside = (directory: string): string => `${directory}-export`

/** Leaves what the death of a process leaves that has the store open: blocks that are in the log only. */
function prepareDead(directory: string, blocks: number): void {
  const beside = `${directory}-beside`
  prepareBlocks(beside, 1)
  const store = openStore(beside)
  while (store.blocks.height < blocks) writeBlock(store)
  cpSync(beside, directory, { recursive: true, filter: (path) => !path.endsWith('-shm') })
  store.close()
  rmSync(beside, { recursive: true })
}

const recovering: Work = {
  name: 'a store whose process died, opened again',
  height: 5,
  prepare: (directory) => prepareDead(directory, 4),
  write: (directory, mark) => writeBlocks(openStore(directory), 5, mark),
}

const migrating: Work = {
  name: 'a store of an older release that is brought up to date',
  height: 5,
  prepare(directory) {
    prepareBlocks(directory, 4)
    asFormat2(directory)
  },
  write: (directory, mark) => writeBlocks(openStore(directory), 5, mark),
}

const pruning: Work = {
  name: 'blocks with which what is no longer kept is pruned',
  height: 11,
  prepare(directory) {
    prepareBlocks(directory, 8)
    const store = openStore(directory)
    store.setRetention({ transcripts: 'restart', blocks: 'all', inputs: 'all' })
    store.close()
  },
  write: (directory, mark) => writeBlocks(openStore(directory), 11, mark),
}

export const storeWorks: readonly Work[] = [
  making,
  small,
  checkpoints,
  recovering,
  migrating,
  pruning,
  importing,
]
