/**
 * What tests of damage share: copies of a store as a dead process leaves it, seeded mutations of its files,
 * and what comes of opening what is left.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import { vatId } from '../../src/base/ids.ts'
import { codes, type Code } from '../../src/protocol/codes.ts'
import { makeScratch } from '../../src/sim/scratch.ts'
import { createStore, openStore, type Store, type StoreOptions } from '../../src/store/store.ts'
import type { BlockRecord } from '../../src/protocol/store/views.ts'
import { lay } from './crash/disk.ts'
import { filesOf } from './crash/recording.ts'
import { entry, heap, type Dice } from './support.ts'

export type Files = ReadonlyMap<string, Buffer>

/**
 * The files of a store that is open, as they would be if its process died now, and the block that was
 * committed last.
 */
export interface Copy {
  readonly files: Files
  readonly last: BlockRecord
}

export const copyOf = (store: Store): Copy => ({ files: filesOf(store.directory), last: store.blocks.last() })

const v1 = vatId(1)

/**
 * A directory that is removed after the test: in memory where there is such a place, since nothing here
 * depends on syncs.
 */
export function directoryInMemory(test: TestContext): string {
  const directory = makeScratch('damage')
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Commits a block whose content follows from its height. */
export function commitBlock(store: Store): BlockRecord {
  const height = store.blocks.height + 1
  if (store.transcripts.span(v1) === undefined) store.transcripts.beginSpan(v1, 'incarnation')
  for (let key = 0; key < 5; key += 1)
    store.state.set('vat/v1', `k${(height * 7 + key) % 60}`, `${height}.${'x'.repeat(key * 60)}`)
  store.transcripts.append(v1, entry(`in ${height}`))
  store.outbox.append('bank', `out ${height}`)
  if (height % 4 === 0) {
    store.transcripts.beginSpan(v1, 'snapshot')
    store.heaps.save(v1, store.transcripts.count(v1), heap([height % 256, (height + 1) % 256]))
  }
  store.sealCrank()
  return store.commit()
}

/**
 * Makes a store of so many blocks and copies it after each of them, as after a death; the store is closed.
 */
export function copiesOf(directory: string, blocks: number, options: StoreOptions = {}): readonly Copy[] {
  const store = createStore(directory, options)
  const copies = [copyOf(store)]
  while (store.blocks.height < blocks) {
    commitBlock(store)
    copies.push(copyOf(store))
  }
  store.close()
  return copies
}

export type Outcome =
  | { readonly kind: 'opened'; readonly last: BlockRecord }
  | { readonly kind: 'refused'; readonly code: Code; readonly message: string }

/** Lays the files down and opens them. Anything but a store or a coded refusal of the store is thrown. */
export function outcomeOf(
  directory: string,
  files: Files,
  options: StoreOptions = { verify: 'all' },
): Outcome {
  lay(directory, files)
  try {
    const store = openStore(directory, options)
    const last = store.blocks.last()
    store.close()
    return { kind: 'opened', last }
  } catch (error) {
    if (!(error instanceof CodedError) || !(error.code in codes) || !error.code.startsWith('store/'))
      throw error
    return { kind: 'refused', code: error.code as Code, message: error.message }
  }
}

/**
 * Refused by a code of the store, or opened at the very block that was committed last. Returns the code, or
 * `opened`.
 */
export function refusedOrWhole(
  directory: string,
  files: Files,
  { last }: Copy,
  what: string,
): Code | 'opened' {
  const outcome = outcomeOf(directory, files)
  if (outcome.kind === 'refused') return outcome.code
  assert.deepEqual(
    outcome.last,
    last,
    `${what}: it opens at block ${outcome.last.height}, and block ${last.height} was committed`,
  )
  return 'opened'
}

export interface Mutation {
  readonly name: string
  /** The file after it; `gone` removes it. */
  apply(bytes: Buffer, dice: Dice): Buffer | 'gone'
}

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) change(copy)
  return copy
}

export const flipAt = (bytes: Buffer, at: number, bit: number): Buffer =>
  changed(bytes, (copy) => (copy[at] = (copy[at] ?? 0) ^ (1 << bit)))

const blockBytes = 4_096

/** What a disk does to a file. */
export const mutations: readonly Mutation[] = [
  {
    name: 'a flipped bit',
    apply: (bytes, dice) => flipAt(bytes, dice.roll(Math.max(1, bytes.length)), dice.roll(8)),
  },
  {
    name: 'a block of zeros',
    apply: (bytes, dice) => overwritten(bytes, dice, () => Buffer.alloc(blockBytes)),
  },
  {
    name: 'a block of another place',
    apply: (bytes, dice) => overwritten(bytes, dice, () => blockOf(bytes, dice)),
  },
  { name: 'a cut tail', apply: (bytes, dice) => bytes.subarray(0, dice.roll(Math.max(1, bytes.length))) },
  { name: 'no bytes', apply: () => Buffer.alloc(0) },
  { name: 'no file', apply: () => 'gone' },
]

function blockOf(bytes: Buffer, dice: Dice): Buffer {
  const start = blockBytes * dice.roll(Math.ceil(bytes.length / blockBytes))
  return bytes.subarray(start, start + blockBytes)
}

function overwritten(bytes: Buffer, dice: Dice, by: () => Buffer): Buffer {
  const block = by()
  return changed(
    bytes,
    (copy) => void block.copy(copy, blockBytes * dice.roll(Math.ceil(copy.length / blockBytes))),
  )
}

/** The files with one of them changed. */
export function withFile(files: Files, name: string, change: Buffer | 'gone'): Files {
  const result = new Map(files)
  if (change === 'gone') result.delete(name)
  else result.set(name, change)
  return result
}
