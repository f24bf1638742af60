/** The kernel's own objects: vats that make and upgrade vats, and what they are refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { withSpace, bundleFile, puppetFile } from '../kit/bundles.ts'
import { malloryStore } from '../kit/mallory.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, { from: directory, vats: { boss: puppet, mallory: { worker } } })
const vatAdmin = await world.controller.vatAdmin()
const bundle = await world.install()
const other = await world.installBundle(withSpace(await bundleFile(puppetFile)))
const run = (code: string, ...args: unknown[]): Promise<unknown> =>
  world.run('boss', `const [vatAdmin, bundle, ...more] = args; ${code}`, vatAdmin, bundle, ...args)

test('a vat makes a vat, and talks to it at once', async () => {
  const code =
    'me.kit = await E(vatAdmin).createVat(bundle, { name: "child", parameters: { setup: "me.n = 5n" } }); return E(me.kit.root).run("return me.n")'
  assert.equal(await run(code), 5n)
  assert.equal((await world.controller.vat('child')).status.kind, 'running')
})

test('the admin node tells how the vat stands', async () => {
  const status = (await run('return E(me.kit.adminNode).status()')) as Record<string, unknown>
  const { storage } = await world.controller.vat('child')
  assert.deepEqual(status, {
    name: 'child',
    bundle,
    incarnation: 0,
    status: { kind: 'running' },
    parked: 0,
    storage,
  })
})

test('a vat upgrades a vat through its admin node', async () => {
  const result = await run(
    'return E(me.kit.adminNode).upgrade(more[0], { parameters: { setup: "me.n = 6n" }, upgradeMessage: "by the boss" })',
    other,
  )
  assert.deepEqual(result, { incarnationNumber: 1 })
  assert.equal(await run('return E(me.kit.root).run("return me.n")'), 6n)
})

test('an upgrade that fails rejects the vat that asked for it', async () => {
  const reason = (await run(
    'return E(me.kit.adminNode).upgrade(bundle, { parameters: { setup: "throw Error(\\"not me\\")" } }).catch((reason) => reason)',
  )) as Record<string, unknown>
  assert.equal(reason['code'], 'upgrade-refused')
  assert.equal(await run('return E(me.kit.root).run("return me.n")'), 6n)
})

test('a vat that has its own admin node upgrades itself', async () => {
  await run(
    'E(me.kit.root).run("E(args[0]).upgrade(args[1], { parameters: { setup: \\"me.n = 7n\\" } })", me.kit.adminNode, more[0])',
    bundle,
  )
  assert.equal(await run('return E(me.kit.root).run("return me.n")'), 7n)
})

test('a service that is only sent to does its work too', async () => {
  await run('E.sendOnly(vatAdmin).createVat(bundle, { name: "unasked" })')
  assert.equal((await world.controller.vat('unasked')).status.kind, 'running')
})

test('a vat that is made as a parameter of another is held by it', async () => {
  const code =
    'const { root } = await E(vatAdmin).createVat(bundle, { name: "second", parameters: { setup: "", boss: more[0] } }); return E(root).add(1n, 1n)'
  assert.equal(await run(code, await world.root('boss')), 2n)
})

test('a vat that is never to be reaped is asked neither after deliveries nor after references', async () => {
  await run('await E(vatAdmin).createVat(bundle, { name: "hoarder", neverReap: true })')
  const { vat } = await world.controller.vat('hoarder')
  const { collection } = JSON.parse((await world.rows('kernel')).get(`vat.${vat}`) ?? '{}') as {
    collection?: unknown
  }
  assert.deepEqual(collection, { deliveries: 'never', references: 'never' })
})

/** Messages to services that are refused, and what the reason says. */
const refusals: Readonly<Record<string, readonly [call: string, message: RegExp]>> = {
  'an unknown method': ['E(vatAdmin).destroy()', /vatAdmin has no method "destroy"/],
  'a method by a symbol': ['E(vatAdmin)[Symbol.iterator]()', /vatAdmin has no method Symbol/],
  'a method of the admin node': ['E(vatAdmin).upgrade(bundle)', /vatAdmin has no method "upgrade"/],
  'a method of vatAdmin': [
    'E(me.kit.adminNode).createVat(bundle, { name: "x" })',
    /adminNode has no method "createVat"/,
  ],
  'a call of the service itself': ['HandledPromise.applyFunction(vatAdmin, [])', /no method undefined/],
  'a record as the method': [
    'HandledPromise.applyMethod(vatAdmin, harden({ toString: () => "destroy" }), [])',
    /no method "destroy"/,
  ],
  'an object as the method': [
    'HandledPromise.applyMethod(vatAdmin, vatAdmin, [])',
    /no method "\[object Alleged: vatAdmin\]"/,
  ],
  'a method that objects have by birth': ['E(vatAdmin).constructor()', /no method "constructor"/],
  'no bundle': ['E(vatAdmin).createVat()', /neither a bundle cap nor the id of a vat bundle/],
  'a bigint as a bundle': [
    'E(vatAdmin).createVat(5n, { name: "x" })',
    /neither a bundle cap nor the id of a vat bundle/,
  ],
  'a list of bigints as a bundle': [
    'E(vatAdmin).createVat([5n], { name: "x" })',
    /neither a bundle cap nor the id of a vat bundle/,
  ],
  'a promise as a bundle': [
    'E(vatAdmin).createVat(Promise.resolve(bundle), { name: "x" })',
    /neither a bundle cap nor the id of a vat bundle/,
  ],
  'an unknown bundle': [
    'E(vatAdmin).createVat(`b1-${"0".repeat(64)}`, { name: "x" })',
    /^unknown bundleID b1-0+: no such bundle is installed/,
  ],
  'a bundle by its label': [
    'E(vatAdmin).createVat("puppet", { name: "x" })',
    /neither a bundle cap nor the id of a vat bundle/,
  ],
  'an option that there is not': [
    'E(vatAdmin).createVat(bundle, { colour: "red" })',
    /^CreateVatOptions: unknown options "colour": createVat has no such option/,
  ],
  'a list for options': ['E(vatAdmin).createVat(bundle, [])', /options of createVat/],
  'null for options': ['E(vatAdmin).createVat(bundle, null)', /options of createVat/],
  'a name that is none': ['E(vatAdmin).createVat(bundle, { name: "1 2" })', /option name/],
  'a name too long': ['E(vatAdmin).createVat(bundle, { name: "x".repeat(200) })', /1 to 199 letters/],
  'a name that is an object': ['E(vatAdmin).createVat(bundle, { name: vatAdmin })', /option name/],
  'an upgrade to nothing': [
    'E(me.kit.adminNode).upgrade()',
    /neither a bundle cap nor the id of a vat bundle/,
  ],
  'an upgrade to a bigint': [
    'E(me.kit.adminNode).upgrade(7n)',
    /neither a bundle cap nor the id of a vat bundle/,
  ],
  'an upgrade with a list for options': ['E(me.kit.adminNode).upgrade(bundle, [])', /options of upgrade/],
  'an upgrade with a message too long': [
    'E(me.kit.adminNode).upgrade(bundle, { upgradeMessage: "x".repeat(10_001) })',
    /upgradeMessage is a well-formed text of at most 10000 characters/,
  ],
  'an upgrade with half a character for a message': [
    'E(me.kit.adminNode).upgrade(bundle, { upgradeMessage: "\\ud800" })',
    /upgradeMessage/,
  ],
  'an upgrade with a number for a message': [
    'E(me.kit.adminNode).upgrade(bundle, { upgradeMessage: 5 })',
    /upgradeMessage/,
  ],
}

for (const [name, [call, message]] of Object.entries(refusals)) {
  test(`${name} is refused`, async () => {
    const before = (await world.controller.vats()).length
    const reason = (await run(`return ${call}.then(() => 'taken', (reason) => reason)`)) as {
      code: string
      message: string
    }
    assert.equal(reason.code, 'service-refused')
    assert.match(reason.message, message)
    assert.equal((await world.controller.vats()).length, before)
  })
}

/** Bodies that no honest vat sends. */
for (const body of [
  '',
  '#',
  '#5',
  '#{}',
  '#null',
  '#[]',
  '#["createVat"]',
  '#["createVat",5]',
  '#["createVat",null]',
  '#["createVat",[],1]',
  '["createVat",[]]',
  '#["createVat",["$0"]]',
  '#["createVat",["#what"]]',
  '#["createVat",[{"#tag":5}]]',
]) {
  test(`a service refuses a message with the body ${body}`, async () => {
    const send = `[{"kind":"send","target":"o-1","methargs":{"body":${JSON.stringify(body)},"slots":[]},"result":"p+1"}]`
    await world.ask(
      'mallory',
      'finish',
      `[${send.slice(1, -1)},{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":{"body":"#1","slots":[]}}]}]`,
      vatAdmin,
    )
    const [notified] = (await world.transcript('mallory')).slice(-1)
    assert.equal(notified?.delivery.kind, 'notify')
    assert.match(JSON.stringify(notified?.delivery), /service-refused/)
    assert.equal((await world.controller.storeStatus()).state.kind, 'ready')
  })
}

test('a vat that does not start rejects whoever asked for it, and its name is free again', async () => {
  const code =
    'return E(vatAdmin).createVat(bundle, { name: "stillborn", parameters: { setup: "throw Error(\\"no\\")" } }).catch((reason) => reason)'
  const reason = (await run(
    `${code.replace('return E', 'const reason = await E')}; return harden([reason.code, reason.message, reason.cause.code, reason.cause.message])`,
  )) as string[]
  assert.deepEqual([reason[0], reason[2], reason[3]], ['start-refused', 'start/threw', 'Error: no'])
  assert.match(String(reason[1]), /^Vat Creation Error: Error: no \(vat v\d+ did not start\)$/)
  const again = (await run('return E(vatAdmin).createVat(bundle, { name: "stillborn" })')) as { root: Remote }
  assert.equal(await world.ask(again.root, 'add', 1n, 1n), 2n)
})
