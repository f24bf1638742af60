/**
 * The tables of the kernel: the one place where its keys are made and its values are written as text.
 *
 * T1. Everything the kernel knows between two cranks is in these tables.
 * T2. A value that does not parse as its table says is a fault of the kernel, not of a vat.
 *
 * | table         | key                          | value                                             |
 * |---------------|------------------------------|---------------------------------------------------|
 * | config        | `config`                     | JSON `Config`                                     |
 * | counters      | `next.vat` `.object` `.promise` | decimal                                        |
 * | workers       | `worker.` id                 | JSON `WorkerVersion`                              |
 * | vats          | `vat.` vat                   | JSON `VatRecord`                                  |
 * | names         | `name.` name                 | vat                                               |
 * | vat counters  | `count.` vat                 | `imports promises sinceSnapshot sinceCollection`  |
 * | c-list        | `c.` vat `.` kref            | `R` or `_`, a space, vref                         |
 * |               | `c.` vat `.` vref            | kref                                              |
 * | objects       | `object.` ko                 | `owner reachable recognizable`                    |
 * | services      | `service.` ko                | JSON `Service`                                    |
 * | promises      | `promise.` kp                | `state decider references queued subscribers`     |
 * | promise data  | `data.` kp                   | JSON capdata                                      |
 * | promise queue | `wait.` kp `.` number        | JSON `Message`                                    |
 * | run-queue     | `run`                        | `head tail`                                       |
 * |               | `run.` number                | JSON `QueueItem`                                  |
 * | parked        | `parked.` vat `.` number     | JSON `QueueItem`                                  |
 * |               | `waiting.` vat               | how many there are                                |
 * | collection    | `gc.` vat `.` action `.` ko  | empty                                             |
 * | snapshots due | `due.` vat                   | empty                                             |
 * | results       | `result.` sequence           | kp                                                |
 */
import { assert } from '../base/errors.ts'
import type { BundleId, Hash, Kref, ObjectKref, ObjectVref, PromiseKref, VatId, Vref, WorkerId } from '../base/ids.ts'
import { objectKref, promiseKref, vatId } from '../base/ids.ts'
import { orderedNumber } from '../base/ordered.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { StatePort } from './ports.ts'

/** The version of this layout. A kernel that changes it says how to get there (`from → steps`). */
export const tablesVersion = 1

export interface Config {
  readonly tablesVersion: number
  /** What a new incarnation starts on, unless its maker says otherwise. */
  readonly worker: WorkerId
  /** A snapshot is due after this many deliveries to a vat. */
  readonly snapshotInterval: number
  /** A vat is asked to collect its garbage after this many deliveries. */
  readonly collectionInterval: number
  readonly computronsPerDelivery: string
  readonly heapLimitPages: number
}

export type VatStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'suspended'; readonly cause: string; readonly message: string }

export interface VatRecord {
  readonly name: string
  readonly root: ObjectKref
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: VatStatus
  readonly worker: WorkerVersion
  readonly heapLimitPages: number
  readonly computronsPerDelivery: string
  /** The heap at the last snapshot of this incarnation, or null before the first. */
  readonly heapHash: Hash | null
}

export interface VatCounters {
  imports: number
  promises: number
  sinceSnapshot: number
  sinceCollection: number
}

/** Who answers for an object. An orphan's owner has let go of it, or is gone. */
export type Owner = VatId | 'kernel' | 'abandoned' | 'terminated'

export interface ObjectRecord {
  readonly owner: Owner
  /** How many references can send to it. */
  readonly reachable: number
  /** How many references can at least recognise it; never less than `reachable`. */
  readonly recognizable: number
}

export type PromiseState = 'unresolved' | 'fulfilled' | 'rejected'

export interface PromiseRecord {
  readonly state: PromiseState
  /** The vat that will settle it; `kernel` while it is in the kernel's hands; meaningless once settled. */
  readonly decider: VatId | 'kernel'
  readonly references: number
  /** How many messages wait for it. */
  readonly queued: number
  readonly subscribers: readonly VatId[]
}

export interface Message {
  readonly methargs: CapData
  readonly result: PromiseKref | null
}

export type QueueItem =
  | { readonly kind: 'send'; readonly target: Kref; readonly message: Message }
  | { readonly kind: 'notify'; readonly vat: VatId; readonly promise: PromiseKref }
  /** The vat is to bring out its dead. */
  | { readonly kind: 'collect'; readonly vat: VatId }
  /** The vat is told what has become of objects: of its exports, or of imports that it can only recognise. */
  | { readonly kind: 'release'; readonly vat: VatId; readonly action: GcAction; readonly objects: readonly ObjectKref[] }
  | { readonly kind: 'start'; readonly vat: VatId; readonly parameters: CapData; readonly result: PromiseKref }
  | {
      readonly kind: 'upgrade'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly parameters: CapData
      readonly upgradeMessage: string
      readonly result: PromiseKref
    }

/** Objects that the kernel itself answers for. */
export type Service = { readonly kind: 'vatAdmin' } | { readonly kind: 'adminNode'; readonly vat: VatId }

/** `drop`, `retire`: an export is not reachable, not even recognizable any more. `lose`: an import is gone. */
export type GcAction = 'drop' | 'retire' | 'lose'

const parse = <Value>(text: string): Value => JSON.parse(text) as Value

/**
 * Values parsed before, found by their text: what is read in every crank and changes rarely is
 * parsed once. Since the text is the key, there is nothing to keep in step with the state.
 */
class Parsed<Value> {
  readonly #values = new Map<string, Value>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  of(text: string): Value {
    const known = this.#values.get(text)
    if (known !== undefined) return known
    if (this.#values.size >= this.#most) this.#values.clear()
    const value = parse<Value>(text)
    this.#values.set(text, value)
    return value
  }
}

const parsedVats = 1_000

export class Tables {
  readonly #state: StatePort
  readonly #configs = new Parsed<Config>(1)
  readonly #vats = new Parsed<VatRecord>(parsedVats)

  constructor(state: StatePort) {
    this.#state = state
  }

  #get(key: string): string | undefined {
    return this.#state.get('kernel', key)
  }
  #need(key: string): string {
    const text = this.#get(key)
    assert(text !== undefined, `the kernel's state has no ${key}`)
    return text
  }
  #set(key: string, value: string): void {
    this.#state.set('kernel', key, value)
  }
  #delete(key: string): void {
    this.#state.delete('kernel', key)
  }
  /** What follows the prefix in each key that begins with it, in order. Keys may be removed meanwhile. */
  *#each(prefix: string, from = prefix): Generator<string> {
    let key = this.#state.nextKey('kernel', prefix, from)
    while (key !== undefined) {
      yield key.slice(prefix.length)
      key = this.#state.nextKey('kernel', prefix, key)
    }
  }

  // --- configuration and counters

  get initialised(): boolean {
    return this.#get('config') !== undefined
  }
  config(): Config {
    return this.#configs.of(this.#need('config'))
  }
  setConfig(config: Config): void {
    this.#set('config', JSON.stringify(config))
  }
  #next(counter: string): number {
    const number = Number(this.#get(`next.${counter}`) ?? '1')
    this.#set(`next.${counter}`, String(number + 1))
    return number
  }
  newVatId(): VatId {
    return vatId(this.#next('vat'))
  }
  newObjectKref(): ObjectKref {
    return objectKref(this.#next('object'))
  }
  newPromiseKref(): PromiseKref {
    return promiseKref(this.#next('promise'))
  }

  // --- worker versions

  worker(id: WorkerId): WorkerVersion | undefined {
    const text = this.#get(`worker.${id}`)
    return text === undefined ? undefined : parse<WorkerVersion>(text)
  }
  defaultWorker(): WorkerVersion {
    return parse<WorkerVersion>(this.#need(`worker.${this.config().worker}`))
  }
  setWorker(version: WorkerVersion): void {
    this.#set(`worker.${version.id}`, JSON.stringify(version))
  }
  *workers(): Generator<WorkerVersion> {
    for (const id of this.#each('worker.')) yield parse<WorkerVersion>(this.#need(`worker.${id}`))
  }

  // --- vats

  findVat(vat: VatId): VatRecord | undefined {
    const text = this.#get(`vat.${vat}`)
    return text === undefined ? undefined : this.#vats.of(text)
  }
  vat(vat: VatId): VatRecord {
    return this.#vats.of(this.#need(`vat.${vat}`))
  }
  setVat(vat: VatId, record: VatRecord): void {
    this.#set(`vat.${vat}`, JSON.stringify(record))
  }
  deleteVat(vat: VatId): void {
    this.#delete(`vat.${vat}`)
    this.#delete(`count.${vat}`)
    this.#delete(`due.${vat}`)
  }
  *vats(): Generator<VatId> {
    for (const vat of this.#each('vat.')) yield vat as VatId
  }
  vatNamed(name: string): VatId | undefined {
    return this.#get(`name.${name}`) as VatId | undefined
  }
  setName(name: string, vat: VatId): void {
    this.#set(`name.${name}`, vat)
  }
  deleteName(name: string): void {
    this.#delete(`name.${name}`)
  }
  counters(vat: VatId): VatCounters {
    const [imports, promises, sinceSnapshot, sinceCollection] = (this.#get(`count.${vat}`) ?? '1 1 0 0').split(' ').map(Number)
    assert(sinceCollection !== undefined, `the counters of ${vat} are damaged`)
    return { imports: imports ?? 0, promises: promises ?? 0, sinceSnapshot: sinceSnapshot ?? 0, sinceCollection }
  }
  setCounters(vat: VatId, { imports, promises, sinceSnapshot, sinceCollection }: VatCounters): void {
    this.#set(`count.${vat}`, `${imports} ${promises} ${sinceSnapshot} ${sinceCollection}`)
  }

  // --- c-lists

  krefOf(vat: VatId, vref: Vref): Kref | undefined {
    return this.#get(`c.${vat}.${vref}`) as Kref | undefined
  }
  entryOf(vat: VatId, kref: Kref): { reachable: boolean; vref: Vref } | undefined {
    const text = this.#get(`c.${vat}.${kref}`)
    return text === undefined ? undefined : { reachable: text[0] === 'R', vref: text.slice(2) as Vref }
  }
  setEntry(vat: VatId, kref: Kref, vref: Vref, reachable: boolean): void {
    this.#set(`c.${vat}.${kref}`, `${reachable ? 'R' : '_'} ${vref}`)
    this.#set(`c.${vat}.${vref}`, kref)
  }
  deleteEntry(vat: VatId, kref: Kref, vref: Vref): void {
    this.#delete(`c.${vat}.${kref}`)
    this.#delete(`c.${vat}.${vref}`)
  }
  /** The vat's exports that end with the incarnation, its root excepted. Durable ones (`o+d…`) sort between them and are not visited. */
  *ephemeralExports(vat: VatId): Generator<Vref> {
    for (const number of this.#each(`c.${vat}.o+`)) {
      if (number.startsWith('d')) break
      if (number !== '0') yield `o+${number}` as Vref
    }
    for (const name of this.#each(`c.${vat}.o+v`)) yield `o+v${name}` as Vref
  }
  *objectImports(vat: VatId): Generator<ObjectVref> {
    for (const number of this.#each(`c.${vat}.o-`)) yield `o-${number}` as ObjectVref
  }
  *promiseEntries(vat: VatId): Generator<PromiseKref> {
    for (const number of this.#each(`c.${vat}.kp`)) yield `kp${number}` as PromiseKref
  }

  // --- objects and services

  findObject(kref: ObjectKref): ObjectRecord | undefined {
    const text = this.#get(`object.${kref}`)
    if (text === undefined) return undefined
    const [owner, reachable, recognizable] = text.split(' ')
    return { owner: owner as Owner, reachable: Number(reachable), recognizable: Number(recognizable) }
  }
  object(kref: ObjectKref): ObjectRecord {
    const record = this.findObject(kref)
    assert(record !== undefined, `the kernel has no object ${kref}`)
    return record
  }
  setObject(kref: ObjectKref, { owner, reachable, recognizable }: ObjectRecord): void {
    assert(reachable >= 0 && recognizable >= reachable, `counts of ${kref}: ${reachable} of ${recognizable}`)
    this.#set(`object.${kref}`, `${owner} ${reachable} ${recognizable}`)
  }
  deleteObject(kref: ObjectKref): void {
    this.#delete(`object.${kref}`)
    this.#delete(`service.${kref}`)
  }
  service(kref: ObjectKref): Service {
    return parse<Service>(this.#need(`service.${kref}`))
  }
  setService(kref: ObjectKref, service: Service): void {
    this.#set(`service.${kref}`, JSON.stringify(service))
  }
  serviceRoot(): ObjectKref | undefined {
    return this.#get('vatAdmin') as ObjectKref | undefined
  }
  setServiceRoot(kref: ObjectKref): void {
    this.#set('vatAdmin', kref)
  }

  // --- promises

  findPromise(kref: PromiseKref): PromiseRecord | undefined {
    const text = this.#get(`promise.${kref}`)
    if (text === undefined) return undefined
    const [state, decider, references, queued, subscribers] = text.split(' ')
    return {
      state: state as PromiseState,
      decider: decider as VatId | 'kernel',
      references: Number(references),
      queued: Number(queued),
      subscribers: subscribers ? (subscribers.split(',') as VatId[]) : [],
    }
  }
  promise(kref: PromiseKref): PromiseRecord {
    const record = this.findPromise(kref)
    assert(record !== undefined, `the kernel has no promise ${kref}`)
    return record
  }
  setPromise(kref: PromiseKref, { state, decider, references, queued, subscribers }: PromiseRecord): void {
    assert(references >= 0, `references to ${kref}: ${references}`)
    this.#set(`promise.${kref}`, `${state} ${decider} ${references} ${queued} ${subscribers.join(',')}`)
  }
  deletePromise(kref: PromiseKref): void {
    this.#delete(`promise.${kref}`)
    this.#delete(`data.${kref}`)
  }
  promiseData(kref: PromiseKref): CapData {
    return parse<CapData>(this.#need(`data.${kref}`))
  }
  setPromiseData(kref: PromiseKref, data: CapData): void {
    this.#set(`data.${kref}`, JSON.stringify(data))
  }
  addWaiting(kref: PromiseKref, index: number, message: Message): void {
    this.#set(`wait.${kref}.${orderedNumber(index)}`, JSON.stringify(message))
  }
  takeWaiting(kref: PromiseKref, index: number): Message {
    const key = `wait.${kref}.${orderedNumber(index)}`
    const message = parse<Message>(this.#need(key))
    this.#delete(key)
    return message
  }

  // --- queues

  queueEnds(): { head: number; tail: number } {
    const [head, tail] = (this.#get('run') ?? '0 0').split(' ').map(Number)
    return { head: head ?? 0, tail: tail ?? 0 }
  }
  setQueueEnds(head: number, tail: number): void {
    this.#set('run', `${head} ${tail}`)
  }
  setQueueItem(index: number, item: QueueItem): void {
    this.#set(`run.${index}`, JSON.stringify(item))
  }
  takeQueueItem(index: number): QueueItem {
    const item = parse<QueueItem>(this.#need(`run.${index}`))
    this.#delete(`run.${index}`)
    return item
  }
  /** How many items wait for a suspended vat. */
  parked(vat: VatId): number {
    return Number(this.#get(`waiting.${vat}`) ?? '0')
  }
  park(vat: VatId, item: QueueItem): void {
    const number = this.parked(vat) + 1
    this.#set(`waiting.${vat}`, String(number))
    this.#set(`parked.${vat}.${orderedNumber(number)}`, JSON.stringify(item))
  }
  /** Takes all that wait, in order. */
  *takeParked(vat: VatId): Generator<QueueItem> {
    this.#delete(`waiting.${vat}`)
    for (const number of this.#each(`parked.${vat}.`)) {
      const key = `parked.${vat}.${number}`
      const item = parse<QueueItem>(this.#need(key))
      this.#delete(key)
      yield item
    }
  }

  // --- collection

  addGcAction(vat: VatId, action: GcAction, kref: ObjectKref): void {
    this.#set(`gc.${vat}.${action}.${kref}`, '')
  }
  /** Takes all pending actions of the first vat and action there are, or none. */
  takeGcActions(): Extract<QueueItem, { kind: 'release' }> | undefined {
    const first = this.#state.nextKey('kernel', 'gc.', 'gc.')
    if (first === undefined) return undefined
    const [, vat, action] = first.split('.') as [string, VatId, GcAction]
    const prefix = `gc.${vat}.${action}.`
    const objects = [...this.#each(prefix)] as ObjectKref[]
    for (const kref of objects) this.#delete(prefix + kref)
    return { kind: 'release', vat, action, objects }
  }

  // --- snapshots and results

  setSnapshotDue(vat: VatId): void {
    this.#set(`due.${vat}`, '')
  }
  *takeSnapshotsDue(): Generator<VatId> {
    for (const vat of this.#each('due.')) {
      this.#delete(`due.${vat}`)
      yield vat as VatId
    }
  }
  result(sequence: number): PromiseKref | undefined {
    return this.#get(`result.${sequence}`) as PromiseKref | undefined
  }
  setResult(sequence: number, promise: PromiseKref): void {
    this.#set(`result.${sequence}`, promise)
  }
  deleteResult(sequence: number): void {
    this.#delete(`result.${sequence}`)
  }
}
