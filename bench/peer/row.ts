/**
 * A row: a piece of work, how much of it, and the figures that it gives. Each phase runs in a process of its
 * own, on the store that the phase before it left.
 *
 * The answer of the work is checked: a system cannot be fast by doing nothing.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Setup, System, SystemName, World } from './system.ts'

/** More is better of what is per second, less of everything else. */
export type Unit = '/s' | 'ms' | 'MB' | 'MiB' | 'KB'

export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: Unit
}

/** Where and how much is measured. */
export interface Place {
  readonly system: System
  readonly name: SystemName
  readonly directory: string
  readonly size: number
}

export type Phase = (place: Place) => Promise<readonly Figure[]>

export interface Row {
  readonly name: string
  readonly size: number
  /** The size with `--quick`. */
  readonly quick: number
  readonly phases: readonly Phase[]
}

export const collectEvery = 1_000
export const snapshotEvery = 200

/** Makes a store, measures in it, and closes it. */
export async function inWorld<Value>(
  { system, directory }: Place,
  vats: Readonly<Record<string, string>>,
  measure: (world: World) => Promise<Value>,
  options: Partial<Pick<Setup, 'reapInterval' | 'snapshotInterval'>> = {},
): Promise<Value> {
  const world = await system.make({
    directory,
    vats,
    reapInterval: collectEvery,
    snapshotInterval: snapshotEvery,
    ...options,
  })
  const value = await measure(world)
  await world.close()
  return value
}

/** Checks an answer. */
export function expect(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`)
}

/** A number for people. Locales are not the same in every system. */
export const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',')

/** 1 + 2 + … + n. */
export const sumTo = (n: number): number => (n * (n + 1)) / 2

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

export async function perSecond(what: string, count: number, work: () => Promise<unknown>): Promise<Figure> {
  return { what, value: (count / (await milliseconds(work))) * 1_000, unit: '/s' }
}

/** Sends messages in batches that are run at once, each for a stretch of so many. */
export async function inStretches(
  world: World,
  vat: string,
  method: string,
  [from, to, stretch]: readonly [from: number, to: number, stretch: number],
): Promise<void> {
  const perBatch = 100
  for (let next = from, sent = 1; next < to; next += stretch, sent += 1) {
    await world.send(vat, method, [next, Math.min(next + stretch, to)])
    if (sent % perBatch === 0) await world.run()
  }
  await world.run()
}

export const peakMemory = (world: World): Figure => ({
  what: '… peak memory, workers included',
  value: world.peakMemory() / 2 ** 20,
  unit: 'MiB',
})

/** What a store takes on disk, after it was closed. */
export function disk(directory: string): Figure {
  const bytes = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => statSync(join(directory, path)))
    .filter((entry) => entry.isFile())
    .reduce((sum, { size }) => sum + size, 0)
  return { what: '… size of the store', value: bytes / 1e6, unit: 'MB' }
}
