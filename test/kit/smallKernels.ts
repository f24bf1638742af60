/** Kernels that consist of one step, over a store with nothing in it: for what a kernel can reach. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readerNames } from '../../src/machine/kernel/adapters/level2.ts'
import { evaluateKernel } from '../../src/machine/kernel/kernelContext.ts'
import { interfaceLevel } from '../../src/protocol/kernel/bundle.ts'
import type { KernelEvent } from '../../src/protocol/kernel/events.ts'
import type { KernelPlatform } from '../../src/protocol/kernel/platform.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { forTheFile, temporaryDirectory } from './world.ts'

export const smallId = 'b1-0000000000000000000000000000000000000000000000000000000000000000'
export const anyEvent: KernelEvent = { kind: 'crank', crank: 1, cleaning: 'do' }

const emptyStore: Store = createStore(join(temporaryDirectory(forTheFile), 'empty'))
forTheFile.after(() => emptyStore.close())

/** Ports over a store with nothing in it, and no workers. */
export function emptyPorts(): KernelPlatform {
  const { state, transcripts, bundles, outbox } = emptyStore
  const none = (): never => assert.fail('there are no workers')
  const workers = {
    start: none,
    deliver: none,
    replay: none,
    build: none,
    salvage: none,
    discard: none,
    forget: none,
    snapshot: none,
  }
  return {
    state,
    transcripts,
    bundles,
    outbox,
    workers,
    tracing: {} as KernelPlatform['tracing'],
    trace: () => {},
  }
}

/** A complete kernel of the present level: only its `step` does something. */
export const kernelThat = (step: string, ports = 'ports'): string => `(() => {
  const none = () => undefined
  const read = Object.fromEntries(${JSON.stringify(readerNames)}.map((name) => [name, none]))
  const makeKernel = (${ports}) => ({ read, dryRun: none, salvage: none, step: (event) => { ${step} } })
  return { interfaceLevel: ${interfaceLevel}, version: 'test', workerWires: [1], tablesVersion: 1, oldestTables: 1, makeKernel, audit: none, findCycles: none, migrationsOf: none }
})()`

/** Starts the kernel of this script and does one step. */
export const stepOf = (script: string, ports = emptyPorts()): unknown =>
  evaluateKernel(smallId, script).makeKernel(ports).step(anyEvent)
