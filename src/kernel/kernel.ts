/**
 * The kernel: a deterministic state machine over its ports.
 *
 * `step` takes one event of a closed union and gives one report. All state is in the tables; the
 * objects put together here hold none between two steps, so a kernel can be thrown away after any
 * step and another one, even of another version, goes on from the store.
 */
import { assert, unreachable } from '../base/errors.ts'
import { CLists } from './clists.ts'
import { Cranks } from './cranks.ts'
import { Deliveries, assignmentOf } from './deliveries.ts'
import type { Kernel, KernelEvent, KernelReport } from './events.ts'
import { Incarnations } from './incarnations.ts'
import type { KernelPorts } from './ports.ts'
import { Pins } from './pins.ts'
import { Promises } from './promises.ts'
import { Reader } from './reader.ts'
import { References } from './references.ts'
import { acceptedItems, Requests } from './requests.ts'
import { RunQueue } from './runQueue.ts'
import { Services } from './services/services.ts'
import { tablesVersion } from './tables/records.ts'
import { Upgrades } from './upgrades.ts'
import { Tables } from './tables/tables.ts'

class TheKernel implements Kernel {
  readonly accepts = acceptedItems
  readonly #ports: KernelPorts
  readonly #tables: Tables
  readonly #references: References
  readonly #requests: Requests
  readonly #cranks: Cranks
  readonly read: Reader

  constructor(ports: KernelPorts) {
    const { state, bundles } = ports
    const tables = new Tables(state)
    const references = new References(tables)
    const clists = new CLists(tables, references)
    const queue = new RunQueue(tables, references)
    const promises = new Promises(tables, references, queue)
    const deliveries = new Deliveries(ports, { tables, clists, promises, queue, state, ports })
    const incarnations = new Incarnations({ ports, tables, references, clists, promises, queue, deliveries })
    const upgrades = new Upgrades({ ports, tables, promises, queue, incarnations })
    const services = new Services({ tables, references, promises, queue, bundles, incarnations })
    this.#ports = ports
    this.#tables = tables
    this.#references = references
    this.#requests = new Requests({ tables, references, promises, queue, incarnations, bundles, pins: new Pins(tables, references) })
    this.#cranks = new Cranks({ ports, tables, references, clists, promises, queue, deliveries, incarnations, services, upgrades })
    this.read = new Reader(tables, queue, ports)
  }

  step(event: KernelEvent): KernelReport {
    switch (event.kind) {
      case 'initialise':
        return this.#initialise(event)
      case 'accept':
        this.#references.begin()
        this.#requests.accept(event.sequence, event.item)
        this.#references.settle()
        return { kind: 'accepted' }
      case 'crank':
        return this.#cranks.run()
      case 'endBlock':
        return this.#endBlock()
      default:
        return unreachable(event, 'an event of a kind that this kernel does not know')
    }
  }

  #initialise({ config, worker }: Extract<KernelEvent, { kind: 'initialise' }>): KernelReport {
    assert(!this.#tables.initialised, 'the store has a kernel already')
    this.#tables.setConfig({ tablesVersion, worker: worker.id, ...config })
    this.#tables.setWorker(worker)
    const vatAdmin = this.#tables.newObjectKref()
    this.#tables.setObject(vatAdmin, { owner: 'kernel', reachable: 1, recognizable: 1 })
    this.#tables.setService(vatAdmin, { kind: 'vatAdmin' })
    this.#tables.setServiceRoot(vatAdmin)
    return { kind: 'initialised' }
  }

  /** Snapshots of the vats for which one is due; which those are was decided by counts. */
  #endBlock(): KernelReport {
    const snapshots = []
    for (const vat of this.#tables.takeSnapshotsDue()) {
      const record = this.#tables.vat(vat)
      const heapHash = this.#ports.workers.snapshot(vat, assignmentOf(record))
      this.#ports.transcripts.beginSpan(vat, 'snapshot')
      this.#tables.setVat(vat, { ...record, heapHash })
      snapshots.push({ vat, heapHash })
    }
    return { kind: 'blockEnded', snapshots }
  }
}

export function makeKernel(ports: KernelPorts): Kernel {
  return new TheKernel(ports)
}
