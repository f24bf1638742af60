/**
 * The wires between kernel, vats and host, as text: what is written here is what other nodes, other
 * releases and stored transcripts have. A change of a line is a change of the wire; the pages are
 * `docs/wires/delivery.md`, `docs/wires/syscall.md` and `docs/wires/inbox.md`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryKind } from '../../src/protocol/worker/delivery.ts'
import type { InboxItem } from '../../src/protocol/host/requests.ts'
import type { SyscallKind } from '../../src/protocol/worker/syscall.ts'
import { openStore } from '../../src/store/store.ts'
import { answerOf, forTheFile, openWorld, puppet, reasonOf, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, {
  vats: { alice: { setup: 'baggage.has("b")' }, bob: puppet, carol: puppet },
  config: { collectionInterval: 4 },
})
const bob = await world.root('bob')
const bundle = await world.install()
await world.run('alice', 'return E(args[0]).same(args[1])', bob, 'hello')
await world.run('alice', 'E.sendOnly(args[0]).put("thing", Far("thing", {}))', bob)
await world.run(
  'alice',
  'me.p = new Promise((_, no) => { me.no = no }); E.sendOnly(args[0]).put("p", { p: me.p })',
  bob,
)
await world.run('alice', 'me.no(Error("no"))')
await world.run(
  'alice',
  'baggage.init("b", 1n); baggage.get("b"); baggage.delete("b"); baggage.init("c", 2n); return [...baggage.keys()].length',
)
await world.run('alice', 'return [baggage.get("c"), ...baggage.keys()].length')
await world.run('bob', 'me.thing = undefined')
for (let times = 0; times < 5; times += 1) await world.ask('bob', 'echo')
await world.run(
  'carol',
  'return E(args[0]).getBundleCap(args[1]).then((cap) => [vatPowers.D(cap).getBundleID(), vatPowers.D(cap).getBundle()].length)',
  await world.controller.vatAdmin(),
  bundle,
)
const entries = [
  ...(await world.transcript('alice')),
  ...(await world.transcript('bob')),
  ...(await world.transcript('carol')),
]

/**
 * Of every kind of delivery what one looks like. `retireImports`, which only those who know an object as a
 * weak key get, is in the tests of collections.
 */
const deliveries: Readonly<Record<Exclude<DeliveryKind, 'retireImports'>, readonly string[]>> = {
  startVat: [
    `{"kind":"startVat","bundle":"${bundle}","parameters":{"body":"#{\\"setup\\":\\"baggage.has(\\\\\\"b\\\\\\")\\"}","slots":[]},"incarnation":0}`,
  ],
  message: [
    '{"kind":"message","target":"o+0","methargs":{"body":"#[\\"same\\",[\\"hello\\"]]","slots":[]},"result":"p-1"}',
    '{"kind":"message","target":"o+0","methargs":{"body":"#[\\"put\\",[\\"thing\\",\\"$0.Alleged: thing\\"]]","slots":["o-1"]},"result":null}',
    '{"kind":"message","target":"o+0","methargs":{"body":"#[\\"put\\",[\\"p\\",{\\"p\\":\\"&0\\"}]]","slots":["p-2"]},"result":null}',
  ],
  notify: [
    '{"kind":"notify","resolutions":[{"promise":"p+1","outcome":"fulfilled","data":{"body":"#\\"hello\\"","slots":[]}}]}',
    '{"kind":"notify","resolutions":[{"promise":"p-2","outcome":"rejected","data":{"body":"#{\\"#error\\":\\"no\\",\\"name\\":\\"Error\\"}","slots":[]}}]}',
  ],
  dropExports: ['{"kind":"dropExports","exports":["o+1"]}'],
  retireExports: ['{"kind":"retireExports","exports":["o+1"]}'],
  bringOutYourDead: ['{"kind":"bringOutYourDead"}'],
}

/**
 * Of every kind of syscall what one looks like, with the answers to questions. What this conversation does
 * not bring about is in the tests of its subject.
 */
const syscalls: Readonly<
  Record<
    Exclude<
      SyscallKind,
      | 'retireExports'
      | 'retirePromises'
      | 'abandonExports'
      | 'patched'
      | 'exit'
      | 'vatstoreGetSeveral'
      | 'vatstoreNextKey'
      | 'vatstoreSet'
      | 'vatstoreDelete'
    >,
    readonly string[]
  >
> = {
  send: [
    '{"kind":"send","target":"o-1","methargs":{"body":"#[\\"same\\",[\\"hello\\"]]","slots":[]},"result":"p+1"}',
    '{"kind":"send","target":"o-1","methargs":{"body":"#[\\"put\\",[\\"thing\\",\\"$0.Alleged: thing\\"]]","slots":["o+1"]},"result":null}',
  ],
  subscribe: ['{"kind":"subscribe","promise":"p-2"}'],
  resolve: [
    '{"kind":"resolve","resolutions":[{"promise":"p-1","outcome":"fulfilled","data":{"body":"#\\"hello\\"","slots":[]}}]}',
    '{"kind":"resolve","resolutions":[{"promise":"p+2","outcome":"rejected","data":{"body":"#{\\"#error\\":\\"no\\",\\"name\\":\\"Error\\"}","slots":[]}}]}',
  ],
  vatstoreGet: [
    '{"kind":"vatstoreGet","key":"entry.o+d2/1.sb","answer":null}',
    '{"kind":"vatstoreGet","key":"entry.o+d2/1.sc","answer":"#\\"+2\\""}',
  ],
  vatstoreRange: [
    '{"kind":"vatstoreRange","from":"kind.","to":"kind/","limit":8,"answer":"[]"}',
    '{"kind":"vatstoreRange","from":"entry.o+d2/1.a","to":"entry.o+d2/1.{","limit":8,"answer":"[\\"entry.o+d2/1.sc\\",\\"#\\\\\\"+2\\\\\\"\\"]"}',
  ],
  vatstoreWrite: [
    '{"kind":"vatstoreWrite","entries":["entry.o+d2/1.sb",null,"size.o+d2/1","1","entry.o+d2/1.sc","#\\"+2\\""]}',
  ],
  getBundle: [
    `{"kind":"getBundle","cap":"o-2","part":"id","answer":"${bundle}"}`,
    `{"kind":"getBundle","cap":"o-2","part":"text","answer":"${bundle}"}`,
  ],
  dropImports: ['{"kind":"dropImports","imports":["o-1"]}'],
  retireImports: ['{"kind":"retireImports","imports":["o-1"]}'],
}

function assertSeen(
  kind: string,
  expected: readonly string[],
  seen: readonly { readonly kind: string }[],
): void {
  const texts = new Set(seen.filter((one) => one.kind === kind).map((one) => JSON.stringify(one)))
  for (const text of expected)
    assert.ok(texts.has(text), `not seen: ${text}\nseen:\n${[...texts].join('\n')}`)
}

for (const [kind, expected] of Object.entries(deliveries)) {
  test(`a delivery of the kind ${kind}, as text`, () =>
    assertSeen(
      kind,
      expected,
      entries.map(({ delivery }) => delivery),
    ))
}

for (const [kind, expected] of Object.entries(syscalls)) {
  test(`a syscall of the kind ${kind}, as text`, () =>
    assertSeen(
      kind,
      expected,
      entries.flatMap((entry) => entry.syscalls),
    ))
}

test('no delivery and no syscall is of a kind that is in neither table', () => {
  assert.deepEqual(new Set(entries.map(({ delivery }) => delivery.kind)), new Set(Object.keys(deliveries)))
  assert.deepEqual(
    new Set(entries.flatMap((entry) => entry.syscalls).map(({ kind }) => kind)),
    new Set(Object.keys(syscalls)),
  )
})

test('the results of deliveries, as text', () => {
  assert.deepEqual(
    new Set(entries.map(({ result }) => JSON.stringify(result))),
    new Set(['{"kind":"started","root":"o+0","promises":"kept"}', '{"kind":"ok"}']),
  )
})

test('two promises that hold each other are settled by one syscall and told in one notification, as text', async () => {
  const start = [await world.transcript('alice'), await world.transcript('bob')].map(
    ({ length }) => length,
  ) as [number, number]
  await world.run(
    'alice',
    'let a, b; const p = new Promise((r) => { a = r }), q = new Promise((r) => { b = r }); a(harden({ q })); b(harden({ p })); E.sendOnly(args[0]).put("pq", harden({ p }))',
    bob,
  )
  const resolves = (await world.transcript('alice'))
    .slice(start[0])
    .flatMap((entry) => entry.syscalls)
    .filter(({ kind }) => kind === 'resolve')
    .map((one) => JSON.stringify(one))
  assert.deepEqual(resolves.slice(1), [
    '{"kind":"resolve","resolutions":[{"promise":"p+3","outcome":"fulfilled","data":{"body":"#{\\"q\\":\\"&0\\"}","slots":["p+4"]}}]}',
    '{"kind":"resolve","resolutions":[{"promise":"p+4","outcome":"fulfilled","data":{"body":"#{\\"p\\":\\"&0\\"}","slots":["p+5"]}},{"promise":"p+5","outcome":"fulfilled","data":{"body":"#{\\"q\\":\\"&0\\"}","slots":["p+4"]},"keep":true}]}',
  ])
  const notified = (await world.transcript('bob'))
    .slice(start[1])
    .map(({ delivery }) => delivery)
    .filter(({ kind }) => kind === 'notify')
  assert.equal(notified.length, 1)
  assert.match(
    JSON.stringify(notified),
    /^\[\{"kind":"notify","resolutions":\[\{"promise":"p-(\d+)".*"slots":\["p-(\d+)"\]\},"keep":true\},\{"promise":"p-\2".*"slots":\["p-(\d+)"\]\},"keep":true\},\{"promise":"p-\3".*"slots":\["p-\2"\]\},"keep":true\}\]\}\]$/,
  )
})

test('items that wait in the inbox, as text, are taken in their order', async (t) => {
  const host = await openWorld(t, { vats: { vat: puppet } })
  const held = await host.controller.send('vat', 'echo', [])
  await host.controller.run()
  const { root, worker } = await host.controller.vat('vat')
  const version = JSON.stringify(
    (await host.controller.storeStatus()).workers.find(({ id }) => id === worker),
  )
  const { engine } = await host.controller.worker(worker)
  await host.controller.commit()
  await host.controller.shutdown()

  /** Of every kind of item what one looks like. */
  const items: Readonly<Record<InboxItem['kind'], readonly string[]>> = {
    send: [
      `{"kind":"send","target":"${root}","methargs":{"body":"#[\\"same\\",[\\"+5\\"]]","slots":[]},"result":"keep"}`,
      `{"kind":"send","target":"${root}","methargs":{"body":"#[\\"put\\",[\\"n\\",\\"$0.Alleged: root\\"]]","slots":["${root}"]},"result":"ignore"}`,
    ],
    installWorker: [`{"kind":"installWorker","version":${version},"use":"default"}`],
    createVat: [
      `{"kind":"createVat","name":"second","bundle":"${bundle}","parameters":{"body":"#{\\"setup\\":\\"me.n = 1n\\"}","slots":[]},"options":{}}`,
      `{"kind":"createVat","name":"third","bundle":"${bundle}","parameters":{"body":"#\\"#undefined\\"","slots":[]},"options":{"computronsPerDelivery":"100","heapLimitBytes":67108864,"worker":"${worker}"}}`,
    ],
    upgradeVat: [
      `{"kind":"upgradeVat","vat":"v1","bundle":"${bundle}","parameters":{"body":"#\\"#undefined\\"","slots":[]},"upgradeMessage":"why"}`,
      `{"kind":"upgradeVat","vat":"v1","bundle":"${bundle}","parameters":{"body":"#\\"#undefined\\"","slots":[]},"upgradeMessage":"why","mode":"auto","parametersFrom":"kept","onFailure":"suspend","drain":{"maxCranks":10}}`,
      `{"kind":"upgradeVat","vat":"v1","bundle":"${bundle}","parameters":{"body":"#{\\"setup\\":\\"me.found = baggage.get('salvage')\\"}","slots":[]},"upgradeMessage":"why","salvage":{"bundle":"${bundle}","incarnation":1,"position":1,"data":{"body":"#[\\"+5\\",\\"$0\\"]","slots":["ko1"]}}}`,
    ],
    installBundle: [
      `{"kind":"installBundle","bundle":"${bundle}","format":"script","label":null}`,
      `{"kind":"installBundle","bundle":"${bundle}","format":"script","label":"a name"}`,
    ],
    suspendVat: ['{"kind":"suspendVat","vat":"v1","reason":"why"}'],
    resumeVat: ['{"kind":"resumeVat","vat":"v1"}'],
    changeVatOptions: [
      '{"kind":"changeVatOptions","vat":"v1","options":{"computronsPerDelivery":"100000000","heapLimitBytes":67108864,"onFault":"suspend","importance":"ordinary"}}',
    ],
    pauseKernel: ['{"kind":"pauseKernel","reason":"why"}'],
    resumeKernel: ['{"kind":"resumeKernel"}'],
    terminateVat: [
      '{"kind":"terminateVat","vat":"v99","reason":{"body":"#{\\"#error\\":\\"why\\",\\"name\\":\\"Error\\"}","slots":[]}}',
    ],
    forget: [`{"kind":"forget","sequence":${held.sequence}}`],
    collectAll: ['{"kind":"collectAll"}'],
    setCollection: [
      '{"kind":"setCollection","vat":"v1","collection":{"deliveries":"never","references":7,"computrons":"900"}}',
      '{"kind":"setCollection","vat":"v9","collection":{}}',
    ],
    pin: [
      `{"kind":"pin","object":"${root}"}`,
      `{"kind":"pin","object":"${root}"}`,
      '{"kind":"pin","object":"ko999"}',
    ],
    unpin: [`{"kind":"unpin","object":"${root}"}`, '{"kind":"unpin","object":"ko999"}'],
    bootstrap: [
      `{"kind":"bootstrap","target":"${root}","methargs":{"body":"#[\\"same\\",[\\"+6\\"]]","slots":[]}}`,
    ],
    openPort: ['{"kind":"openPort","name":"bank"}'],
    deliver: [
      `{"kind":"deliver","port":"bank","number":1,"item":{"body":"#\\"$0.Alleged: root\\"","slots":["${root}"]}}`,
      '{"kind":"deliver","port":"bank","number":2,"item":{"body":"#5","slots":["ko999"]}}',
    ],
    acknowledge: ['{"kind":"acknowledge","port":"bank","number":1}'],
    dismiss: ['{"kind":"dismiss","port":"bank","number":1}'],
    advanceTime: ['{"kind":"advanceTime","now":"1000"}'],
    provideService: ['{"kind":"provideService","service":"vatAdminRoot"}'],
    installWorkerPart: [`{"kind":"installWorkerPart","bundle":"${engine}","part":"engine","label":"an engine"}`],
    useWorker: [`{"kind":"useWorker","worker":"${worker}"}`],
    retireBundle: [`{"kind":"retireBundle","bundle":"${bundle}"}`],
    retireWorker: [`{"kind":"retireWorker","worker":"${worker}"}`],
    upgradeWorker: [
      `{"kind":"upgradeWorker","vat":"v1","worker":"${worker}","mode":"restart","onDivergence":"keep"}`,
    ],
    startRollout: [
      `{"kind":"startRollout","worker":"${worker}","vats":["v1"],"mode":"replay","onFailure":"stop","order":"suspend-first","perBlock":{"vats":2,"computrons":"1000000"}}`,
    ],
    controlRollout: ['{"kind":"controlRollout","action":"pause","reason":"why"}'],
    renewRollout: ['{"kind":"renewRollout"}'],
  }
  const store = openStore(host.directory, { verify: 'lazy' })
  const numbers = Object.values(items).flat().map((item) => store.inbox.append(item))
  store.sealCrank()
  store.commit()
  store.close()

  await host.restart()
  await host.controller.sendOnly('vat', 'echo')
  await host.controller.run()
  const [
    same,
    ignored,
    installed,
    second,
    third,
    upgraded,
    again,
    bequeathed,
    bundled,
    named,
    suspended,
    resumed,
    changed,
    paused,
    unpaused,
    terminated,
    forgotten,
  ] = numbers.map((sequence) => ({ sequence }))
  const [bootstrapped] = numbers
    .slice(Object.values(items).flat().indexOf(items.bootstrap[0]!))
    .map((sequence) => ({ sequence }))
  assert.equal(answerOf(await host.controller.status(same!)), 5n)
  assert.deepEqual(host.controller.bootstrapResult, undefined, 'it was taken after the store was opened')
  assert.equal(answerOf(await host.controller.status(bootstrapped!)), 6n)
  assert.equal(await host.controller.currentTime(), 1000n)
  const { delivered, waiting, failed } = await host.controller.port('bank').status()
  assert.deepEqual([delivered, waiting, failed], [2, 1, 1])
  for (const none of [ignored!, installed!, bundled!, named!, paused!, unpaused!, forgotten!, held])
    await assert.rejects(host.controller.status(none), { code: 'result/unknown' })
  assert.equal(await host.run('second', 'return me.n'), 1n)
  assert.deepEqual(
    (await host.controller.pins()).map(({ object, pins }) => [object.kref, pins]),
    [[root, 1]],
  )
  assert.deepEqual(answerOf(await host.controller.status(suspended!)), {
    outcome: 'suspended',
    cause: 'requested',
    message: 'why',
    since: 18,
  })
  assert.deepEqual(answerOf(await host.controller.status(resumed!)), { outcome: 'resumed', released: 0 })
  assert.equal(answerOf(await host.controller.status(changed!)), undefined)
  assert.deepEqual(answerOf(await host.controller.status(terminated!)), { outcome: 'was-terminated' })
  assert.equal((await host.controller.vat('v1')).onFault, 'suspend')
  assert.deepEqual((answerOf(await host.controller.status(again!)) as { mode: string }).mode, 'replay')
  assert.equal(
    (answerOf(await host.controller.status(bequeathed!)) as { incarnationNumber: number }).incarnationNumber,
    2,
  )
  assert.equal(await host.run('vat', 'return me.found[0]'), 5n)
  answerOf(await host.controller.status(second!))
  rejectionOf(await host.controller.status(third!), 'start-refused')
  assert.ok(reasonOf(await host.controller.status(third!)))
  assert.deepEqual(
    (answerOf(await host.controller.status(upgraded!)) as { incarnationNumber: number }).incarnationNumber,
    1,
  )
})
