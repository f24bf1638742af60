/** This project, by its public packages: `heirloom` and `heirloom/replay`. */
import {
  openController,
  type Controller,
  type ResultHandle,
  type SnapshotReport,
} from '../../../src/host/index.ts'
import { readOwnBundles } from './ownBundles.ts'
import { replayVats } from '../../../src/replay/index.ts'
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

class HeirloomWorld implements World {
  readonly #controller: Controller
  #snapshots: SnapshotReport[] = []

  constructor(controller: Controller) {
    this.#controller = controller
  }

  async send(vat: string, method: string, args: readonly Argument[]): Promise<void> {
    await this.#controller.sendOnly(vat, method, [...args])
  }

  async run(): Promise<void> {
    for (let ended = ''; ended !== 'idle'; ) {
      ;({ ended } = await this.#controller.run({ deliveries: blockSize }))
      this.#snapshots.push(...(await this.#controller.commit()).snapshots)
      if (ended !== 'idle' && ended !== 'limit') throw new Error(`the run ended: ${ended}`)
    }
  }

  async ask(vat: string, method: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.answer(await this.#controller.send(vat, method, [...args]))
  }

  async answer(handle: ResultHandle): Promise<unknown> {
    await this.run()
    const status = await this.#controller.status(handle)
    await this.#controller.forget(handle)
    if (status.kind !== 'fulfilled') throw new Error('no answer', { cause: status })
    return status.value
  }

  async collect(): Promise<void> {
    await this.#controller.collectAll()
    await this.run()
  }

  async entries(vat: string): Promise<number> {
    return (await this.#controller.vat(vat)).storage?.entries ?? 0
  }

  /** Heirloom takes them at the end of a block, when they are due. */
  async snapshots(): Promise<readonly Snapshot[]> {
    const taken = this.#snapshots
    this.#snapshots = []
    return taken.map(({ milliseconds, bytesWritten }) => ({ ms: milliseconds, bytes: bytesWritten }))
  }

  close(): Promise<void> {
    return this.#controller.shutdown()
  }

  peakMemory = ownPeak
}

async function make(bundles: string, setup: Setup): Promise<World> {
  const { directory, vats, reapInterval, snapshotInterval } = setup
  const bundled = Object.entries(readOwnBundles(bundles))
  const controller = await openController({
    directory,
    make: 'always',
    residentWorkers: residentVats,
    config: {
      bootstrap: 'driver',
      bundles: Object.fromEntries(bundled.map(([name, bundle]) => [name, { bundle }])),
      vats: Object.fromEntries(
        Object.entries({ driver: 'driver', ...vats }).map(([name, bundleName]) => [name, { bundleName }]),
      ),
      defaultReapInterval: reapInterval,
      snapshotInterval,
    },
  })
  const world = new HeirloomWorld(controller)
  if (controller.bootstrapResult === undefined) throw new Error('there is no bootstrap')
  await world.answer(controller.bootstrapResult)
  return world
}

export const heirloom = (bundles: string): System => ({
  make: (setup) => make(bundles, setup),
  open: async (directory) =>
    new HeirloomWorld(await openController({ directory, make: 'never', residentWorkers: residentVats })),
  async replay(directory) {
    const { passed } = await replayVats({ directory, worker: 'default', threads: 1 })
    if (!passed) throw new Error('the vats did something else')
  },
})
