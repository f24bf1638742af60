/**
 * The host process of a soak: goes on with the load where the store says, commits after about every hundred
 * deliveries, and
 * prints a sample as a line of JSON every few seconds, until it is killed. `node host.ts <store> <seed>
 * <seconds>`.
 */
import { existsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { machineHeap } from './machineHeap.ts'
import { openController, type StoreStatus } from 'heirloom'
import { found, operate } from './load.ts'

/**
 * What a process tells of the time since its last sample; rates are for each second, times in milliseconds.
 */
export interface HostSample {
  readonly operations: number
  readonly cranks: number
  readonly p50: number
  readonly p99: number
  /** The slowest commit. */
  readonly commit: number
  readonly rss: number
  readonly heapUsed: number
  /** The least that the heap of the machine thread was: what is left after a collection of garbage. */
  readonly machineHeap: number
  readonly residentBytes: number
  readonly vats: number
}

const [directory = '', seed = '1', seconds = '10'] = argv.slice(2)
const cranksPerBlock = 150

const fresh = !existsSync(join(directory, 'heirloom.sqlite'))
const controller = await openController({
  directory,
  config: { snapshotInterval: 100, collectionInterval: 200, cleanupBudget: 500 },
  residentWorkers: 6,
})
if (fresh) await found(controller)

/** What is told with the next sample. */
class Interval {
  readonly began = performance.now()
  readonly #operation: number
  readonly #cranks: number
  readonly latencies: number[] = []
  commit = 0
  machineHeap = Infinity

  constructor(operation: number, cranks: number) {
    this.#operation = operation
    this.#cranks = cranks
  }

  sample(operation: number, { cranks, residentBytes, vats }: StoreStatus): HostSample {
    const seconds = (performance.now() - this.began) / 1000
    const sorted = this.latencies.sort((one, other) => one - other)
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    // Garbage that is only not collected yet is no leak.
    globalThis.gc?.()
    const { rss, heapUsed } = process.memoryUsage()
    const rates = {
      operations: (operation - this.#operation) / seconds,
      cranks: (cranks - this.#cranks) / seconds,
    }
    return {
      ...rates,
      p50: at(0.5),
      p99: at(0.99),
      commit: this.commit,
      rss,
      heapUsed,
      machineHeap: this.machineHeap,
      residentBytes,
      vats,
    }
  }
}

let operation = Number(await controller.getHostState('operation'))
let { cranks: committed } = await controller.storeStatus()
let interval = new Interval(operation, committed)

for (;;) {
  const { milliseconds } = await operate(controller, Number(seed), operation)
  if (milliseconds !== undefined) interval.latencies.push(milliseconds)
  operation += 1
  await controller.setHostState('operation', String(operation))
  const status = await controller.storeStatus()
  if (status.cranks - committed >= cranksPerBlock) {
    const began = performance.now()
    await controller.commit()
    interval.commit = Math.max(interval.commit, performance.now() - began)
    committed = status.cranks
    interval.machineHeap = Math.min(interval.machineHeap, await machineHeap())
  }
  if (performance.now() - interval.began < Number(seconds) * 1000) continue
  interval.machineHeap = Math.min(interval.machineHeap, await machineHeap())
  writeSync(1, `${JSON.stringify(interval.sample(operation, status))}\n`)
  interval = new Interval(operation, status.cranks)
}
