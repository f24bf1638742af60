/** Reading the kernel's state between cranks, for the host. */
import { assert } from '../base/errors.ts'
import type { ObjectKref, VatId } from '../base/ids.ts'
import type { KernelAudit } from '../protocol/audit.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { ResultStatus } from '../protocol/results.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import { audit } from './audit/audit.ts'
import type { AuditPorts } from './audit/audit.ts'
import { findCycles } from './audit/cycles.ts'
import { assignmentOf } from './deliveries.ts'
import type { KernelReader, PinView, VatView } from './events.ts'
import type { WorkerAssignment } from './ports.ts'
import type { RunQueue } from './runQueue.ts'
import type { Tables } from './tables/tables.ts'

export class Reader implements KernelReader {
  readonly #tables: Tables
  readonly #queue: RunQueue
  readonly #ports: AuditPorts

  constructor(tables: Tables, queue: RunQueue, ports: AuditPorts) {
    this.#ports = ports
    this.#tables = tables
    this.#queue = queue
  }

  vats(): readonly VatView[] {
    return [...this.#tables.vats()].map((vat) => this.#view(vat)).sort((a, b) => Number(a.vat.slice(1)) - Number(b.vat.slice(1)))
  }

  vatNamed(name: string): VatView | undefined {
    const vat = this.#tables.vatNamed(name)
    return vat === undefined ? undefined : this.#view(vat)
  }

  vat(vat: VatId): VatView | undefined {
    return this.#tables.findVat(vat) === undefined ? undefined : this.#view(vat)
  }

  assignment(vat: VatId): WorkerAssignment {
    return assignmentOf(this.#tables.vat(vat))
  }

  result(sequence: number): ResultStatus | undefined {
    const promise = this.#tables.result(sequence)
    if (promise === undefined) return undefined
    const { state } = this.#tables.promise(promise)
    return state === 'unresolved' ? { kind: 'pending' } : { kind: state, data: this.#tables.promiseData(promise) }
  }

  workers(): readonly WorkerVersion[] {
    return [...this.#tables.workers()]
  }

  queueLength(): number {
    return this.#queue.length
  }

  vatAdmin(): ObjectKref {
    const kref = this.#tables.serviceRoot()
    assert(kref !== undefined, 'the kernel has no vatAdmin')
    return kref
  }

  hasObject(kref: ObjectKref): boolean {
    return this.#tables.findObject(kref) !== undefined
  }

  pins(): readonly PinView[] {
    return [...this.#tables.pinned()].map((object) => ({ object, pins: this.#tables.pins(object) }))
  }

  audit(): KernelAudit {
    return audit(this.#ports)
  }

  cycles(): readonly CycleGroup[] {
    return findCycles(this.#ports)
  }

  #view(vat: VatId): VatView {
    const { name, root, bundle, incarnation, status, worker, heapHash } = this.#tables.vat(vat)
    return { vat, name, root, bundle, incarnation, status, worker: worker.id, snapshotHash: heapHash, parked: this.#tables.parked(vat) }
  }
}
