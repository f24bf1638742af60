/**
 * The immediate effects of the end of a vat. The rest is cleaned up in bounded steps (`cleanup.ts`).
 *
 * Te1. From the crank in which a vat ends, nothing is delivered to it, and messages to it are rejected with
 *      `vat-terminated`, whether or not its exports are orphaned yet.
 * Te2. Its completion value, or the reason of its failure, is kept while its admin node is held.
 * Te3. The end is reported after all promises that the vat was to settle are rejected, and after everything
 *      in the run-queue by then; requests made in between wait as well.
 */
import { assert } from '../../base/errors.ts'
import { isObjectKref, isPromiseKref, type Kref, type VatId } from '../../base/ids.ts'
import { mapSlots } from '../../protocol/capdata.ts'
import type { Cleanup } from './cleanup.ts'
import type { DrainQueue } from './drains.ts'
import { gone } from '../objects/kernelValues.ts'
import { textOf } from '../objects/readable.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import { standingOf, type Suspension } from './suspension.ts'
import type { Exit } from '../delivery/syscalls.ts'
import type { Tables } from '../tables/tables.ts'

interface TerminationParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly suspension: Suspension
  readonly cleanup: Cleanup
  readonly drains: DrainQueue
}

export class Termination {
  readonly #parts: TerminationParts

  constructor(parts: TerminationParts) {
    this.#parts = parts
  }

  terminate(vat: VatId, { end, data }: Exit): void {
    const { ports, tables, references, suspension, cleanup, drains } = this.#parts
    const record = tables.vat(vat)
    assert(standingOf(tables, vat) === 'live', `${vat} is ${record.status.kind} and cannot end`)
    drains.hasten(vat)
    const message = textOf(data)
    const status = { kind: 'terminated', end, message, since: tables.lives.crank } as const
    const { name, bundle, incarnation } = record
    references.addAll(data.slots)
    tables.lives.setEnded(vat, { name, bundle, incarnation, status, data, telling: 'waits' })
    tables.setVat(vat, { ...record, status, heapHash: null })
    tables.deleteName(name)
    tables.snapshotsDue.delete(vat)
    tables.counts.deleteStored(vat)
    ports.workers.discard(vat)
    ports.trace({ kind: 'terminated', vat, end, message })
    if (record.importance === 'critical')
      suspension.pause({
        vat,
        code: 'vat-terminated',
        message: `the critical vat ${name} (${vat}) has ended: ${message}`,
      })
    cleanup.begin(vat)
  }

  /**
   * The reason of a vat whose last crank was undone. Names that only that crank created no longer exist: they
   * are replaced by an object and a promise of an ended vat.
   */
  afterUndo({ end, data }: Exit): Exit {
    return { end, data: mapSlots(data, (slot) => this.#stillThere(slot as Kref)) }
  }

  #stillThere(kref: Kref): Kref {
    const { tables, references, promises } = this.#parts
    if (isPromiseKref(kref)) {
      if (tables.findPromise(kref) !== undefined) return kref
      const promise = promises.make()
      promises.settle(promise, 'rejected', gone('vat-terminated'))
      return promise
    }
    if (isObjectKref(kref) && tables.findObject(kref) !== undefined) return kref
    const object = tables.newObjectKref()
    tables.setObject(object, { owner: 'terminated', reachable: 0, recognizable: 0 })
    references.addCandidate(object)
    return object
  }
}
