/**
 * The audit's list of tables: **a new table must be added to this list**, or its rows are reported as
 * `row/unknown`.
 *
 * A table defines, for its rows
 *   - `key`: the whole key, with the parts in brackets;
 *   - `read`: the parsed value, or undefined (`values.ts`);
 *   - `count`: everything in the row that holds an object or a promise, by `tally.refer` and similar methods.
 *     The audit knows references only from here: one that is not counted is reported as `object/count` or
 *     `promise/count`;
 *   - `check`: the rules of the row, once everything is counted.
 *
 * A new kind of `QueueItem` is added to `itemShapes` (`values.ts`) and to `holdings` below; the compiler asks
 * for both. A counter `next.…` is checked against `tally.highest`, under the counter's word.
 */
import {
  vatNumber,
  allocatorOf,
  isObjectKref,
  isPromiseKref,
  isVref,
  type BundleId,
  type Kref,
  type VatId,
} from '../../base/ids.ts'
import type { BundleFormat, BundleKind } from '../../protocol/bundle/bundle.ts'
import { tablesVersion } from '../tables/migrations.ts'
import { waitingFor, type QueueItem, type Service, type VatRecord } from '../tables/records.ts'
import { portTables, wakeupTables } from './channels.ts'
import {
  checkCounter,
  checkData,
  checkObject,
  checkPromise,
  checkQueueEnds,
  checkQueueItem,
  checkVat,
} from './rules.ts'
import { lifeTables } from './lives.ts'
import { upgradeTables } from './upgrades.ts'
import { workerTables } from './workers.ts'
import { table, type Auditing, type AuditedTable, type Place } from './table.ts'
import { checkStored } from './vatSpaces.ts'
import type { Tally } from './tally.ts'
import {
  agreedOf,
  bundleOf,
  configOf,
  countOf,
  dataOf,
  emptyOf,
  entryOf,
  installedOf,
  krefOf,
  objectOf,
  objectRecordOf,
  promiseOf,
  promiseRecordOf,
  queueEndsOf,
  serviceOf,
  vatCountersOf,
  vatOf,
  vatRecordOf,
  waitingOf,
  type Entry,
} from '../tables/values.ts'
import { itemOf, messageOf } from '../tables/itemValues.ts'

// --- what items of queues hold

/** The references held by each kind of item (Rk1, Rk2), and other facts that the audit needs. */
const holdings: {
  readonly [Kind in QueueItem['kind']]: (tally: Tally, item: Extract<QueueItem, { kind: Kind }>) => void
} = {
  send: (tally, { target, message }) => {
    tally.refer(target)
    tally.message(message)
  },
  notify: (tally, { promise }) => tally.refer(promise),
  collect: () => {},
  release: (tally, { action, objects }) => {
    for (const kref of objects) tally.announced.add(`${action} ${kref}`)
  },
  start: (tally, { vat, parameters, result }) => {
    tally.starts.add(vat)
    tally.data(parameters)
    tally.result(result)
  },
  receive: () => {},
  wakeups: () => {},
  rollout: () => {},
  upgradeWorker: (tally, { result }) => tally.result(result),
  react: (tally, { promise }) => tally.refer(promise),
  ended: (tally, { adminNode }) => tally.refer(adminNode),
  upgrade: (tally, { parameters, result, salvage }) => {
    tally.data(parameters)
    tally.result(result)
    for (const slot of salvage?.data.slots ?? []) if (isObjectKref(slot)) tally.refer(slot)
  },
}

function countItem<Kind extends QueueItem['kind']>(
  tally: Tally,
  item: Extract<QueueItem, { kind: Kind }>,
): void {
  const count = holdings[item.kind as Kind]
  count(tally, item)
}

function checkItem(auditing: Auditing, { key }: Place, item: QueueItem): void {
  // Items for an ended vat are discarded in time, except its start. A vat that never existed is an error.
  const neverWas = 'vat' in item && vatNumber(item.vat) >= Number(auditing.get('next.vat') ?? '1')
  if (item.kind === 'start' || ((item.kind === 'collect' || item.kind === 'release') && neverWas))
    auditing.needVat(key, item.vat)
  if (item.kind === 'upgrade') auditing.needBundle(key, item.bundle, 'vat')
  if (item.kind === 'notify' && !auditing.has(`data.${item.promise}`)) {
    auditing.find('queue/notify', key, `${key} notifies ${item.vat} of ${item.promise}, which is not settled`)
  }
}

// --- c-lists

/** The owner's own entry is not a reference: exporting an object does not keep it alive. */
function countEntry(tally: Tally, { parts: [vat = '', kref = ''] }: Place, { mark, vref }: Entry): void {
  tally.entries += 1
  tally.highest.raise(isObjectKref(kref) ? 'object' : 'promise', Number(kref.slice(2)))
  if (vref.startsWith('o-') || vref.startsWith('p-'))
    tally.highest.raise(`${vat} ${vref[0]}`, Number(vref.slice(2)))
  if (isObjectKref(kref) && vref.startsWith('o+')) return
  if (mark !== '_') tally.refer(kref)
  else tally.recognize(kref)
}

function checkEntry(
  auditing: Auditing,
  { key, parts: [vat = '', kref = ''] }: Place,
  { mark, vref }: Entry,
): void {
  auditing.needVat(key, vat as VatId)
  const back = auditing.get(`c.${vat}.${vref}`)
  if (back !== kref)
    auditing.find('clist/one-way', key, `${vat} calls ${kref} ${vref}, and ${vref} is ${back ?? 'nothing'}`)
  if (!isVref(vref) || vref[0] !== kref[1])
    return auditing.find('clist/name', key, `${kref} is called ${vref} in ${vat}`)
  const isKept = mark === 'K' || mark === 'T'
  if (isPromiseKref(kref) ? mark === '_' : isKept)
    auditing.find('clist/name', key, `${kref} is marked ${mark} in ${vat}`)
  if (isKept && isPromiseKref(kref) && !auditing.has(`data.${kref}`))
    auditing.find('clist/name', key, `${vat} keeps ${kref}, which is not settled`)
  if (isObjectKref(kref) && allocatorOf(vref) === 'vat') checkOwner(auditing, key, vat, kref)
}

function checkOwner(auditing: Auditing, key: string, vat: string, kref: string): void {
  const owner = auditing.get(`object.${kref}`)?.split(' ')[0]
  if (owner !== vat)
    auditing.find(
      'object/owner',
      key,
      `${vat} exports ${kref}, which is ${owner === undefined ? 'not there' : `of ${owner}`}`,
    )
}

function checkBack(auditing: Auditing, { key, parts: [vat = '', vref = ''] }: Place, kref: Kref): void {
  const there = auditing.get(`c.${vat}.${kref}`)
  if (there?.slice(2) !== vref)
    auditing.find(
      'clist/one-way',
      key,
      `${vat} calls ${vref} ${kref}, and ${kref} is ${there?.slice(2) ?? 'nothing'}`,
    )
}

const raise =
  (counter: string) =>
  (tally: Tally, { parts: [id = ''] }: Place): void =>
    tally.highest.raise(counter, Number(id.replace(/^\D+/, '')))

function countObject(tally: Tally, place: Place): void {
  raise('object')(tally, place)
  tally.objectRows += 1
}

function countPromise(tally: Tally, place: Place): void {
  raise('promise')(tally, place)
  tally.promiseRows += 1
}

function countVat(tally: Tally, place: Place, { root, meter, maker }: VatRecord): void {
  raise('vat')(tally, place)
  tally.vats += 1
  tally.refer(root)
  if (meter !== undefined) tally.refer(meter)
  if (maker === undefined) return
  tally.refer(maker)
  tally.made.add(maker)
}

/** A bound counts the vats created under it. */
function checkBound(auditing: Auditing, key: string, kref: string, service: Service): void {
  const made = auditing.tally.made.of(kref)
  const counted = service.kind === 'vatAdmin' ? (service.bound?.vats ?? 0) : 0
  if (made !== counted)
    auditing.find('vat/number', key, `${made} vats were made with ${kref}; counted are ${counted}`)
}

const vatOfKey = (auditing: Auditing, { key, parts: [vat = ''] }: Place): void =>
  auditing.needVat(key, vat as VatId)

/** A permanent singleton service. */
const root = (key: RegExp): AuditedTable =>
  table({
    key,
    read: objectOf,
    count: (tally, _place, kref) => tally.refer(kref),
    check(auditing, place, kref) {
      if (!auditing.has(`service.${kref}`))
        auditing.find('service/missing', place.key, `${place.key} is ${kref}, which has no service`)
    },
  })

const kindOfFormat = (format: BundleFormat): BundleKind =>
  format === 'script' || format === 'endo' ? 'vat' : format

/** The kind that the registry says; code for vats if it does not have the bundle. */
const kindOf = (auditing: Auditing, bundle: BundleId): BundleKind =>
  kindOfFormat(installedOf(auditing.get(`bundle.${bundle}`) ?? '')?.format ?? 'script')

// --- the list

/** All tables; those of ports and of the timer are in `channels.ts`. The order does not matter. */
export const auditedTables: readonly AuditedTable[] = [
  table({
    key: /^config$/,
    read: configOf,
    check(auditing, { key }, { tablesVersion: version, worker }) {
      if (version !== tablesVersion)
        auditing.find(
          'config/version',
          key,
          `the tables are of version ${version}; this audit knows ${tablesVersion}`,
        )
      if (!auditing.has(`worker.${worker}`))
        auditing.find('worker/missing', key, `new incarnations start on ${worker}, which is not installed`)
    },
  }),
  table({
    key: /^next\.([A-Za-z]+)$/,
    read: countOf,
    check: (auditing, { key, parts: [counter = ''] }, next) => checkCounter(auditing, key, counter, next),
  }),
  ...workerTables,
  table({ key: /^vat\.(v[1-9]\d*)$/, read: vatRecordOf, count: countVat, check: checkVat }),
  table({
    key: /^vats$/,
    read: countOf,
    check(auditing, { key }, counted) {
      const { vats } = auditing.tally
      if (vats !== counted) auditing.find('vat/number', key, `there are ${vats} vats; counted are ${counted}`)
    },
  }),
  table({
    key: /^name\.(.+)$/,
    read: vatOf,
    check(auditing, { key, parts: [name] }, vat) {
      const record = auditing.get(`vat.${vat}`)
      if (record === undefined) return auditing.needVat(key, vat)
      if (vatRecordOf(record)?.name !== name)
        auditing.find('vat/name', key, `${name} is ${vat}, whose record has another name`)
    },
  }),
  table({
    key: /^count\.(v[1-9]\d*)$/,
    read: vatCountersOf,
    check(auditing, place, { imports, promises }) {
      const [vat = ''] = place.parts
      vatOfKey(auditing, place)
      for (const [letter, next] of [['o', imports], ['p', promises]] as const) {
        const given = auditing.tally.highest.of(`${vat} ${letter}`)
        if (next <= given)
          auditing.find(
            'vat/counters',
            place.key,
            `the next name would be ${letter}-${next}, and ${vat} has ${letter}-${given}`,
          )
      }
    },
  }),
  table({ key: /^stored\.(v[1-9]\d*)$/, read: waitingOf, check: checkStored }),
  table({ key: /^c\.(v[1-9]\d*)\.(k[op][1-9]\d*)$/, read: entryOf, count: countEntry, check: checkEntry }),
  table({ key: /^c\.(v[1-9]\d*)\.([op][-+].*)$/, read: krefOf, check: checkBack }),
  table({ key: /^object\.(ko[1-9]\d*)$/, read: objectRecordOf, count: countObject, check: checkObject }),
  table({
    key: /^service\.(ko[1-9]\d*)$/,
    read: serviceOf,
    count(tally, _place, service) {
      if (service.kind === 'meter') for (const kref of waitingFor(service.meter)) tally.result(kref)
      if (service.kind === 'notifier') tally.refer(service.meter)
      if (service.kind === 'vatBound') tally.refer(service.vatAdmin)
      if (service.kind === 'timerIterator') tally.refer(service.notifier)
      if ((service.kind === 'repeater' || service.kind === 'timerNotifier') && service.token !== null)
        tally.refer(service.token)
    },
    check(auditing, { key, parts: [kref = ''] }, service) {
      checkBound(auditing, key, kref, service)
      if (auditing.get(`object.${kref}`)?.startsWith('kernel ') !== true)
        auditing.find('service/stray', key, `${kref} is not of the kernel and has a service`)
    },
  }),
  root(/^vatAdmin$/),
  root(/^vatAdminRoot$/),
  root(/^criticalVatKey$/),
  root(/^timer$/),
  root(/^timerClock$/),
  root(/^timerBrand$/),
  ...portTables,
  ...wakeupTables,
  table({ key: /^promise\.(kp[1-9]\d*)$/, read: promiseRecordOf, count: countPromise, check: checkPromise }),
  table({
    key: /^data\.(kp[1-9]\d*)$/,
    read: dataOf,
    count: (tally, _place, data) => tally.data(data),
    check: checkData,
  }),
  table({
    key: /^wait\.(kp[1-9]\d*)\.[a-z]\d+$/,
    read: messageOf,
    count(tally, { parts: [kref = ''] }, message) {
      tally.wait(kref)
      tally.message(message)
    },
  }),
  table({
    key: /^run$/,
    read: queueEndsOf,
    check: (auditing, { key }, [head = 0, tail = 0]) => checkQueueEnds(auditing, key, head, tail),
  }),
  table({
    key: /^run\.(-?\d+)$/,
    read: itemOf,
    count(tally, _place, item) {
      tally.queued += 1
      countItem(tally, item)
    },
    check(auditing, place, item) {
      checkQueueItem(auditing, place.key, Number(place.parts[0]))
      checkItem(auditing, place, item)
    },
  }),
  table({
    key: /^parked\.(v[1-9]\d*)\.[a-z]\d+$/,
    read: itemOf,
    count(tally, { parts: [vat = ''] }, item) {
      tally.parkedRows += 1
      tally.parked.add(vat as VatId)
      countItem(tally, item)
    },
    check(auditing, place, item) {
      vatOfKey(auditing, place)
      checkItem(auditing, place, item)
    },
  }),
  table({
    key: /^waiting\.(v[1-9]\d*)$/,
    read: waitingOf,
    check(auditing, { key, parts: [vat = ''] }, [waiting = 0]) {
      const parked = auditing.tally.parked.of(vat as VatId)
      if (parked !== waiting)
        auditing.find('parked/count', key, `${waiting} items wait for ${vat}, it says; there are ${parked}`)
    },
  }),
  table({ key: /^gc\.(v[1-9]\d*)\.(?:drop|retire|lose)\.ko[1-9]\d*$/, read: emptyOf, check: vatOfKey }),
  ...lifeTables,
  ...upgradeTables(countItem, checkItem),
  table({ key: /^due\.(v[1-9]\d*)$/, read: emptyOf, check: vatOfKey }),
  table({ key: /^bootstrap$/, read: countOf }),
  table({ key: /^garbage\.(v[1-9]\d*)$/, read: emptyOf, check: vatOfKey }),
  table({
    key: /^result\.([1-9]\d*)$/,
    read: promiseOf,
    count(tally, _place, kref) {
      tally.held += 1
      tally.refer(kref)
    },
  }),
  // Installed bundles: names, caps, and promises that wait for a bundle.
  table({ key: /^bundles$/, read: agreedOf }),
  table({
    key: /^bundle\.(b1-[0-9a-f]{64}(?:[0-9a-f]{64})?)$/,
    read: installedOf,
    check(auditing, { key, parts: [id = ''] }, { format, code }) {
      auditing.needBundle(key, id as BundleId, kindOfFormat(format))
      if (code !== undefined) auditing.needBundle(key, code, 'vat')
    },
  }),
  table({
    key: /^bundleName\.(.+)$/,
    read: bundleOf,
    check: (auditing, { key }, bundle) => auditing.needBundle(key, bundle, kindOf(auditing, bundle)),
  }),
  table({
    key: /^bundleCap\.(b1-[0-9a-f]{64}(?:[0-9a-f]{64})?)$/,
    read: objectOf,
    check(auditing, { key, parts: [bundle = ''] }, cap) {
      const service = serviceOf(auditing.get(`service.${cap}`) ?? '')
      if (service?.kind !== 'bundleCap' || service.bundle !== bundle)
        auditing.find('bundle/cap', key, `${cap} is not the cap of ${bundle}`)
    },
  }),
  table({
    key: /^bundleWait\.b1-[0-9a-f]{64}(?:[0-9a-f]{64})?\.(kp[1-9]\d*)$/,
    read: emptyOf,
    count: (tally, { parts: [kref = ''] }) => tally.result(kref),
  }),
  table({
    key: /^pin\.(ko[1-9]\d*)$/,
    read: (text) => countOf(text) || undefined,
    count(tally, { parts: [kref = ''] }) {
      tally.held += 1
      tally.refer(kref)
    },
  }),
]
