/**
 * Golden stores: a store as a release left it, and what must come of it.
 *
 * `node tools/golden/store.ts <version>` makes `golden/stores/<version>.sqlite.br` and, beside it,
 * what was in the store and what the next messages must answer. A store that was released is never
 * made again: later releases must open it and go on with the kernel and the worker that are in it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { bundleVat, openController, type Controller, type Remote } from '../../src/host/index.ts'

const root = join(import.meta.dirname, '..', '..')
export const storesFolder = join(root, 'golden', 'stores')

export interface GoldenStore {
  readonly height: number
  readonly activityHash: string
  readonly heapHash: string
  /** After `continueStore`. */
  readonly continued: {
    readonly activityHash: string
    readonly heapHash: string
    readonly answers: readonly string[]
  }
}

const source = `
import { Far, defineKind, provide } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const makeCounter = defineKind(baggage, 'Counter', (count) => ({ count }), {
    add: ({ state }, by) => (state.count += by),
  })
  const counter = provide(baggage, 'counter', () => makeCounter(0n))
  let inHeap = 0
  return Far('root', { counter: () => counter, add: (by) => [counter.add(by), (inHeap += 1)], later: () => new Promise(() => {}) })
}`

async function ask(
  controller: Controller,
  target: string | Remote,
  method: string,
  ...args: unknown[]
): Promise<string> {
  const result = await controller.send(target, method, args)
  await controller.run()
  return JSON.stringify(await controller.status(result), (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}

/** The same messages at the making and in every later release. */
export async function continueStore(controller: Controller): Promise<GoldenStore['continued']> {
  const answers = [await ask(controller, 'counters', 'add', 5n)]
  const upgrade = await controller.upgradeVat('counters', 'counters')
  await controller.run()
  answers.push(
    JSON.stringify(await controller.status(upgrade)),
    await ask(controller, 'counters', 'add', 1n),
    await ask(controller, 'counters', 'counter'),
  )
  await controller.commit()
  return {
    activityHash: (await controller.storeStatus()).activityHash,
    heapHash: await controller.heapHash('counters'),
    answers,
  }
}

/** Puts a golden store into a directory. */
export function unpackStore(version: string, directory: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(
    join(directory, 'heirloom.sqlite'),
    brotliDecompressSync(readFileSync(join(storesFolder, `${version}.sqlite.br`))),
  )
}

async function makeStore(directory: string, workplace: string): Promise<void> {
  const controller = await openController({ directory, make: 'always' })
  writeFileSync(join(workplace, 'counters.js'), source)
  await controller.installBundle(await bundleVat(join(workplace, 'counters.js')), 'counters')
  await controller.createVat('counters', 'counters')
  await controller.run()
  await controller.commit()
  for (let by = 1n; by <= 10n; by += 1n) await ask(controller, 'counters', 'add', by)
  await controller.send('counters', 'later')
  await controller.run()
  await controller.commit()
  await controller.shutdown()
}

async function describe(directory: string): Promise<GoldenStore> {
  const controller = await openController({ directory, make: 'never', verify: 'all' })
  const { height, activityHash } = await controller.storeStatus()
  const heapHash = await controller.heapHash('counters')
  const continued = await continueStore(controller)
  await controller.shutdown()
  return { height, activityHash, heapHash, continued }
}

async function release(version: string): Promise<void> {
  mkdirSync(join(root, 'build'), { recursive: true })
  const workplace = mkdtempSync(join(root, 'build', 'golden-'))
  try {
    const directory = join(workplace, 'store')
    await makeStore(directory, workplace)
    const bytes = readFileSync(join(directory, 'heirloom.sqlite'))
    const packed = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
    })
    mkdirSync(storesFolder, { recursive: true })
    writeFileSync(join(storesFolder, `${version}.sqlite.br`), packed)
    writeFileSync(
      join(storesFolder, `${version}.json`),
      `${JSON.stringify(await describe(directory), null, 2)}\n`,
    )
    console.log(`golden/stores/${version}: ${bytes.length} bytes, ${packed.length} packed`)
  } finally {
    rmSync(workplace, { recursive: true, force: true })
  }
}

if (import.meta.main) await release(process.argv[2] ?? 'unnamed')
