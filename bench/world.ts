/** A store for one measurement, with the two vats of `vats/`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bundleVat,
  openController,
  type Controller,
  type OpenOptions,
  type Remote,
  type ResultHandle,
} from 'heirloom'

export interface World {
  readonly directory: string
  readonly controller: Controller
}

const vats = join(import.meta.dirname, 'vats')

/**
 * Opens a fresh store, with more bundles installed than the two, gives it to the measurement, and removes it.
 */
export async function inWorld<Value>(
  measure: (world: World) => Promise<Value>,
  options: Partial<OpenOptions> = {},
  more: readonly string[] = [],
): Promise<Value> {
  const workplace = mkdtempSync(join(tmpdir(), 'heirloom-bench-'))
  const directory = join(workplace, 'store')
  const controller = await openController({ ...options, directory, make: 'always' })
  try {
    for (const name of ['counter', 'asker']) {
      await controller.installBundle(await bundleVat(join(vats, `${name}.ts`)), name)
      await settle(controller, await controller.createVat(name, name))
    }
    for (const name of more) await controller.installBundle(await bundleVat(join(vats, `${name}.ts`)), name)
    await controller.commit()
    return await measure({ directory, controller })
  } finally {
    await controller.shutdown()
    rmSync(workplace, { recursive: true, force: true })
  }
}

/** Runs to the end and gives the answer; a measurement that is refused is no measurement. */
export async function settle(controller: Controller, request: ResultHandle): Promise<unknown> {
  await controller.run()
  const status = await controller.status(request)
  await controller.forget(request)
  if (status.kind !== 'fulfilled')
    throw new Error(
      `not fulfilled: ${JSON.stringify(status, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value instanceof Error ? value.message : value))}`,
    )
  return status.value
}

export const ask = async (
  controller: Controller,
  target: string | Remote,
  method: string,
  ...args: unknown[]
): Promise<unknown> => settle(controller, await controller.send(target, method, args))

/** Runs to the end in blocks of so many cranks. Gives the deliveries. */
export async function runBlocks(controller: Controller, cranks: number): Promise<number> {
  let deliveries = 0
  for (;;) {
    const report = await controller.run({ cranks })
    deliveries += report.deliveries
    await controller.commit()
    if (report.ended === 'idle') return deliveries
  }
}

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
