/**
 * Prepared stores, created once per process with three worker versions and the player's bundles, and copied
 * for runs.
 */
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { assert } from '../../base/errors.ts'
import { bundleId, type BundleId, type WorkerId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { bundleSalvage, bundleVat } from '../../bundler/bundleVat.ts'
import type { Genesis } from '../../protocol/machine/options.ts'
import { EngineCache } from '../../machine/engines/engines.ts'
import { Machine } from '../../machine/machine.ts'
import { engineNames } from '../../protocol/worker/engineNames.ts'
import { workerCode } from '../../release/release.ts'
import { buildMetered } from '../../release/worker.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { buildKernels, type BuiltKernel, type KernelCode } from '../kernels/kernels.ts'
import { provoking, spareIndices, spareLabel, workerLabel } from '../program/program.ts'
import { portName } from '../steps/port.ts'
import { makeScratch } from '../scratch.ts'

/** The variants of prepared stores; `engine` and `other` are indices of `engineNames`. */
const storeVariants: readonly (Pick<Genesis, 'snapshotInterval' | 'collectionInterval' | 'cleanupBudget'> & {
  readonly engine: number
  readonly other: number
})[] = [
  { engine: 0, other: 2, snapshotInterval: 7, collectionInterval: 5, cleanupBudget: 20 },
  { engine: 0, other: 1, snapshotInterval: 1, collectionInterval: 1, cleanupBudget: 3 },
  { engine: 0, other: 2, snapshotInterval: 3, collectionInterval: 17, cleanupBudget: 1000 },
  { engine: 0, other: 1, snapshotInterval: 200, collectionInterval: 1000, cleanupBudget: 1000 },
  { engine: 1, other: 2, snapshotInterval: 5, collectionInterval: 3, cleanupBudget: 7 },
]

/** The limit of a delivery: enough to start a player. */
export const computronsPerDelivery = '4000000'
const heapLimitBytes = 24 * 1024 * 1024
/** A store begins with a port only; the script creates everything else. */
const contents = { bundles: [], vats: [], ports: [portName], workers: [], bootstrap: null, warnings: [] }

/** Code of the release and of the player, for creating stores. */
export interface Materials {
  readonly kernels: ReadonlyMap<BuiltKernel, Uint8Array>
  /** One of each engine. */
  readonly workers: readonly WorkerCode[]
  readonly bundles: readonly Uint8Array[]
  readonly salvage: Uint8Array
}

/** Bundles the player and reads the code of the release. */
export async function gatherMaterials(): Promise<Materials> {
  const player = await bundleVat(join(import.meta.dirname, '..', 'vat', 'player.ts'))
  // Minified: parsing the source takes a quarter of each start.
  const { code } = await transform(player.source, { minify: true, target: 'esnext' })
  const source = (text: string): Uint8Array => new TextEncoder().encode(text)
  const bundles = [...['', ' ', '  ', '\n'].map((end) => source(code + end)), source('not a bundle (')]
  const { bytes: salvage } = await bundleSalvage(join(import.meta.dirname, '..', 'vat', 'salvage.ts'))
  return {
    kernels: await buildKernels(provoking),
    workers: await Promise.all(engineNames.map(workerCode)),
    bundles,
    salvage,
  }
}

/** A prepared store: its directory, its code, and the cache of its engines. */
export interface Prepared {
  readonly cache: EngineCache
  readonly directory: string
  readonly bundles: readonly BundleId[]
  readonly salvage: BundleId
  /** The default, one with another engine, and one with another supervisor. */
  readonly workers: readonly WorkerId[]
  /** The kernels that may be put in place; the first is in place. */
  readonly kernels: readonly KernelCode[]
  /** Its kernels and supervisors, which an imported store does not trust by itself. */
  readonly code: readonly BundleId[]
}

/** Creates prepared stores on demand; `close` deletes everything. */
export class StorePool {
  readonly #materials: Materials
  readonly directory = makeScratch('sim')
  readonly #prepared = new Map<number, Prepared>()
  readonly #cache = new EngineCache()
  readonly #kernels: readonly KernelCode[]
  #directories = 0

  constructor(materials: Materials) {
    this.#materials = materials
    this.#kernels = [...materials.kernels].map(([name, bytes]) => {
      const path = join(this.directory, `kernel-${name}`)
      writeFileSync(path, bytes)
      return { name, id: bundleId(sha256(bytes)), path }
    })
  }

  prepared(number: number): Prepared {
    const index = number % storeVariants.length
    assert(index >= 0, 'a store has a number from 0')
    const known = this.#prepared.get(index)
    if (known !== undefined) return known
    const made = this.#make(index)
    this.#prepared.set(index, made)
    return made
  }

  /** Returns the path of a directory that does not exist yet. */
  newDirectory(): string {
    this.#directories += 1
    return join(this.directory, `world-${this.#directories}`)
  }

  copy({ directory }: Prepared): string {
    const copy = this.newDirectory()
    cpSync(directory, copy, { recursive: true })
    return copy
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  #make(index: number): Prepared {
    const variant = storeVariants[index]
    assert(variant !== undefined, 'a prepared store has a variant')
    const { snapshotInterval, collectionInterval, cleanupBudget } = variant
    const { kernels, workers, bundles, salvage } = this.#materials
    const kernel = kernels.get('release')
    const directory = join(this.directory, `prepared-${index}`)
    const usual = workers[variant.engine]
    const other = workers[variant.other]
    assert(usual !== undefined && other !== undefined, 'a prepared store has two engines')
    assert(kernel !== undefined, 'a prepared store has the kernel of the release')
    const longer = withLongerSupervisor(usual)
    const genesis: Genesis = {
      kernel,
      worker: usual,
      snapshotInterval,
      collectionInterval,
      collection: null,
      computronsPerDelivery,
      heapLimitBytes,
      storageLimit: 1024 ** 3,
      onFault: null,
      maxVats: null,
      cleanupBudget,
      contents,
    }
    const machine = Machine.open(
      {
        directory,
        access: 'write',
        make: 'always',
        verify: 'lazy',
        residentWorkers: 1,
        residentBytes: 1024 ** 3,
        eviction: 'when-needed',
        trace: null,
        genesis,
      },
      this.#cache,
    )
    const ids = bundles.map((bytes) => machine.installBundle('vat', bytes, null).id)
    assert(new Set(ids).size === bundles.length, 'every bundle has an id of its own')
    const salvageId = machine.installBundle('vat', salvage, null).id
    for (const at of spareIndices)
      machine.installBundle('vat', Buffer.from(`// code that no vat runs: ${at}`), spareLabel(at))
    const installed = [usual, other, longer].map((code, at) =>
      machine.versions.installWorker(code, at === 0 ? 'default' : 'on-demand', workerLabel(at)),
    )
    machine.commit()
    machine.close()
    const workerIds = installed.map(({ id }) => id)
    assert(new Set(workerIds).size === workerIds.length, 'every worker version has an id of its own')
    const supervisors = [usual.supervisor, longer.supervisor].map((bytes) => bundleId(sha256(bytes)))
    return {
      cache: this.#cache,
      directory,
      bundles: ids,
      salvage: salvageId,
      workers: workerIds,
      kernels: this.#kernels,
      code: [...this.#kernels.map(({ id }) => id), ...supervisors],
    }
  }
}

/** Another version that behaves the same. */
const withLongerSupervisor = ({ engine, supervisor }: WorkerCode): WorkerCode =>
  buildMetered(engine, Buffer.concat([supervisor, Buffer.from('\n')]))
