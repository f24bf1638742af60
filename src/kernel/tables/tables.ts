/**
 * The tables of the kernel: the one place where its keys are built and its values are written as text.
 *
 * T1. The kernel's whole state between two cranks is in these tables.
 * T2. A missing row, or one with a value that its table does not write, is damage: it is refused as such
 *     (`store/corrupt-state`), and never a fault of a vat. `values.ts` defines the values of each table.
 * T3. A new table must be added to the audit too (`audit/tables.ts`), with the references in its rows.
 *
 * | table         | key                          | value                                             |
 * |---------------|------------------------------|---------------------------------------------------|
 * | config        | `config`                     | JSON `Config`                                     |
 * | counters      | `next.` `vat` `object` `promise` `asker` `job` `history` | decimal               |
 * | vats          | `vat.` vat                   | JSON `VatRecord`                                  |
 * | number of vats | `vats`                      | count                                             |
 * | names         | `name.` name                 | vat                                               |
 * | vat counters  | `count.` vat                 | `imports promises sinceSnapshot sinceCollection`, |
 * |               |                              | `references computrons` too if they are counted   |
 * | stored        | `stored.` vat                | `units entries` of the vat's own space; absent if never counted |
 * | c-list        | `c.` vat `.` kref            | a mark (`EntryMark`), a space, vref               |
 * |               | `c.` vat `.` vref            | kref                                              |
 * | objects       | `object.` ko                 | `owner reachable recognizable`                    |
 * | services      | `service.` ko                | JSON `Service`                                    |
 * | promises      | `promise.` kp                | `state decider references queued subscribers`, and `policy:sequence` if its rejection is watched |
 * | promise data  | `data.` kp                   | JSON `ReasonData`                                 |
 * | promise queue | `wait.` kp `.` number        | JSON `Message`                                    |
 * | run-queue     | `run`                        | `head tail`                                       |
 * |               | `run.` number                | JSON `QueueItem`                                  |
 * | parked        | `parked.` vat `.` number     | JSON `QueueItem`                                  |
 * |               | `waiting.` vat               | their number and their code units                 |
 * | collection    | `gc.` vat `.` action `.` ko  | empty                                             |
 * | garbage left  | `garbage.` vat               | empty: a `collect` with `again` is queued or parked |
 * | snapshots due | `due.` vat                   | empty; within a crank only                        |
 * | results       | `result.` sequence           | kp                                                |
 * | pins          | `pin.` ko                    | the host's pin count                              |
 * | bundles       | `bundles`                    | `agreed`: the bundles below are all               |
 * |               | `bundle.` id                 | format                                            |
 * |               | `bundleName.` name, escaped  | id                                                |
 * |               | `bundleCap.` id              | ko                                                |
 * |               | `bundleWait.` id `.` kp      | empty: the promise gets the bundle's cap          |
 * | ended vats    | `ended.` vat                 | JSON `EndedVat`                                   |
 * | admin nodes   | `admin.` vat                 | ko, while it is referenced                        |
 * | askers        | `asker.` vat `.` number      | kp: a promise that waits for the end of the vat   |
 * | jobs          | `job.` number                | JSON `Job`                                        |
 * | pause         | `paused`                     | JSON `Pause`                                      |
 * | bootstrap     | `bootstrap`                  | the sequence of the first message's result        |
 * | roots         | `vatAdmin`, `timer` and the others of `ServiceRoot` | ko                                                |
 * | migration     | `migrating`                  | JSON `Cursor`, while a migration is under way     |
 * | reactions     | `reaction.` kp               | JSON `Reaction`                                   |
 * | ports, timer, upgrades, rejections, workers | `ports.ts`, `wakeups.ts`, `upgrades.ts`, `rejections.ts`, `workers.ts` | |
 */
import { assert } from '../../base/errors.ts'
import {
  objectKref,
  promiseKref,
  vatId,
  type Kref,
  type ObjectKref,
  type ObjectVref,
  type PromiseKref,
  type VatId,
  type Vref,
} from '../../base/ids.ts'
import { orderedNumber } from '../../base/ordered.ts'
import type { ReasonData } from '../../protocol/results.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import { BundleTables } from './bundles.ts'
import { GcActionTable } from './gcActions.ts'
import { SnapshotDueTable } from './snapshotsDue.ts'
import { ResultTable } from './results.ts'
import { LifeTables } from './lives.ts'
import { UpgradeTables } from './upgrades.ts'
import { PinTable } from './pins.ts'
import { promiseText } from './promiseText.ts'
import { PortTable } from './ports.ts'
import type {
  Config,
  Entry,
  EntryMark,
  Message,
  ObjectRecord,
  PromiseRecord,
  QueueItem,
  Reaction,
  Service,
  ServiceRoot,
  VatCounters,
  VatRecord,
} from './records.ts'
import { RejectionTable } from './rejections.ts'
import { Parsed, Rows } from './rows.ts'
import {
  configOf,
  dataOf,
  entryOf,
  krefOf,
  objectOf,
  objectRecordOf,
  promiseRecordOf,
  queueEndsOf,
  reactionOf,
  serviceOf,
  vatCountersOf,
  vatOf,
  vatRecordOf,
  waitingOf,
} from './values.ts'
import { itemOf, messageOf } from './itemValues.ts'
import { VatCounts } from './vatCounts.ts'
import { WakeupTable } from './wakeups.ts'
import { WorkerTables } from './workers.ts'

const parsedVats = 1_000
/** Distinct pairs of counts and owners of objects and promises: few, however many objects there are. */
const parsedRecords = 10_000

export class Tables {
  readonly #rows: Rows
  readonly #objects = new Parsed<ObjectRecord>(parsedRecords, objectRecordOf)
  readonly #promises = new Parsed<PromiseRecord>(parsedRecords, promiseRecordOf)
  readonly #configs = new Parsed<Config>(1, configOf)
  readonly #vats = new Parsed<VatRecord>(parsedVats, vatRecordOf)
  readonly counts: VatCounts
  readonly gcActions: GcActionTable
  readonly results: ResultTable
  readonly snapshotsDue: SnapshotDueTable
  readonly lives: LifeTables
  readonly installed: BundleTables
  readonly upgrades: UpgradeTables
  readonly ports: PortTable
  readonly pins: PinTable
  readonly rejections: RejectionTable
  readonly wakeups: WakeupTable
  readonly workers: WorkerTables

  constructor(state: PlatformState) {
    this.#rows = new Rows(state)
    this.installed = new BundleTables(this.#rows)
    this.counts = new VatCounts(this.#rows)
    this.gcActions = new GcActionTable(this.#rows)
    this.results = new ResultTable(this.#rows)
    this.snapshotsDue = new SnapshotDueTable(this.#rows)
    this.lives = new LifeTables(this.#rows)
    this.upgrades = new UpgradeTables(this.#rows)
    this.ports = new PortTable(this.#rows)
    this.pins = new PinTable(this.#rows)
    this.rejections = new RejectionTable(this.#rows)
    this.wakeups = new WakeupTable(this.#rows)
    this.workers = new WorkerTables(this.#rows)
  }

  /** The number of rows written since these tables were created. */
  get writes(): number {
    return this.#rows.writes
  }

  // --- configuration and counters

  get initialised(): boolean {
    return this.#rows.get('config') !== undefined
  }
  config(): Config {
    return this.#configs.of('config', this.#rows.need('config'))
  }
  setConfig(config: Config): void {
    this.#rows.set('config', JSON.stringify(config))
  }
  newVatId(): VatId {
    return vatId(this.#rows.count('vat'))
  }
  newObjectKref(): ObjectKref {
    return objectKref(this.#rows.count('object'))
  }
  newPromiseKref(): PromiseKref {
    return promiseKref(this.#rows.count('promise'))
  }

  // --- worker versions

  defaultWorker(): WorkerVersion {
    return this.workers.get(this.config().worker)
  }

  // --- vats

  findVat(vat: VatId): VatRecord | undefined {
    const key = `vat.${vat}`
    const text = this.#rows.get(key)
    return text === undefined ? undefined : this.#vats.of(key, text)
  }
  vat(vat: VatId): VatRecord {
    return this.#vats.of(`vat.${vat}`, this.#rows.need(`vat.${vat}`))
  }
  setVat(vat: VatId, record: VatRecord): void {
    this.#rows.set(`vat.${vat}`, JSON.stringify(record))
  }
  deleteVat(vat: VatId): void {
    this.#rows.delete(`vat.${vat}`)
    this.#rows.delete(`count.${vat}`)
    this.counts.deleteStored(vat)
    this.#rows.delete(`due.${vat}`)
    this.#rows.delete(`garbage.${vat}`)
  }
  *vats(): Generator<VatId> {
    for (const vat of this.#rows.each('vat.')) yield vat as VatId
  }
  vatNamed(name: string): VatId | undefined {
    return this.#rows.find(`name.${name}`, vatOf)
  }
  setName(name: string, vat: VatId): void {
    this.#rows.set(`name.${name}`, vat)
  }
  deleteName(name: string): void {
    this.#rows.delete(`name.${name}`)
  }
  counters(vat: VatId): VatCounters {
    const first = {
      imports: 1,
      promises: 1,
      sinceSnapshot: 0,
      sinceCollection: 0,
      references: 0,
      computrons: 0n,
    }
    return this.#rows.find(`count.${vat}`, vatCountersOf) ?? first
  }
  setCounters(
    vat: VatId,
    { imports, promises, sinceSnapshot, sinceCollection, references, computrons }: VatCounters,
  ): void {
    assert(imports >= 1 && promises >= 1, 'vrefs are numbered from 1')
    assert(sinceSnapshot >= 0 && sinceCollection >= 0, 'deliveries are counted from 0')
    assert(references >= 0 && computrons >= 0n, 'usage since the last collection is counted from 0')
    const since = references === 0 && computrons === 0n ? '' : ` ${references} ${computrons}`
    this.#rows.set(`count.${vat}`, `${imports} ${promises} ${sinceSnapshot} ${sinceCollection}${since}`)
  }
  hasGarbageLeft(vat: VatId): boolean {
    return this.#rows.get(`garbage.${vat}`) !== undefined
  }
  setGarbageLeft(vat: VatId): void {
    this.#rows.set(`garbage.${vat}`, '')
  }
  deleteGarbageLeft(vat: VatId): void {
    this.#rows.delete(`garbage.${vat}`)
  }

  // --- c-lists

  krefOf(vat: VatId, vref: Vref): Kref | undefined {
    return this.#rows.find(`c.${vat}.${vref}`, krefOf)
  }
  entryOf(vat: VatId, kref: Kref): Entry | undefined {
    const entry = this.#rows.find(`c.${vat}.${kref}`, entryOf)
    return entry === undefined
      ? undefined
      : { mark: entry.mark, reachable: entry.mark !== '_', vref: entry.vref as Vref }
  }
  setEntry(vat: VatId, kref: Kref, vref: Vref, mark: EntryMark): void {
    this.#rows.set(`c.${vat}.${kref}`, `${mark} ${vref}`)
    this.#rows.set(`c.${vat}.${vref}`, kref)
  }
  deleteEntry(vat: VatId, kref: Kref, vref: Vref): void {
    this.#rows.delete(`c.${vat}.${kref}`)
    this.#rows.delete(`c.${vat}.${vref}`)
  }
  /**
   * The vat's exports that end with the incarnation, except its root. Durable ones (`o+d…`) sort between them
   * and are not visited.
   */
  *ephemeralExports(vat: VatId): Generator<Vref> {
    for (const number of this.#rows.each(`c.${vat}.o+`)) {
      if (number.startsWith('d')) break
      if (number !== '0') yield `o+${number}` as Vref
    }
    for (const name of this.#rows.each(`c.${vat}.o+v`)) yield `o+v${name}` as Vref
  }
  /** Objects and facets of a durable kind. */
  *exportsOfKind(vat: VatId, kind: number): Generator<ObjectVref> {
    for (const name of this.#rows.each(`c.${vat}.o+d${kind}/`)) yield `o+d${kind}/${name}` as ObjectVref
  }
  *exports(vat: VatId): Generator<ObjectVref> {
    for (const name of this.#rows.each(`c.${vat}.o+`)) yield `o+${name}` as ObjectVref
  }
  *objectImports(vat: VatId): Generator<ObjectVref> {
    for (const number of this.#rows.each(`c.${vat}.o-`)) yield `o-${number}` as ObjectVref
  }
  /** The promises that the vat has names for, in the order of their numbers. */
  *promiseEntries(vat: VatId): Generator<PromiseKref> {
    for (const number of this.#rows.numbers(`c.${vat}.kp`)) yield `kp${number}` as PromiseKref
  }

  // --- objects and services

  findObject(kref: ObjectKref): ObjectRecord | undefined {
    const key = `object.${kref}`
    const text = this.#rows.get(key)
    return text === undefined ? undefined : this.#objects.of(key, text)
  }
  object(kref: ObjectKref): ObjectRecord {
    return this.#objects.of(`object.${kref}`, this.#rows.need(`object.${kref}`))
  }
  setObject(kref: ObjectKref, { owner, reachable, recognizable }: ObjectRecord): void {
    assert(reachable >= 0 && recognizable >= reachable, `counts of ${kref}: ${reachable} of ${recognizable}`)
    this.#rows.set(`object.${kref}`, `${owner} ${reachable} ${recognizable}`)
  }
  deleteObject(kref: ObjectKref): void {
    this.#rows.delete(`object.${kref}`)
    this.#rows.delete(`service.${kref}`)
  }
  findService(kref: ObjectKref): Service | undefined {
    return this.#rows.find(`service.${kref}`, serviceOf)
  }
  service(kref: ObjectKref): Service {
    return this.#rows.value(`service.${kref}`, serviceOf)
  }
  setService(kref: ObjectKref, service: Service): void {
    this.#rows.set(`service.${kref}`, JSON.stringify(service))
  }
  serviceRoot(name: ServiceRoot): ObjectKref | undefined {
    return this.#rows.find(name, objectOf)
  }
  setServiceRoot(name: ServiceRoot, kref: ObjectKref): void {
    this.#rows.set(name, kref)
  }

  // --- promises

  findPromise(kref: PromiseKref): PromiseRecord | undefined {
    const key = `promise.${kref}`
    const text = this.#rows.get(key)
    return text === undefined ? undefined : this.#promises.of(key, text)
  }
  promise(kref: PromiseKref): PromiseRecord {
    return this.#promises.of(`promise.${kref}`, this.#rows.need(`promise.${kref}`))
  }
  setPromise(kref: PromiseKref, record: PromiseRecord): void {
    assert(record.references >= 0, `references to ${kref}: ${record.references}`)
    assert(record.queued >= 0, 'messages that wait for a promise are counted from 0')
    this.#rows.set(`promise.${kref}`, promiseText(record))
  }
  deletePromise(kref: PromiseKref): void {
    this.#rows.delete(`promise.${kref}`)
    this.#rows.delete(`data.${kref}`)
  }
  /** The promise's resolution; that of a rejected one records whether the kernel itself rejected it. */
  promiseData(kref: PromiseKref): ReasonData {
    return this.#rows.value(`data.${kref}`, dataOf)
  }
  promiseDataLength(kref: PromiseKref): number {
    return this.#rows.need(`data.${kref}`).length
  }
  setPromiseData(kref: PromiseKref, data: ReasonData): void {
    this.#rows.set(`data.${kref}`, JSON.stringify(data))
  }
  addWaiting(kref: PromiseKref, index: number, message: Message): void {
    this.#rows.set(`wait.${kref}.${orderedNumber(index)}`, JSON.stringify(message))
  }
  takeWaiting(kref: PromiseKref, index: number): Message {
    return this.#rows.takeValue(`wait.${kref}.${orderedNumber(index)}`, messageOf)
  }

  /** Results of messages that wait for promises, with those promises. */
  *waitingMessages(): Generator<{ readonly target: PromiseKref; readonly result: PromiseKref | null }> {
    for (const rest of this.#rows.each('wait.')) {
      yield {
        target: rest.split('.', 1)[0] as PromiseKref,
        result: this.#rows.value(`wait.${rest}`, messageOf).result,
      }
    }
  }

  setReaction(kref: PromiseKref, reaction: Reaction): void {
    this.#rows.set(`reaction.${kref}`, JSON.stringify(reaction))
  }
  takeReaction(kref: PromiseKref): Reaction {
    return this.#rows.takeValue(`reaction.${kref}`, reactionOf)
  }

  // --- queues

  queueEnds(): { head: number; tail: number } {
    const [head = 0, tail = 0] = this.#rows.find('run', queueEndsOf) ?? []
    return { head, tail }
  }
  setQueueEnds(head: number, tail: number): void {
    assert(head <= tail, 'the run-queue begins before it ends')
    this.#rows.set('run', `${head} ${tail}`)
  }
  setQueueItem(index: number, item: QueueItem): void {
    this.#rows.set(`run.${index}`, JSON.stringify(item))
  }
  /** All items in order, without removing them. */
  *queued(): Generator<QueueItem> {
    const { head, tail } = this.queueEnds()
    for (let index = head; index < tail; index += 1) yield this.#rows.value(`run.${index}`, itemOf)
  }
  takeQueueItem(index: number): QueueItem {
    return this.#rows.takeValue(`run.${index}`, itemOf)
  }
  /** The number of items parked for a vat. */
  parked(vat: VatId): number {
    return this.parkedAndWeight(vat).number
  }
  /** The number of parked items, and their length as text. */
  parkedAndWeight(vat: VatId): { number: number; weight: number } {
    const [number = 0, weight = 0] = this.#rows.find(`waiting.${vat}`, waitingOf) ?? []
    return { number, weight }
  }
  park(vat: VatId, item: QueueItem): void {
    const before = this.parkedAndWeight(vat)
    const text = JSON.stringify(item)
    this.#rows.set(`waiting.${vat}`, `${before.number + 1} ${before.weight + text.length}`)
    this.#rows.set(`parked.${vat}.${orderedNumber(before.number + 1)}`, text)
  }
  /** Takes the first parked item of a vat that gets no further ones. */
  takeOneParked(vat: VatId): QueueItem | undefined {
    const key = this.#rows.first(`parked.${vat}.`)
    if (key === undefined) {
      this.#rows.delete(`waiting.${vat}`)
      return undefined
    }
    const { number, weight } = this.parkedAndWeight(vat)
    if (number < 1) this.#rows.refuse(`waiting.${vat}`, 'counts no parked item, and there is one')
    this.#rows.set(`waiting.${vat}`, `${number - 1} ${weight - this.#rows.need(key).length}`)
    return this.#rows.takeValue(key, itemOf)
  }
  /** All items parked for a vat, in order, without removing them. */
  *parkedItems(vat: VatId): Generator<QueueItem> {
    for (const number of this.#rows.each(`parked.${vat}.`))
      yield this.#rows.value(`parked.${vat}.${number}`, itemOf)
  }
  /** Takes all parked items, in order. */
  *takeParked(vat: VatId): Generator<QueueItem> {
    let left = this.parked(vat)
    this.#rows.delete(`waiting.${vat}`)
    for (const number of this.#rows.each(`parked.${vat}.`)) {
      left -= 1
      yield this.#rows.takeValue(`parked.${vat}.${number}`, itemOf)
    }
    if (left !== 0) this.#rows.refuse(`waiting.${vat}`, 'does not count the parked items of the vat')
  }
}
