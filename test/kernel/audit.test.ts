/**
 * The audit of the kernel's tables: each deviation is found under its code and at its place, and nothing else
 * is.
 *
 * The store is a sound one with something in every table. Each case changes rows of it, audits, and takes
 * the change back. A case names all deviations that must be found.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../src/kernel/audit/audit.ts'
import {
  deviationLimit,
  kernelAuditCodes,
  type KernelAudit,
  type KernelAuditCode,
} from '../../src/protocol/reports/audit.ts'
import { openStore } from '../../src/store/store.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'

/**
 * `v1` holds, awaits and watches; `v2` owns; `v3` is suspended and items wait for it; two items are queued.
 */
async function soundStore(): Promise<string> {
  const world = await openWorld(forTheFile, {
    vats: { holder: puppet, owner: puppet, faulty: { computronsPerDelivery: 5_000_000n } },
  })
  const owner = await world.root('owner')
  const thing = await world.run('owner', 'return (me.thing = Far("thing", {}))')
  await world.run('holder', 'baggage.init("thing", args[0])', thing)
  await world.run(
    'holder',
    'me.never = E(args[0]).run("return new Promise(() => {})"); E(me.never).wait(args[0])',
    owner,
  )
  await world.run(
    'holder',
    `
    const make = defineDurableKind(makeKindHandle('W'), () => ({}), { onFulfilled() {} })
    VatData.watchPromise(E(args[0]).run("return new Promise(() => {})"), make())`,
    owner,
  )
  await world.run(
    'faulty',
    'E(args[0]).run("return new Promise((resolve) => { me.later = resolve })").then(() => { for (;;); })',
    owner,
  )
  await world.run('owner', 'me.later()')
  await world.outcome('faulty', 'echo', thing)
  await world.controller.send('owner', 'echo', [thing])
  await world.controller.createVat('young', await world.install())
  await world.end()
  return world.directory
}

const store = openStore(await soundStore(), { verify: 'lazy' })
after(() => store.close())
const { state } = store

/** Rows of the kernel as they become, `undefined` for one that goes; `vat/v1 key` is a row of that space. */
type Change = Readonly<Record<string, string | undefined | ((text: string) => string)>>

function auditChanged(change: Change): KernelAudit {
  const mark = state.mark()
  try {
    for (const [name, value] of Object.entries(change)) {
      const [space, key] = name.startsWith('vat/v1 ')
        ? (['vat/v1', name.slice('vat/v1 '.length)] as const)
        : (['kernel', name] as const)
      const before = state.get(space, key)
      const text =
        typeof value === 'function' ? value(before ?? assert.fail(`there is a row ${name}`)) : value
      assert.notEqual(text, before, `the case changes ${name}`)
      if (text === undefined) state.delete(space, key)
      else state.set(space, key, text)
    }
    return audit(store)
  } finally {
    state.undo(mark)
  }
}

/** The row by which the host holds the promise as a result. */
function heldOf(promise: string): string {
  for (
    let key = state.nextKey('kernel', 'result.', '');
    key !== undefined;
    key = state.nextKey('kernel', 'result.', key)
  ) {
    if (state.get('kernel', key) === promise) return key
  }
  return assert.fail(`${promise} is a result`)
}

// T3, Cr2, Kp1.
test('a sound store has no deviations, and everything in it was counted', () => {
  const { deviations, found, counted } = audit(store)
  assert.deepEqual(deviations, [])
  assert.equal(found, 0)
  assert.deepEqual(
    { ...counted, rows: 0 },
    { rows: 0, vats: 4, objects: 9, promises: 16, entries: 14, queued: 2, parked: 2, waiting: 1, held: 12 },
  )
})

const nothing = `w1-${'0'.repeat(64)}`
const forget = '{"kind":"forget","vat":"v99","steps":0,"rows":0}'
const noBundle = `b1-${'0'.repeat(64)}`
const ended = JSON.stringify({
  name: 'x',
  bundle: noBundle,
  incarnation: 0,
  status: { kind: 'terminated', end: 'failed', message: '', since: 1 },
  data: { body: '#1', slots: [] },
})
const item =
  (change: object) =>
  (text: string): string =>
    JSON.stringify({ ...(JSON.parse(text) as object), ...change })
const bundleOf = (key: string): string =>
  (JSON.parse(state.get('kernel', key) ?? '') as { bundle: string }).bundle
const { worker } = JSON.parse(state.get('kernel', 'config') ?? '') as { worker: string }
const message = { methargs: { body: '#[]', slots: [] }, result: null }
const send = (target: string): string => JSON.stringify({ kind: 'send', target, message })

/** situation, what is changed, what must be found */
const cases: readonly (readonly [
  situation: string,
  change: Change,
  ...found: readonly `${KernelAuditCode} ${string}`[],
])[] = [
  // rows
  ['no configuration', { config: undefined }, 'config/missing kernel config'],
  ['tables of another version', { config: item({ tablesVersion: 99 }) }, 'config/version kernel config'],
  ['a row of no table', { 'stray.v1': '1' }, 'row/unknown kernel stray.v1'],
  ['a row that has a table in part only', { 'object.ko0': 'v1 1 1' }, 'row/unknown kernel object.ko0'],
  [
    'a record that is no JSON',
    { 'vat.v1': (text) => `${text}}` },
    'row/unreadable kernel vat.v1',
    'object/count kernel object.ko2',
    'vat/name kernel name.holder',
    'vat/number kernel vats',
  ],
  ['an object with half of a count', { 'object.ko8': 'v2 4' }, 'row/unreadable kernel object.ko8'],
  ['an object with a count that is none', { 'object.ko8': 'v2 four 4' }, 'row/unreadable kernel object.ko8'],
  [
    'a promise of a state that is none',
    { 'promise.kp5': 'kept kernel 1 0 ' },
    'row/unreadable kernel promise.kp5',
  ],
  [
    'an item of a kind that is none',
    { 'run.17': '{"kind":"dance"}', run: '15 18' },
    'row/unreadable kernel run.17',
  ],
  [
    'an item without its target',
    { 'run.17': '{"kind":"send"}', run: '15 18' },
    'row/unreadable kernel run.17',
  ],
  ['a mark of a c-list that is none', { 'c.v2.ko8': 'X o+1' }, 'row/unreadable kernel c.v2.ko8'],
  // vats
  ['a due snapshot of nobody', { 'due.v9': '' }, 'vat/missing kernel due.v9'],
  ['counters of nobody', { 'count.v9': '1 1 0 0' }, 'vat/missing kernel count.v9'],
  ['a name of nobody', { 'name.ghost': 'v9' }, 'vat/missing kernel name.ghost'],
  ['something to be told to nobody', { 'gc.v9.drop.ko8': '' }, 'vat/missing kernel gc.v9.drop.ko8'],
  [
    'a collection for nobody',
    { 'run.17': '{"kind":"collect","vat":"v9"}', run: '15 18' },
    'vat/missing kernel run.17',
  ],
  ['a second name of a vat', { 'name.other': 'v1' }, 'vat/name kernel name.other'],
  ['a vat without its name', { 'name.holder': undefined }, 'vat/name kernel vat.v1'],
  [
    'a root that is another object of the vat',
    { 'vat.v2': item({ root: 'ko8' }) },
    'vat/root kernel vat.v2',
    'object/count kernel object.ko4',
    'object/count kernel object.ko8',
  ],
  [
    'a vat that nobody will start',
    { 'run.16': undefined, run: '15 16', 'promise.kp16': (text) => text.replace('kernel 2', 'kernel 1') },
    'vat/status kernel vat.v4',
    'promise/decider kernel promise.kp16',
  ],
  [
    'a vat that was started and will be again',
    { 'vat.v4': item({ status: { kind: 'running' } }) },
    'vat/status kernel vat.v4',
  ],
  [
    'a running vat for which items wait',
    { 'vat.v3': item({ status: { kind: 'running' } }) },
    'vat/status kernel vat.v3',
  ],
  [
    'an import that would get a name twice',
    { 'count.v1': (text) => text.replace('3 ', '2 ') },
    'vat/counters kernel count.v1',
  ],
  [
    'a promise that would get a name twice',
    { 'count.v2': (text) => text.replace('1 6', '1 3') },
    'vat/counters kernel count.v2',
  ],
  ['a vat that lost its counters', { 'count.v3': undefined }, 'vat/counters kernel vat.v3'],
  [
    'a vat on a worker version that is none',
    { 'vat.v1': (text) => text.replace(worker, nothing) },
    'worker/missing kernel vat.v1',
  ],
  [
    'a default worker version that is none',
    { config: item({ worker: nothing }) },
    'worker/missing kernel config',
  ],
  [
    'a worker version under another id',
    { [`worker.${nothing}`]: state.get('kernel', `worker.${worker}`) },
    `worker/missing kernel worker.${nothing}`,
  ],
  [
    'a vat of a bundle that is none',
    { 'vat.v1': item({ bundle: noBundle }) },
    'bundle/missing kernel vat.v1',
  ],
  [
    'a worker version of a bundle that is of another kind',
    { [`worker.${worker}`]: (text) => text.replace(/"engine":"[^"]*"/, `"engine":"${bundleOf('vat.v1')}"`) },
    `bundle/missing kernel worker.${worker}`,
  ],
  [
    'a cap of a bundle that stands for nothing',
    { [`bundleCap.${bundleOf('vat.v1')}`]: 'ko999' },
    `bundle/cap kernel bundleCap.${bundleOf('vat.v1')}`,
  ],
  [
    'a name of a bundle that is not there',
    { 'bundleName.x': noBundle },
    'bundle/missing kernel bundleName.x',
  ],
  [
    'somebody who waits for a bundle and is not there',
    { [`bundleWait.${noBundle}.kp999`]: '' },
    'promise/missing kernel promise.kp999',
  ],
  ['a number of vats that is not right', { vats: '5' }, 'vat/number kernel vats'],
  [
    'a vat that a bounded vatAdmin does not count',
    { 'service.ko1': '{"kind":"vatAdmin","bound":{"maxVats":2,"vats":1}}' },
    'vat/number kernel service.ko1',
  ],
  ['more stored than is counted', { 'vat/v1 more': 'x' }, 'storage/count kernel stored.v1'],
  // c-lists
  [
    'a vref without its kref',
    { 'c.v2.ko8': undefined },
    'clist/one-way kernel c.v2.o+1',
    'object/owner kernel object.ko8',
  ],
  ['a kref without its vref', { 'c.v2.o+1': undefined }, 'clist/one-way kernel c.v2.ko8'],
  ['two vrefs for one object', { 'c.v2.o+7': 'ko8' }, 'clist/one-way kernel c.v2.o+7'],
  [
    'a vref that is none',
    { 'c.v2.ko8': 'R o+01', 'c.v2.o+1': undefined, 'c.v2.o+01': 'ko8' },
    'clist/name kernel c.v2.ko8',
  ],
  [
    'an object with the name of a promise',
    { 'c.v2.ko8': 'R p+1', 'c.v2.o+1': undefined, 'c.v2.p+1': 'ko8' },
    'clist/name kernel c.v2.ko8',
    'object/count kernel object.ko8',
    'object/owner kernel object.ko8',
  ],
  [
    'a promise that is marked as not reachable',
    { 'c.v1.kp10': '_ p+3' },
    'clist/name kernel c.v1.kp10',
    'promise/count kernel promise.kp10',
  ],
  // objects
  [
    'an object that is held and not there',
    { 'object.ko3': undefined, 'service.ko3': undefined },
    'object/missing kernel object.ko3',
    'service/missing kernel admin.v1',
  ],
  ['one reference too many', { 'object.ko8': 'v2 5 5' }, 'object/count kernel object.ko8'],
  ['one reference too few', { 'object.ko8': 'v2 3 4' }, 'object/count kernel object.ko8'],
  [
    'an import that nobody counted',
    { 'c.v1.ko6': 'R o-9', 'c.v1.o-9': 'ko6', 'count.v1': '10 4 3 4' },
    'object/count kernel object.ko6',
  ],
  [
    'an import that counts as recognised and is reached',
    { 'c.v1.ko8': '_ o-1' },
    'object/count kernel object.ko8',
  ],
  [
    'an object of another vat than its exporter',
    { 'object.ko8': 'v1 4 4' },
    'object/owner kernel c.v2.ko8',
    'object/owner kernel object.ko8',
  ],
  ['an orphan that is exported', { 'object.ko8': 'abandoned 4 4' }, 'object/owner kernel c.v2.ko8'],
  [
    'an object that nobody reaches, and its owner does not know',
    { 'object.ko10': 'v2 0 0', 'c.v2.ko10': 'R o+2', 'c.v2.o+2': 'ko10', 'next.object': '11' },
    'object/leaked kernel object.ko10',
  ],
  [
    'an object that nobody knows, and its owner does not know that',
    { 'object.ko10': 'v2 0 0', 'c.v2.ko10': '_ o+2', 'c.v2.o+2': 'ko10', 'next.object': '11' },
    'object/leaked kernel object.ko10',
  ],
  [
    'an orphan that nobody knows',
    { 'object.ko10': 'terminated 0 0', 'next.object': '11' },
    'object/leaked kernel object.ko10',
  ],
  [
    'an object of the kernel that does nothing',
    { 'service.ko3': undefined },
    'service/missing kernel object.ko3',
    'service/missing kernel admin.v1',
  ],
  [
    'a vatAdmin that is none',
    { vatAdmin: 'ko8' },
    'service/missing kernel vatAdmin',
    'object/count kernel object.ko1',
    'object/leaked kernel object.ko1',
    'object/count kernel object.ko8',
  ],
  [
    'a service of an object of a vat',
    { 'service.ko8': '{"kind":"vatAdmin"}' },
    'service/stray kernel service.ko8',
  ],
  ['a pin that nobody counted', { 'pin.ko8': '2' }, 'object/count kernel object.ko8'],
  ['a pin of nothing', { 'pin.ko8': '0' }, 'row/unreadable kernel pin.ko8'],
  ['counters that are none', { 'count.v1': '3 4 3 4 5' }, 'row/unreadable kernel count.v1'],
  // promises
  [
    'a promise that is held and not there',
    { 'promise.kp5': undefined, 'data.kp5': undefined },
    'promise/missing kernel promise.kp5',
  ],
  [
    'data of a promise that is not there',
    { 'data.kp99': '{"body":"#1","slots":[]}' },
    'promise/missing kernel data.kp99',
  ],
  [
    'a promise with one reference too many',
    { 'promise.kp5': 'fulfilled kernel 2 0 ' },
    'promise/count kernel promise.kp5',
  ],
  [
    'a promise that nobody holds',
    { [heldOf('kp5')]: undefined, 'promise.kp5': 'fulfilled kernel 0 0 ' },
    'promise/leaked kernel promise.kp5',
  ],
  [
    'a promise in the hands of nobody',
    { 'promise.kp10': (text) => text.replace('v2', 'kernel') },
    'promise/decider kernel promise.kp10',
  ],
  [
    'a promise in the hands of a vat that does not know it',
    { 'promise.kp10': (text) => text.replace('v2', 'v3') },
    'promise/decider kernel promise.kp10',
  ],
  [
    'a subscriber that does not know the promise',
    { 'promise.kp10': (text) => `${text},v3` },
    'promise/subscriber kernel promise.kp10',
  ],
  [
    'a subscriber of what is settled',
    { 'promise.kp12': (text) => `${text}v3` },
    'promise/subscriber kernel promise.kp12',
  ],
  [
    'a message that waits and is not counted',
    { 'wait.kp10.a0': JSON.stringify(message), 'promise.kp10': (text) => text.replace('v2 2', 'v2 3') },
    'promise/waiting kernel promise.kp10',
  ],
  [
    'a message that is counted and does not wait',
    { 'promise.kp10': (text) => text.replace('2 0', '2 1') },
    'promise/waiting kernel promise.kp10',
  ],
  ['a settled promise without its data', { 'data.kp5': undefined }, 'promise/data kernel promise.kp5'],
  [
    'an unresolved promise with data',
    { 'data.kp10': '{"body":"#1","slots":[]}' },
    'promise/data kernel promise.kp10',
  ],
  // queues and counters
  ['an item that is gone from the run-queue', { run: '15 18' }, 'queue/gap kernel run'],
  [
    'an item behind the end of the run-queue',
    { 'run.20': '{"kind":"collect","vat":"v1"}' },
    'queue/gap kernel run.20',
  ],
  [
    'an item before the head of the run-queue',
    { 'run.3': '{"kind":"collect","vat":"v1"}' },
    'queue/gap kernel run.3',
  ],
  [
    'a queued message that nobody counted',
    { 'run.17': send('ko8'), run: '15 18' },
    'object/count kernel object.ko8',
  ],
  [
    'a notification of what is not settled',
    {
      'run.17': '{"kind":"notify","vat":"v1","promise":"kp10"}',
      run: '15 18',
      'promise.kp10': (text) => text.replace('v2 2', 'v2 3'),
    },
    'queue/notify kernel run.17',
  ],
  [
    'an upgrade to a bundle that is none',
    {
      'run.17': JSON.stringify({
        kind: 'upgrade',
        vat: 'v1',
        bundle: noBundle,
        parameters: { body: '#1', slots: [] },
        upgradeMessage: '',
        result: 'kp17',
      }),
      run: '15 18',
      'next.promise': '18',
      'promise.kp17': 'unresolved kernel 1 0 ',
    },
    'bundle/missing kernel run.17',
  ],
  ['a parked item that is not counted', { 'waiting.v3': '1' }, 'parked/count kernel waiting.v3'],
  ['parked items of which none is counted', { 'waiting.v3': undefined }, 'parked/count kernel vat.v3'],
  ['an object whose name will be given again', { 'next.object': '9' }, 'counter/behind kernel next.object'],
  [
    'a promise whose name will be given again',
    { 'next.promise': '16' },
    'counter/behind kernel next.promise',
  ],
  ['a vat whose name will be given again', { 'next.vat': undefined }, 'counter/behind kernel next.vat'],
  [
    'a vat that has ended and is not cleaned up',
    {
      'vat.v1': (text) =>
        text.replace('"kind":"running"', '"kind":"terminated","end":"failed","message":"","since":1'),
    },
    'vat/ended kernel vat.v1',
    'vat/ended kernel vat.v1',
  ],
  [
    'parameters that hold an object that is not counted',
    { 'parameters.v1': '{"body":"#\\"$0\\"","slots":["ko999"]}' },
    'object/missing kernel object.ko999',
  ],
  [
    'parameters of a vat that there is not',
    { 'parameters.v99': '{"body":"#1","slots":[]}' },
    'vat/missing kernel parameters.v99',
  ],
  ['parameters that are garbage', { 'parameters.v1': '{"body":5}' }, 'row/unreadable kernel parameters.v1'],
  ['a vat that drains for nothing', { draining: '[{"vat":"v1","left":5}]' }, 'vat/status kernel draining'],
  ['a list of vats that drain with nobody in it', { draining: '[]' }, 'row/unreadable kernel draining'],
  ['an upgrade that is garbage', { 'drain.v1': '{"kind":"send"}' }, 'row/unreadable kernel drain.v1'],
  [
    'a history of nobody',
    {
      'history.v99.a1': JSON.stringify({
        incarnation: 0,
        mode: 'start',
        outcome: { kind: 'done' },
        bundle: noBundle,
        parameters: {},
        crank: 1,
        deliveries: 1,
      }),
    },
    'vat/missing kernel history.v99.a1',
  ],
  ['a history that is garbage', { 'history.v1.a1': '{}' }, 'row/unreadable kernel history.v1.a1'],
  ['the end of a vat, kept for nobody', { 'ended.v99': ended }, 'vat/ended kernel ended.v99'],
  [
    'the end of a vat that is forgotten twice',
    { 'ended.v99': ended, 'job.a8': forget, 'job.a9': forget, 'next.job': '10' },
    'vat/ended kernel ended.v99',
  ],
  [
    'a vat that is forgotten while it is there',
    { 'job.a9': forget.replace('v99', 'v1'), 'next.job': '10' },
    'vat/ended kernel job.a9',
    'vat/ended kernel job.a9',
  ],
  [
    'a vat that is forgotten, of which nothing is kept',
    { 'job.a9': forget, 'next.job': '10' },
    'vat/ended kernel job.a9',
  ],
  [
    'a job of an unknown kind',
    { 'job.a9': forget.replace('forget', 'remember'), 'next.job': '10' },
    'row/unreadable kernel job.a9',
  ],
  // ports and the timer
  [
    'an item of a port that is not there',
    { 'in.bank a1': '{"body":"#1","slots":[]}' },
    'port/missing kernel in.bank a1',
  ],
  [
    'a port that counts what does not wait',
    {
      'port.bank': JSON.stringify({
        object: 'ko1',
        handler: null,
        delivered: 1,
        waiting: 1,
        unsettled: 0,
        failed: 0,
        failures: 0,
        sent: 0,
        acknowledged: 0,
      }),
    },
    'port/count kernel port.bank',
    'object/count kernel object.ko1',
  ],
  ['an alarm for nobody', { 'alarm.a5.a1': '' }, 'wakeup/alarm kernel alarm.a5.a1'],
  ['a token that cancels nothing', { 'token.ko8.a1': '' }, 'wakeup/token kernel token.ko8.a1'],
  ['a number of vats that is another', { vats: '7' }, 'vat/number kernel vats'],
  // the vats' own spaces
  [
    'data that refers to what is not imported',
    { 'vat/v1 count.o-77': '1' },
    'vatstore/import vat/v1 count.o-77',
    'storage/count kernel stored.v1',
  ],
  [
    'data of an import whose entry is gone',
    { 'c.v1.ko8': undefined, 'c.v1.o-1': undefined, 'object.ko8': 'v2 3 3' },
    'vatstore/import vat/v1 count.o-1',
  ],
  [
    'a watch of a promise without a name',
    { 'vat/v1 watch.p-9': '[]' },
    'vatstore/watch vat/v1 watch.p-9',
    'storage/count kernel stored.v1',
  ],
]

for (const [situation, change, ...found] of cases) {
  // A1, A2, A3, A4, A5, A6, Ac1, Ac2.
  test(`found: ${situation}`, () => {
    const { deviations } = auditChanged(change)
    assert.deepEqual(
      deviations.map(({ code, where }) => `${code} ${where}`).sort(),
      [...found].sort(),
      JSON.stringify(deviations, null, 1),
    )
    for (const { message: said } of deviations) assert.ok(said.length > 20)
  })
}

test('every code has a case that finds it', () => {
  const met = new Set(cases.flatMap(([, , ...found]) => found.map((each) => each.split(' ')[0])))
  assert.deepEqual(Object.keys(kernelAuditCodes).filter((code) => !met.has(code)), [])
})

test('what a report does not name it counts', () => {
  const change = Object.fromEntries(
    Array.from({ length: deviationLimit + 5 }, (_, index) => [`stray.${index}`, '']),
  )
  const { deviations, found } = auditChanged(change)
  assert.equal(deviations.length, deviationLimit)
  assert.equal(found, deviationLimit + 5)
})

test('what is about to be told is no leak', () => {
  const change = { 'object.ko10': 'v2 0 0', 'c.v2.ko10': 'R o+2', 'c.v2.o+2': 'ko10', 'next.object': '11' }
  assert.deepEqual(auditChanged({ ...change, 'gc.v2.drop.ko10': '', 'gc.v2.retire.ko10': '' }).deviations, [])
  assert.deepEqual(
    auditChanged({
      ...change,
      'gc.v2.retire.ko10': '',
      'run.17': '{"kind":"release","vat":"v2","action":"drop","objects":["ko10"]}',
      run: '15 18',
    }).deviations,
    [],
  )
})
