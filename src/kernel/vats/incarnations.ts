/**
 * The incarnations of a vat: creating it, and replacing its code (L3, durable mode).
 *
 * I1. A failed start leaves nothing behind; a failed upgrade leaves the old incarnation byte-identical: the
 *     state by undoing the crank to its beginning, the heap by discarding the worker, which is restored from
 *     its last snapshot and its transcript.
 * I2. Old code cannot block its own replacement: an upgrade does not need to run any of it.
 * I3. The root keeps its identity across all incarnations.
 * I4. Salvaged data belongs to the incarnation that ends now, and is complete; else the start is refused.
 *
 * The effects of an ending incarnation are in `endings.ts` (En1).
 */
import { assert } from '../../base/errors.ts'
import {
  exportedObject,
  isObjectKref,
  isVatId,
  type BundleId,
  type Kref,
  type ObjectKref,
  type VatId,
} from '../../base/ids.ts'
import { mapSlots, type CapData } from '../../protocol/capdata.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import { isVatName } from '../../protocol/host/names.ts'
import type { DurableUpgrade, StartRefusal, Importance, OnFault } from '../../protocol/results.ts'
import type { Salvaged } from '../../protocol/worker/salvage.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { CLists } from '../objects/clists.ts'
import { Reference, decode, encode, rejection } from '../objects/kernelValues.ts'
import { assignmentOf } from '../delivery/vatLimits.ts'
import type { Deliveries, Delivered } from '../delivery/deliveries.ts'
import { abandonKinds, endIncarnation } from './endings.ts'
import { followUpUpgrade, leavesGarbage } from '../delivery/gcFollowUp.ts'
import { addHistory, entryOf } from './history.ts'
import { newKernelObject } from '../objects/kernelObjects.ts'
import type { Makers } from '../objects/makers.ts'
import type { Meters } from '../delivery/meters.ts'
import type { KernelPlatform, Mark } from '../../protocol/kernel/platform.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import { unpark } from './parking.ts'
import { vatDefaults } from '../tables/migrations.ts'
import type { QueueItem, UpgradeItem, VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import { staleSalvage, unknownParameters, outcomeOf, type StartOutcome } from './startOutcome.ts'

export interface IncarnationParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly references: References
  readonly clists: CLists
  readonly promises: Promises
  readonly queue: RunQueue
  readonly deliveries: Deliveries
  readonly meters: Meters
  readonly makers: Makers
}

/**
 * Why the old code was not asked or could not collect, or null; whether it left garbage; and the computrons
 * used.
 */
interface CollectionOutcome {
  readonly skipped: string | null
  readonly garbage: 'none' | 'left'
  readonly computrons: bigint
}

/** The outcome of starting the next incarnation. */
export type NextIncarnation =
  | {
      readonly kind: 'done'
      readonly upgraded: Omit<DurableUpgrade, 'replayRefused' | 'computrons'>
      readonly computrons: bigint
    }
  | { readonly kind: 'refused'; readonly refusal: StartRefusal; readonly computrons: bigint }

export interface NewVat {
  /** Unique. Derived from the maker's label for the vat, or from its id, when absent. */
  readonly name?: string
  readonly label?: string
  readonly bundle: BundleId
  readonly computronsPerDelivery: string
  readonly heapLimitPages: number
  readonly worker: WorkerVersion
  readonly storageLimit?: number | undefined
  readonly collection?: CollectionSchedule | undefined
  readonly meter?: ObjectKref
  readonly maker?: ObjectKref
  readonly onFault?: OnFault
  readonly importance?: Importance
}

/** Additional fields of the delivery that begins an incarnation. */
interface StartRequest {
  readonly salvage?: Salvaged | undefined
  readonly tags?: readonly string[] | undefined
  readonly probe?: true
}

/** What the next incarnation is made of. */
export interface Succession extends Omit<UpgradeItem, 'kind' | 'result' | 'mode' | 'onFailure' | 'drain'> {
  /** Absent: the store's default version. */
  readonly worker?: WorkerVersion
}

/** A point in a crank that may be undone to, with the candidates at that point (Rk4). */
interface RestorePoint {
  readonly mark: Mark
  readonly candidates: readonly Kref[]
}

const rootVref = exportedObject(0)

export class Incarnations {
  readonly #parts: IncarnationParts

  constructor(parts: IncarnationParts) {
    this.#parts = parts
  }

  /** Creates the record of a vat that a queue item will start. Its root can be named at once. */
  reserve({
    name: given,
    label,
    bundle,
    computronsPerDelivery,
    heapLimitPages,
    worker,
    storageLimit,
    collection,
    meter,
    maker,
    onFault = this.#parts.tables.config().onFault,
    importance,
  }: NewVat): VatId {
    const { tables, clists, references, meters, makers } = this.#parts
    const vat = tables.newVatId()
    const name = given ?? this.#nameFor(vat, label)
    const root = clists.exportObject(vat, rootVref)
    references.add(root)
    tables.setName(name, vat)
    tables.counts.setStored(vat, { units: 0, entries: 0 })
    const record: VatRecord = {
      name,
      ...(label === undefined || label === name ? {} : { label }),
      root,
      bundle,
      incarnation: 0,
      status: { kind: 'starting' },
      worker,
      heapLimitPages,
      computronsPerDelivery,
      ...(storageLimit === undefined ? {} : { storageLimit }),
      ...(collection === undefined ? {} : { collection }),
      ...(maker === undefined ? {} : { maker }),
      ...vatDefaults,
      ...(onFault === undefined ? {} : { onFault }),
      ...(importance === undefined ? {} : { importance }),
      heapHash: null,
    }
    makers.count(record)
    tables.setVat(vat, meter === undefined ? record : meters.hold(record, meter))
    return vat
  }

  /**
   * The host's name of a vat created by a vat: the maker's label, unless another vat has that name or may
   * have it as its id; else its id, unless that is another vat's name.
   */
  #nameFor(vat: VatId, label: string | undefined): string {
    const { tables } = this.#parts
    if (label !== undefined && isVatName(label) && !isVatId(label) && tables.vatNamed(label) === undefined)
      return label
    let name: string = vat
    for (let number = 2; tables.vatNamed(name) !== undefined; number += 1) name = `${vat}.${number}`
    return name
  }

  /**
   * Starts the first incarnation. Returns the computrons used. `probe` is for a start that is undone
   * (`DryRuns`).
   */
  start(
    { vat, parameters, result, by }: Extract<QueueItem, { kind: 'start' }>,
    probe?: true,
  ): bigint {
    const { tables, promises, meters, queue } = this.#parts
    const point = this.#point()
    const record = tables.vat(vat)
    assert(record.status.kind === 'starting', 'a vat is started once')
    const delivered = this.#begin(vat, record, parameters, probe === undefined ? {} : { probe })
    const begun = outcomeOf(delivered)
    if (begun.kind === 'started') {
      tables.setVat(vat, { ...record, ...begun.keeps, status: { kind: 'running' } })
      this.#keepParameters(vat, parameters)
      addHistory(this.#parts, vat, {
        incarnation: 0,
        mode: 'start',
        bundle: record.bundle,
        worker: record.worker.id,
        parameters,
        from: 'given',
        by,
        refusal: null,
      })
      promises.settle(result, 'fulfilled', this.#newVatResult(vat, record.root))
    } else {
      this.#undo(vat, point)
      meters.charge(record, delivered.computrons)
      this.#discardUnstarted(vat, record)
      const { refusal } = begun
      const message = `vat ${record.name} (${vat}) did not start: ${refusal.message}`
      promises.settle(result, 'rejected', rejection({ code: 'start-refused', message, vat, reason: refusal }))
    }
    // Items that have overtaken the start go first.
    if (tables.parked(vat) > 0) unpark(tables, queue, vat)
    return delivered.computrons
  }

  /** Begins the next incarnation, or restores the old one as if nothing had been tried (I1). */
  next({
    vat,
    bundle,
    upgradeMessage,
    parametersFrom = 'given',
    salvage,
    abandonKinds: tags,
    worker = this.#parts.tables.defaultWorker(),
    ...item
  }: Succession): NextIncarnation {
    const { tables, ports, meters } = this.#parts
    const parameters = parametersFrom === 'given' ? item.parameters : tables.upgrades.parameters(vat)
    if (parameters === undefined) return { kind: 'refused', refusal: unknownParameters, computrons: 0n }
    const record = tables.vat(vat)
    if (salvage !== undefined && salvage.incarnation !== record.incarnation)
      return { kind: 'refused', refusal: staleSalvage(salvage, record), computrons: 0n }
    const point = this.#point()
    const before = ports.transcripts.count(vat)
    const collected = this.#collectOld(vat, record)
    const ended = endIncarnation(this.#parts, vat, record, upgradeMessage)
    const heir = heirOf(record, bundle, worker)
    const incarnationNumber = heir.incarnation
    tables.setVat(vat, heir)
    const delivered = this.#begin(vat, heir, parameters, { salvage, tags })
    const computrons = collected.computrons + delivered.computrons
    const begun = this.#explain(outcomeOf(delivered), record, parameters, tables.upgrades.parameters(vat))
    ports.trace({
      kind: 'upgrade',
      vat,
      incarnation: incarnationNumber,
      outcome: begun.kind === 'started' ? 'done' : 'refused',
    })
    if (begun.kind === 'refused') {
      this.#undo(vat, point)
      assert(tables.vat(vat).incarnation === record.incarnation, 'a failed upgrade is undone (I1)')
      meters.charge(record, computrons)
      return { ...begun, computrons }
    }
    const started = tables.vat(vat)
    assert(started.root === record.root, 'the root keeps its identity (I3)')
    tables.setVat(vat, { ...started, ...begun.keeps })
    this.#keepParameters(vat, parameters)
    if (salvage !== undefined && ports.tracing.bequest)
      ports.trace({ kind: 'bequest', vat, incarnation: incarnationNumber, salvage: entryOf(salvage) })
    if (collected.garbage === 'left') followUpUpgrade(this.#parts, vat)
    const deliveries = ports.transcripts.count(vat) - before
    assert(deliveries >= 1, 'an incarnation begins with a delivery')
    const all = abandonKinds(this.#parts, vat, ended, begun.abandoned)
    return {
      kind: 'done',
      upgraded: {
        mode: 'durable',
        incarnationNumber,
        ...all,
        migratedKinds: begun.migrated,
        deliveries,
        collectionSkipped: collected.skipped,
      },
      computrons,
    }
  }

  /** Adds a hint to the refusal of code that lacks its parameters: its errors do not mention them. */
  #explain(
    begun: StartOutcome,
    { incarnation }: VatRecord,
    given: CapData,
    before: CapData | undefined,
  ): StartOutcome {
    if (
      begun.kind === 'started' ||
      before === undefined ||
      decode(given) !== undefined ||
      decode(before) === undefined
    )
      return begun
    const { refusal } = begun
    const why = `The new code was started without parameters, and incarnation ${incarnation} had some: give them, or keep those with parametersFrom 'kept'`
    return { kind: 'refused', refusal: { ...refusal, message: `${refusal.message}. ${why}` } }
  }

  /** Keeps and holds the parameters, for a later incarnation. */
  #keepParameters(vat: VatId, parameters: CapData): void {
    const { references, tables: { upgrades } } = this.#parts
    references.addAll(parameters.slots)
    references.removeAll(upgrades.parameters(vat)?.slots ?? [])
    upgrades.setParameters(vat, parameters)
  }

  #begin(
    vat: VatId,
    record: VatRecord,
    parameters: CapData,
    { salvage, tags = [], probe }: StartRequest,
  ): Delivered {
    const { ports, clists, deliveries } = this.#parts
    ports.transcripts.beginSpan(vat, 'incarnation')
    ports.workers.start(vat, assignmentOf(record))
    return deliveries.deliver(vat, {
      kind: 'startVat',
      bundle: this.#parts.tables.installed.scriptFor(record.bundle),
      parameters: clists.dataToVat(vat, parameters),
      incarnation: record.incarnation,
      // The vat's own objects keep the vat's names.
      ...(salvage === undefined
        ? {}
        : {
            salvage: mapSlots(salvage.data, (slot) => (isObjectKref(slot) ? clists.toVat(vat, slot) : slot)),
          }),
      ...(tags.length === 0 ? {} : { abandonKinds: [...tags] }),
      ...(probe === undefined ? {} : { probe }),
    })
  }

  #point(): RestorePoint {
    const { ports, references } = this.#parts
    return { mark: ports.state.mark(), candidates: references.candidates }
  }

  #undo(vat: VatId, { mark, candidates }: RestorePoint): void {
    this.#parts.ports.state.undo(mark)
    this.#parts.references.begin(candidates)
    this.#parts.ports.workers.discard(vat)
  }

  /** Removes a vat that never started, including its root, which queued messages may hold. */
  #discardUnstarted(vat: VatId, record: VatRecord): void {
    const { tables, clists, references, meters, makers } = this.#parts
    assert(record.status.kind === 'starting', 'a discarded vat has never run')
    clists.orphan(vat, rootVref, 'terminated')
    references.remove(record.root)
    meters.release(record)
    makers.uncount(record)
    tables.deleteName(record.name)
    tables.deleteVat(vat)
  }

  /** The root and the admin node of a new vat, for its creator. */
  #newVatResult(vat: VatId, root: ObjectKref): CapData {
    const adminNode = newKernelObject(this.#parts, { kind: 'adminNode', vat })
    this.#parts.tables.lives.setAdminNode(vat, adminNode)
    return encode({
      root: new Reference(root, 'Alleged: root'),
      adminNode: new Reference(adminNode, 'Alleged: adminNode'),
    })
  }

  // --- the end of the old incarnation

  /** Lets the old code collect its garbage, if it still can (I2). */
  #collectOld(vat: VatId, record: VatRecord): CollectionOutcome {
    if (record.status.kind === 'suspended')
      return { skipped: `the vat was suspended: ${record.status.message}`, garbage: 'none', computrons: 0n }
    const { deliveries, meters } = this.#parts
    const point = this.#point()
    const delivered = deliveries.deliver(vat, { kind: 'bringOutYourDead' })
    const { computrons } = delivered
    if (delivered.kind === 'done')
      return { skipped: null, garbage: leavesGarbage(delivered.result) ? 'left' : 'none', computrons }
    this.#undo(vat, point)
    meters.charge(record, computrons)
    return { skipped: delivered.message, garbage: 'none', computrons }
  }
}

/** The record of the next incarnation. */
function heirOf(record: VatRecord, bundle: BundleId, worker: WorkerVersion): VatRecord {
  const { keepsPromises: _, ...inherited } = record
  return {
    ...inherited,
    bundle,
    incarnation: record.incarnation + 1,
    worker,
    heapLimitPages: record.nextHeapLimitPages ?? record.heapLimitPages,
    nextHeapLimitPages: null,
    status: { kind: 'running' },
    heapHash: null,
  }
}
