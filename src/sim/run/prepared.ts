/**
 * Stores to begin on: each made once for a process, with both engines and the bundles of the player, and
 * copied for every course.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { bundleId, type BundleId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { bundleSalvage, bundleVat } from '../../bundler/bundleVat.ts'
import type { Genesis } from '../../protocol/machine/options.ts'
import { EngineCache } from '../../machine/engines/engines.ts'
import { Machine } from '../../machine/machine.ts'
import { engineNames } from '../../protocol/worker/engineNames.ts'
import { kernelBytes, workerCode } from '../../release/release.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { portName } from '../steps/port.ts'

/** How the stores differ. */
const recipes: readonly (Pick<Genesis, 'snapshotInterval' | 'collectionInterval' | 'cleanupBudget'> & {
  readonly engine: 0 | 1
})[] = [
  { engine: 0, snapshotInterval: 7, collectionInterval: 5, cleanupBudget: 20 },
  { engine: 0, snapshotInterval: 1, collectionInterval: 1, cleanupBudget: 3 },
  { engine: 0, snapshotInterval: 3, collectionInterval: 17, cleanupBudget: 1000 },
  { engine: 0, snapshotInterval: 200, collectionInterval: 1000, cleanupBudget: 1000 },
  { engine: 1, snapshotInterval: 5, collectionInterval: 3, cleanupBudget: 7 },
]

/** What one delivery may use: enough to start a player. */
const computronsPerDelivery = '4000000'
const heapLimitBytes = 24 * 1024 * 1024
/** A store begins with a port, and empty but for that: the script makes everything. */
const foundation = { bundles: [], vats: [], ports: [portName], workers: [], bootstrap: null, warnings: [] }

/** Bytes of the release and of the player, for making stores. */
export interface Materials {
  readonly kernel: Uint8Array
  /** Of each engine. */
  readonly workers: readonly [WorkerCode, WorkerCode]
  readonly bundles: readonly Uint8Array[]
  readonly salvage: Uint8Array
}

export async function gatherMaterials(): Promise<Materials> {
  const player = await bundleVat(join(import.meta.dirname, '..', 'vat', 'player.ts'))
  // A quarter of each start is reading the source.
  const { code } = await transform(player.source, { minify: true, target: 'esnext' })
  const source = (text: string): Uint8Array => new TextEncoder().encode(text)
  const bundles = [...['', ' ', '  ', '\n'].map((end) => source(code + end)), source('not a bundle (')]
  const { bytes: salvage } = await bundleSalvage(join(import.meta.dirname, '..', 'vat', 'salvage.ts'))
  return {
    kernel: await kernelBytes(),
    workers: [await workerCode(engineNames[0]), await workerCode(engineNames[1])],
    bundles,
    salvage,
  }
}

export interface Prepared {
  readonly cache: EngineCache
  readonly directory: string
  readonly bundles: readonly BundleId[]
  readonly salvage: BundleId
  readonly otherWorker: string
  /** Its kernel and supervisor, which a store that was imported does not trust by itself. */
  readonly code: readonly BundleId[]
}

/** Where worlds live: in memory where the machine has such a place, since they are thrown away. */
const worldsIn = (): string => {
  try {
    return mkdtempSync('/dev/shm/heirloom-sim-')
  } catch {
    return mkdtempSync(join(tmpdir(), 'heirloom-sim-'))
  }
}

export class Workshop {
  readonly #materials: Materials
  readonly directory = worldsIn()
  readonly #made = new Map<number, Prepared>()
  readonly #cache = new EngineCache()
  #copies = 0

  constructor(materials: Materials) {
    this.#materials = materials
  }

  prepared(number: number): Prepared {
    const index = number % recipes.length
    const known = this.#made.get(index)
    if (known !== undefined) return known
    const made = this.#make(index)
    this.#made.set(index, made)
    return made
  }

  /** A directory for a store that is not there yet. */
  place(): string {
    this.#copies += 1
    return join(this.directory, `world-${this.#copies}`)
  }

  copy({ directory }: Prepared): string {
    const place = this.place()
    cpSync(directory, place, { recursive: true })
    return place
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  #make(index: number): Prepared {
    const { engine, snapshotInterval, collectionInterval, cleanupBudget } = recipes[
      index
    ] as (typeof recipes)[number]
    const { kernel, workers, bundles, salvage } = this.#materials
    const directory = join(this.directory, `prepared-${index}`)
    const [usual, other] = engine === 0 ? workers : ([workers[1], workers[0]] as const)
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
      contents: foundation,
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
    const salvageId = machine.installBundle('vat', salvage, null).id
    const otherWorker = machine.installWorker(other, 'on-demand').id
    machine.commit()
    machine.close()
    const code = [kernel, usual.supervisor].map((bytes) => bundleId(sha256(bytes)))
    return { cache: this.#cache, directory, bundles: ids, salvage: salvageId, otherWorker, code }
  }
}
