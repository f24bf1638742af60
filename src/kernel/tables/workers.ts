/**
 * Tables of worker versions and of their rollout.
 *
 * | table         | key                          | value                                             |
 * |---------------|------------------------------|---------------------------------------------------|
 * | workers       | `worker.` id                 | JSON `WorkerVersion`                              |
 * | notes         | `workerNote.` id             | JSON `WorkerNote`; absent for versions that older kernels installed |
 * | rollout       | `rollout`                    | JSON `Rollout`                                    |
 * | its vats      | `rollout.vat.` number        | JSON `RolloutVat`, in the order of the rollout    |
 */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import { orderedNumber } from '../../base/ordered.ts'
import type { RolloutVat } from '../../protocol/worker/rollout.ts'
import type { WorkerNote } from '../../protocol/worker/versions.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Rollout } from './records.ts'
import type { Rows } from './rows.ts'
import { workerOf } from './values.ts'
import { rolloutOf, rolloutVatOf, workerNoteOf } from './workerValues.ts'

export class WorkerTables {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  // --- versions

  find(id: WorkerId): WorkerVersion | undefined {
    return this.#rows.find(`worker.${id}`, workerOf)
  }
  get(id: WorkerId): WorkerVersion {
    return this.#rows.value(`worker.${id}`, workerOf)
  }
  set(version: WorkerVersion): void {
    this.#rows.set(`worker.${version.id}`, JSON.stringify(version))
  }
  note(id: WorkerId): WorkerNote | undefined {
    return this.#rows.find(`workerNote.${id}`, workerNoteOf)
  }
  setNote(id: WorkerId, note: WorkerNote): void {
    this.#rows.set(`workerNote.${id}`, JSON.stringify(note))
  }
  /** Deletes the version and its note. */
  delete(id: WorkerId): void {
    this.#rows.delete(`worker.${id}`)
    if (this.note(id) !== undefined) this.#rows.delete(`workerNote.${id}`)
  }
  *all(): Generator<WorkerVersion> {
    for (const id of this.#rows.each('worker.')) yield this.get(id as WorkerId)
  }

  // --- the rollout

  rollout(): Rollout | undefined {
    return this.#rows.find('rollout', rolloutOf)
  }
  setRollout(rollout: Rollout): void {
    assert(rollout.decided <= rollout.vats, 'a rollout decides no more vats than it has')
    this.#rows.set('rollout', JSON.stringify(rollout))
  }
  /** The vat at this place, from 1 on. */
  rolloutVat(place: number): RolloutVat {
    return this.#rows.value(vatKey(place), rolloutVatOf)
  }
  setRolloutVat(place: number, vat: RolloutVat): void {
    this.#rows.set(vatKey(place), JSON.stringify(vat))
  }
  deleteRolloutVat(place: number): void {
    this.#rows.delete(vatKey(place))
  }
}

const vatKey = (place: number): string => `rollout.vat.${orderedNumber(place)}`
