/**
 * The audit's rules that take more than a line, true between any two cranks.
 *
 * A1. An object's counts equal the number of rows that refer to it (Rk1); a promise's likewise (Rk2).
 * A2. An object of a vat has an entry in the vat's c-list; an orphan has none; a kernel object has a service.
 * A3. Nothing unreferenced remains, except objects with a pending GC action for their owner.
 * A4. An unresolved promise has a decider: a vat that names it, or exactly one queue item with it as result.
 * A5. Queues have no gaps; the number of messages that wait for a promise equals its count.
 * A6. A counter exceeds every number that it has issued.
 */
import { isVatId, type VatId } from '../../base/ids.ts'
import type { ObjectRecord, PromiseRecord, VatRecord } from '../tables/records.ts'
import type { Auditing, Place } from './table.ts'

// --- objects

export function checkObject(
  auditing: Auditing,
  { key, parts: [kref = ''] }: Place,
  record: ObjectRecord,
): void {
  const { owner, reachable, recognizable } = record
  const counted = auditing.tally.objectCounts(kref)
  if (reachable !== counted.reachable || recognizable !== counted.recognizable) {
    auditing.find(
      'object/count',
      key,
      `${kref} of ${owner} says ${reachable} of ${recognizable}; counted are ${counted.reachable} of ${counted.recognizable}`,
    )
  }
  if (isVatId(owner)) checkOwned(auditing, key, kref, owner)
  else if (counted.recognizable === 0)
    auditing.find('object/leaked', key, `${kref} of ${owner} has no references`)
  if (owner === 'kernel' && !auditing.has(`service.${kref}`))
    auditing.find('service/missing', key, `${kref} of the kernel has no service`)
}

function checkOwned(auditing: Auditing, key: string, kref: string, owner: VatId): void {
  const entry = auditing.get(`c.${owner}.${kref}`)
  if (entry?.slice(2).startsWith('o+') !== true) {
    return auditing.find(
      'object/owner',
      key,
      `${kref} is of ${owner}, whose entry is ${entry ?? 'not there'}`,
    )
  }
  const { reachable, recognizable } = auditing.tally.objectCounts(kref)
  if (reachable === 0 && entry.startsWith('R') && !willTell(auditing, owner, 'drop', kref)) {
    auditing.find('object/leaked', key, `nobody can reach ${kref} of ${owner}, and the vat will not be told`)
  } else if (recognizable === 0 && !willTell(auditing, owner, 'retire', kref)) {
    auditing.find('object/leaked', key, `${kref} of ${owner} has no references, and the vat will not be told`)
  }
}

const willTell = (auditing: Auditing, owner: VatId, action: 'drop' | 'retire', kref: string): boolean =>
  auditing.tally.announced.has(`${action} ${kref}`) || auditing.has(`gc.${owner}.${action}.${kref}`)

// --- promises

export function checkPromise(
  auditing: Auditing,
  { key, parts: [kref = ''] }: Place,
  record: PromiseRecord,
): void {
  const { state, references, queued, subscribers } = record
  const counted = auditing.tally.promiseCount(kref)
  if (references !== counted)
    auditing.find('promise/count', key, `${kref} says ${references} references; counted are ${counted}`)
  if (counted === 0) auditing.find('promise/leaked', key, `${kref} has no references`)
  const waiting = auditing.tally.waitingCount(kref)
  if (queued !== waiting)
    auditing.find(
      'promise/waiting',
      key,
      `${queued} messages wait for ${kref}, it says; there are ${waiting}`,
    )
  if (auditing.has(`data.${kref}`) !== (state !== 'unresolved')) {
    auditing.find(
      'promise/data',
      key,
      `${kref} is ${state} and has ${state === 'unresolved' ? '' : 'no '}data`,
    )
  }
  for (const vat of subscribers) {
    if (vat !== 'kernel') checkSubscriber(auditing, key, kref, state, vat)
    else if (!auditing.has(`reaction.${kref}`))
      auditing.find(
        'promise/subscriber',
        key,
        `the kernel is subscribed to ${kref} and has nothing to do then`,
      )
  }
  if (state === 'unresolved') checkDecider(auditing, key, kref, record.decider)
}

function checkSubscriber(
  auditing: Auditing,
  key: string,
  kref: string,
  state: PromiseRecord['state'],
  vat: VatId,
): void {
  if (state !== 'unresolved')
    auditing.find('promise/subscriber', key, `${kref} is ${state}, and ${vat} is still subscribed to it`)
  else if (!auditing.has(`c.${vat}.${kref}`))
    auditing.find('promise/subscriber', key, `${vat} is subscribed to ${kref} and has no name for it`)
}

function checkDecider(
  auditing: Auditing,
  key: string,
  kref: string,
  decider: PromiseRecord['decider'],
): void {
  if (decider !== 'kernel') {
    if (!auditing.has(`c.${decider}.${kref}`))
      auditing.find(
        'promise/decider',
        key,
        `${kref} is to be settled by ${decider}, which has no name for it`,
      )
    return
  }
  const results = auditing.tally.resultCount(kref)
  if (results !== 1)
    auditing.find(
      'promise/decider',
      key,
      `${kref} is in the kernel's hands as the result of ${results} items`,
    )
}

export function checkData(auditing: Auditing, { key, parts: [kref = ''] }: Place): void {
  if (!auditing.has(`promise.${kref}`))
    auditing.find('promise/missing', key, `there is data of ${kref}, and no such promise`)
}

// --- vats

export function checkVat(
  auditing: Auditing,
  place: Place,
  { name, root, bundle, status, worker }: VatRecord,
): void {
  const { key, parts } = place
  const vat = parts[0] as VatId
  if (status.kind === 'terminated') return checkEnded(auditing, key, vat)
  if (auditing.get(`name.${name}`) !== vat)
    auditing.find(
      'vat/name',
      key,
      `${vat} is named ${name}, and ${name} is ${auditing.get(`name.${name}`) ?? 'nobody'}`,
    )
  if (auditing.get(`c.${vat}.o+0`) !== root)
    auditing.find(
      'vat/root',
      key,
      `the root of ${vat} is ${root}, and its o+0 is ${auditing.get(`c.${vat}.o+0`) ?? 'nothing'}`,
    )
  if (!auditing.has(`worker.${worker.id}`))
    auditing.find('worker/missing', key, `${vat} runs on ${worker.id}, which is not installed`)
  auditing.needBundle(key, bundle, 'vat')
  const starts = auditing.tally.starts.of(vat)
  if (starts !== (status.kind === 'starting' ? 1 : 0))
    auditing.find('vat/status', key, `${vat} is ${status.kind}, and ${starts} items would start it`)
  const parked = auditing.tally.parked.of(vat)
  if (parked > 0 && status.kind === 'running')
    auditing.find('vat/status', key, `${vat} is ${status.kind}, and ${parked} items are parked for it`)
  if (parked > 0 && !auditing.has(`waiting.${vat}`))
    auditing.find('parked/count', key, `${parked} items are parked for ${vat}, and none are counted`)
  if (!auditing.has(`count.${vat}`)) checkFirstNames(auditing, key, vat)
}

/** The remains of an ended vat depend on the cleanup's progress; the record of its end stays until last. */
function checkEnded(auditing: Auditing, key: string, vat: VatId): void {
  if (!auditing.has(`ended.${vat}`)) auditing.find('vat/ended', key, `${vat} has ended, and how is not known`)
  if (auditing.tally.cleanups.of(vat) !== 1)
    auditing.find(
      'vat/ended',
      key,
      `${vat} has ended, and ${auditing.tally.cleanups.of(vat)} jobs clean up after it`,
    )
}

/** A vat without counters has not been assigned any names yet. */
function checkFirstNames(auditing: Auditing, key: string, vat: VatId): void {
  for (const letter of ['o', 'p']) {
    const given = auditing.tally.highest.of(`${vat} ${letter}`)
    if (given > 0) auditing.find('vat/counters', key, `${vat} has ${letter}-${given}, and no counters`)
  }
}

// --- counters and queues

export function checkCounter(auditing: Auditing, key: string, counter: string, next: number): void {
  const given = auditing.tally.highest.of(counter)
  if (next <= given)
    auditing.find('counter/behind', key, `the next ${counter} would be ${next}, and there is ${given}`)
}

export function checkQueueEnds(auditing: Auditing, key: string, head: number, tail: number): void {
  for (let index = head; index < tail; index += 1) {
    if (!auditing.has(`run.${index}`))
      auditing.find('queue/gap', key, `the run-queue goes from ${head} to ${tail} and has no item ${index}`)
  }
}

export function checkQueueItem(auditing: Auditing, key: string, index: number): void {
  const [head = 0, tail = 0] = (auditing.get('run') ?? '0 0').split(' ').map(Number)
  if (index < head || index >= tail)
    auditing.find(
      'queue/gap',
      key,
      `the run-queue goes from ${head} to ${tail}, and there is an item ${index}`,
    )
}
