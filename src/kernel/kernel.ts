/**
 * The kernel: a deterministic state machine over its ports.
 *
 * `step` takes one event of a closed union and returns one report. All state is in the tables; the objects
 * assembled here hold none between two steps, so a kernel can be discarded after any step, and another one,
 * even of another version, continues from the store.
 */
import { assert, unreachable } from '../base/errors.ts'
import { Cleanup } from './vats/cleanup.ts'
import { CLists } from './objects/clists.ts'
import { Cranks } from './cranks/cranks.ts'
import { Deliveries } from './delivery/deliveries.ts'
import { DrainQueue } from './vats/drains.ts'
import type { KernelEvent, KernelReport } from '../protocol/kernel/events.ts'
import type { Kernel, DryRun, DryRunReport, SalvageOrder, SalvageReport } from '../protocol/kernel/kernel.ts'
import { Incarnations } from './vats/incarnations.ts'
import { BundleRegistry } from './objects/bundles.ts'
import { Makers } from './objects/makers.ts'
import { Meters } from './delivery/meters.ts'
import type { KernelPlatform } from '../protocol/kernel/platform.ts'
import { Pins } from './objects/pins.ts'
import { Promises } from './objects/promises.ts'
import { Reader } from './reader.ts'
import { takeRejections, type RejectionParts } from './cranks/rejections.ts'
import { DryRuns } from './dryRuns/dryRuns.ts'
import { References } from './objects/references.ts'
import { Requests } from './cranks/requests.ts'
import { RunQueue } from './objects/runQueue.ts'
import { Salvages } from './dryRuns/salvages.ts'
import { provideService } from './objects/roots.ts'
import { Services } from './cranks/services.ts'
import { configOf } from './tables/records.ts'
import { Snapshots } from './delivery/snapshots.ts'
import { Replays } from './vats/replays.ts'
import { Rollouts } from './workers/rollouts.ts'
import { WorkerUpgrades } from './workers/workerUpgrades.ts'
import { Suspension } from './vats/suspension.ts'
import { Termination } from './vats/termination.ts'
import { Upgrades } from './vats/upgrades.ts'
import { migrate } from './migrations/migrating.ts'
import { Tables } from './tables/tables.ts'
import { HostPorts } from './external/hostPorts.ts'
import { Timer } from './external/timer.ts'

/** Objects, promises, their references and their counts: what every other part works on. */
interface ObjectGraph {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly references: References
  readonly clists: CLists
  readonly queue: RunQueue
  readonly promises: Promises
  readonly installed: BundleRegistry
  readonly meters: Meters
  readonly makers: Makers
}

function objectGraph(ports: KernelPlatform): ObjectGraph {
  const tables = new Tables(ports.state)
  const references = new References(tables)
  const clists = new CLists(tables, references)
  const queue = new RunQueue(tables, references)
  const promises = new Promises(tables, references, queue)
  const installed = new BundleRegistry({ tables, references, promises, bundles: ports.bundles })
  const meters = new Meters(tables, references, promises)
  const makers = new Makers(tables, references)
  return { ports, tables, references, clists, queue, promises, installed, meters, makers }
}

/** The parts that create, upgrade, suspend and end vats, together with those that they work on. */
interface Lifecycle extends ObjectGraph {
  readonly deliveries: Deliveries
  readonly snapshots: Snapshots
  readonly incarnations: Incarnations
  readonly drains: DrainQueue
  readonly suspension: Suspension
  readonly replays: Replays
  readonly upgrades: Upgrades
  readonly workerUpgrades: WorkerUpgrades
  readonly rollouts: Rollouts
  readonly cleanup: Cleanup
  readonly termination: Termination
}

function lifecycleOf(graph: ObjectGraph, deliveries: Deliveries, snapshots: Snapshots): Lifecycle {
  const incarnations = new Incarnations({ ...graph, deliveries })
  const drains = new DrainQueue(graph)
  const suspension = new Suspension({ ...graph, drains })
  const replays = new Replays({ ...graph, snapshots })
  const lives = { ...graph, incarnations, drains, suspension, replays }
  const upgrades = new Upgrades(lives)
  const workerUpgrades = new WorkerUpgrades(lives)
  const rollouts = new Rollouts({ ...lives, workerUpgrades })
  const cleanup = new Cleanup(graph)
  const termination = new Termination({ ...graph, suspension, cleanup, drains })
  return { ...lives, deliveries, snapshots, upgrades, workerUpgrades, rollouts, cleanup, termination }
}

/** Ports and time; the kernel objects of services that are no longer referenced. */
function externalOf(graph: ObjectGraph): { readonly traffic: HostPorts; readonly wakeups: Timer } {
  const traffic = new HostPorts({ ...graph, outbox: graph.ports.outbox })
  const wakeups = new Timer(graph)
  graph.references.whenServiceDeleted((service) => {
    graph.installed.onServiceDeleted(service)
    graph.meters.onServiceDeleted(service)
    wakeups.onServiceDeleted(service)
  })
  return { traffic, wakeups }
}

class DeterministicKernel implements Kernel {
  readonly #watching: RejectionParts
  readonly #tables: Tables
  readonly #state: KernelPlatform['state']
  readonly #references: References
  readonly #requests: Requests
  readonly #cranks: Cranks
  readonly #dryRuns: DryRuns
  readonly #salvages: Salvages
  readonly read: Reader

  constructor(ports: KernelPlatform) {
    const graph = objectGraph(ports)
    const { tables, references, clists, queue, installed } = graph
    const syscalls = { ...graph, state: ports.state }
    const snapshots = new Snapshots(graph)
    const deliveries = new Deliveries(ports, syscalls, graph.meters, snapshots)
    const parts = { ...lifecycleOf(graph, deliveries, snapshots), ...externalOf(graph) }
    const services = new Services(parts)
    this.#watching = parts
    this.#tables = tables
    this.#state = ports.state
    this.#references = references
    this.#requests = new Requests({ ...parts, pins: new Pins(tables, references) })
    this.#cranks = new Cranks({ ...parts, services })
    this.#dryRuns = new DryRuns({
      ...parts,
      runCrank: (crank) => this.step({ kind: 'crank', crank, cleaning: 'leave' }),
    })
    this.#salvages = new Salvages({ ports, tables, clists, syscalls })
    this.read = new Reader(tables, queue, installed)
  }

  step(event: KernelEvent): KernelReport {
    switch (event.kind) {
      case 'initialise':
        return this.#initialise(event)
      case 'accept':
        this.#tables.lives.beginCrank(event.crank)
        this.#references.begin()
        this.#requests.accept(event.sequence, event.item)
        this.#references.collectUnreferenced()
        return { kind: 'accepted', rejections: takeRejections(this.#watching) }
      case 'migrate':
        this.#tables.lives.beginCrank(event.crank)
        return migrate(this.#state, event.rows)
      case 'crank':
        this.#tables.lives.beginCrank(event.crank)
        return this.#cranks.run(event.cleaning)
      default:
        return unreachable(event, 'an event of a kind that this kernel does not know')
    }
  }

  dryRun(operation: DryRun, crank: number): DryRunReport {
    return this.#dryRuns.run(operation, crank)
  }

  salvage(order: SalvageOrder): SalvageReport {
    return this.#salvages.salvage(order)
  }

  #initialise({ config, worker }: Extract<KernelEvent, { kind: 'initialise' }>): KernelReport {
    assert(!this.#tables.initialised, 'the store has a kernel already')
    this.#tables.setConfig(configOf(config, worker.id))
    this.#tables.workers.set(worker)
    this.#tables.installed.setAgreed()
    provideService(this.#tables, 'vatAdmin')
    return { kind: 'initialised' }
  }
}

export function makeKernel(ports: KernelPlatform): Kernel {
  return new DeterministicKernel(ports)
}
