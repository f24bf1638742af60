/**
 * Golden stores: a store as a release left it (`make.ts`), and what must come of it.
 *
 * In `golden/stores`, for each release: the files of the store, packed, and `<version>.json` with what was in
 * it and what the next messages must answer. Later releases must open it and go on with the kernel and the
 * workers that are in it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { assert } from '../../src/base/errors.ts'
import type { Controller } from '../../src/host/index.ts'
import type { BlockRecord } from '../../src/protocol/store/views.ts'
import { openStore } from '../../src/store/store.ts'
import { continueCounters } from './counters.ts'
import { continueHousehold } from './householdContinued.ts'

export const storesFolder = join(import.meta.dirname, '..', '..', 'golden', 'stores')

/** The same messages at the making and in every later release, and what was answered. */
const continuations = { counters: continueCounters, household: continueHousehold } as const

/** Heap hashes of the vats that have not ended, by name. */
type HeapHashes = Readonly<Record<string, string>>

export interface GoldenStore {
  readonly content: keyof typeof continuations
  /** All blocks, from the first on. */
  readonly blocks: readonly BlockRecord[]
  readonly heapHashes: HeapHashes
  /** After `continueStore`. */
  readonly continued: {
    readonly activityHash: string
    readonly heapHashes: HeapHashes
    readonly answers: readonly string[]
  }
}

/** The files of a store, and the ends of their packed names; the commit record exists since format 3. */
export const packedFiles = { 'heirloom.sqlite': '.sqlite.br', 'heirloom.last': '.last.br' } as const

/** The releases that have a golden store, oldest first. */
export const goldenVersions: readonly string[] = readdirSync(storesFolder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

export const readGolden = (version: string): GoldenStore =>
  JSON.parse(readFileSync(join(storesFolder, `${version}.json`), 'utf8')) as GoldenStore

export async function heapHashes(controller: Controller): Promise<HeapHashes> {
  const living = (await controller.vats()).filter(({ status }) => status.kind !== 'terminated')
  const hashes: [string, string][] = []
  for (const { vat, name } of living) hashes.push([name, await controller.heapHash(vat)])
  return Object.fromEntries(hashes)
}

export async function continueStore(
  controller: Controller,
  content: GoldenStore['content'],
): Promise<GoldenStore['continued']> {
  const answers = await continuations[content](controller)
  await controller.commit()
  const { activityHash } = await controller.storeStatus()
  return { activityHash, heapHashes: await heapHashes(controller), answers }
}

/** The blocks of a closed store. */
export function blocksOf(directory: string): readonly BlockRecord[] {
  const store = openStore(directory, { verify: 'lazy' })
  try {
    return Array.from({ length: store.blocks.height + 1 }, (_, height) => {
      const block = store.blocks.at(height)
      assert(block !== undefined, 'a golden store keeps its blocks')
      return block
    })
  } finally {
    store.close()
  }
}

/** Puts a golden store into a directory. */
export function unpackStore(version: string, directory: string): void {
  mkdirSync(directory, { recursive: true })
  for (const [name, ending] of Object.entries(packedFiles)) {
    const packed = join(storesFolder, `${version}${ending}`)
    if (existsSync(packed)) writeFileSync(join(directory, name), brotliDecompressSync(readFileSync(packed)))
  }
}
