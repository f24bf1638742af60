/** SwingSet, with the vats in this process (`local`) or each in a process with XS (`xsnap`). */
import { readdirSync, readFileSync } from 'node:fs'
import {
  blockSize,
  ownPeak,
  residentVats,
  type Argument,
  type Setup,
  type Snapshot,
  type System,
  type World,
} from '../system.ts'
import {
  load,
  type HostStorage,
  type KernelStorage,
  type KmarshalModule,
  type PeerBundles,
  type RunPolicy,
  type SnapshotInfo,
  type SwingsetController,
  type SwingsetModule,
  type SwingStoreModule,
} from './swingsetApi.ts'

export type ManagerType = 'local' | 'xsnap'

interface Loaded {
  readonly swingset: SwingsetModule
  readonly store: SwingStoreModule
  readonly kunser: KmarshalModule['kunser']
  readonly bundles: PeerBundles
}

async function loadAll(bundles: string): Promise<Loaded> {
  await load('@endo/init')
  return {
    swingset: await load<SwingsetModule>('@agoric/swingset-vat'),
    store: await load<SwingStoreModule>('@agoric/swing-store'),
    kunser: (await load<KmarshalModule>('@agoric/kmarshal')).kunser,
    bundles: JSON.parse(readFileSync(bundles, 'utf8')) as PeerBundles,
  }
}

/** A policy that ends a run after a block. */
function oneBlock(): { readonly policy: RunPolicy; readonly isFull: () => boolean } {
  let done = 0
  const count = (): boolean => (done += 1) < blockSize
  const always = (): boolean => true
  return {
    policy: harden({
      allowCleanup: always,
      vatCreated: count,
      crankComplete: count,
      crankFailed: count,
      emptyCrank: always,
    }),
    isFull: () => done >= blockSize,
  }
}

declare const harden: <Value>(value: Value) => Value

/** The peaks of the processes that this one started and that still run. */
function peaksOfChildren(): number {
  let bytes = 0
  for (const task of readdirSync('/proc/self/task')) {
    const pids = readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim()
    for (const pid of pids === '' ? [] : pids.split(' ')) {
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      bytes += Number(peak ?? 0) * 1024
    }
  }
  return bytes
}

class SwingsetWorld implements World {
  readonly #controller: SwingsetController
  readonly #kernel: KernelStorage
  readonly #host: HostStorage
  readonly #kunser: KmarshalModule['kunser']

  constructor(
    controller: SwingsetController,
    storage: { kernelStorage: KernelStorage; hostStorage: HostStorage },
    kunser: KmarshalModule['kunser'],
  ) {
    this.#controller = controller
    this.#kernel = storage.kernelStorage
    this.#host = storage.hostStorage
    this.#kunser = kunser
  }

  async send(vat: string, method: string, args: readonly Argument[]): Promise<void> {
    this.#controller.queueToVatRoot(vat, method, [...args], 'ignore')
  }

  async run(): Promise<void> {
    for (let isFull = true; isFull; ) {
      const block = oneBlock()
      await this.#controller.run(block.policy)
      await this.#host.commit()
      isFull = block.isFull()
    }
  }

  async ask(vat: string, method: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.answer(this.#controller.queueToVatRoot(vat, method, [...args], 'ignore'))
  }

  async answer(kpid: string): Promise<unknown> {
    await this.run()
    const status = this.#controller.kpStatus(kpid)
    if (status === 'unresolved') throw new Error('no answer')
    const value = this.#kunser(this.#controller.kpResolution(kpid))
    if (status === 'rejected') throw new Error('rejected', { cause: value })
    return value
  }

  async collect(): Promise<void> {
    this.#controller.reapAllVats()
    await this.run()
  }

  async entries(vat: string): Promise<number> {
    const prefix = `${this.#controller.vatNameToID(vat)}.vs.`
    let count = 0
    let key = this.#kernel.kvStore.getNextKey(prefix)
    for (; key?.startsWith(prefix) === true; key = this.#kernel.kvStore.getNextKey(key)) count += 1
    return count
  }

  /** How long all of them took is divided by how many they are. */
  async snapshots(): Promise<readonly Snapshot[]> {
    const before = this.#positions()
    const began = performance.now()
    await this.#controller.snapshotAllVats()
    await this.#host.commit()
    const spent = performance.now() - began
    const taken = [...this.#positions()].filter(([vat, { snapPos }]) => before.get(vat)?.snapPos !== snapPos)
    return taken.map(([, { compressedSize }]) => ({ ms: spent / taken.length, bytes: compressedSize }))
  }

  /** The last snapshot of each static vat. */
  #positions(): ReadonlyMap<string, SnapshotInfo> {
    const names = JSON.parse(this.#kernel.kvStore.get('vat.names') ?? '[]') as string[]
    return new Map(
      names.flatMap((name) => {
        const info = this.#kernel.snapStore.getSnapshotInfo(this.#controller.vatNameToID(name))
        return info === undefined ? [] : [[name, info] as const]
      }),
    )
  }

  /** What only the host sends to would be collected as garbage. */
  pin(names: readonly string[]): void {
    for (const name of names) this.#controller.pinVatRoot(name)
  }

  async close(): Promise<void> {
    await this.#controller.shutdown()
    await this.#host.close()
  }

  peakMemory = (): number => ownPeak() + peaksOfChildren()
}

async function open(
  { swingset, kunser, bundles }: Loaded,
  storage: { kernelStorage: KernelStorage; hostStorage: HostStorage },
): Promise<SwingsetWorld> {
  const controller = await swingset.makeSwingsetController(
    storage.kernelStorage,
    {},
    {
      kernelBundle: bundles.kernel.kernel,
      warehousePolicy: { maxVatsOnline: residentVats },
    },
  )
  return new SwingsetWorld(controller, storage, kunser)
}

async function make(loaded: Loaded, setup: Setup, manager: ManagerType): Promise<World> {
  const storage = loaded.store.initSwingStore(setup.directory)
  const { vats, kernel } = loaded.bundles
  const names = Object.entries({ driver: 'driver', ...setup.vats })
  const { kernel: _kernel, ...kernelBundles } = kernel
  const bootstrapped = await loaded.swingset.initializeSwingset(
    {
      bootstrap: 'driver',
      bundles: Object.fromEntries(Object.entries(vats).map(([name, bundle]) => [name, { bundle }])),
      vats: Object.fromEntries(names.map(([name, bundleName]) => [name, { bundleName }])),
      defaultManagerType: manager,
      defaultReapInterval: setup.reapInterval,
      // Ours counts deliveries only.
      defaultReapGCKrefs: 'never',
      snapshotInitial: Math.min(3, setup.snapshotInterval),
      snapshotInterval: setup.snapshotInterval,
    },
    undefined,
    storage.kernelStorage,
    { kernelBundles },
  )
  await storage.hostStorage.commit()
  const world = await open(loaded, storage)
  world.pin(['driver', ...Object.keys(setup.vats)])
  await world.answer(bootstrapped)
  return world
}

export const swingset = async (manager: ManagerType, bundles: string): Promise<System> => {
  const loaded = await loadAll(bundles)
  const openStore = (directory: string): Promise<SwingsetWorld> =>
    open(loaded, loaded.store.openSwingStore(directory))
  return {
    make: (setup) => make(loaded, setup, manager),
    open: openStore,
    /** Without snapshots it does so whenever a vat is needed. */
    async replay(directory) {
      const world = await openStore(directory)
      await world.ask('asker', 'awaited', 1)
      await world.close()
    },
  }
}
