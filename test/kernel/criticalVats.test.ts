/** Who may make a vat whose fault stops the kernel, and what vats that are made by vats are called. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { deviationsIn } from '../kit/audit.ts'
import { bundleFile, bundleSource, puppetFile } from '../kit/bundles.ts'
import { answerOf, forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { boss: puppet } })
const bundle = await world.install()
const vatAdmin = await world.controller.vatAdmin()
const key = await world.controller.criticalVatKey()
const boss = (code: string): Promise<unknown> =>
  world.run('boss', `const [vatAdmin, bundle, key] = args; ${code}`, vatAdmin, bundle, key)
/** Makes a vat, and says what it is and what the host knows of it. */
async function made(
  options: string,
): Promise<{
  readonly name: string
  readonly label: string
  readonly importance: string
  readonly vat: string
}> {
  await boss(`me.kit = await E(vatAdmin).createVat(bundle, ${options})`)
  const view = (await world.controller.vats()).at(-1)
  assert.ok(view !== undefined)
  return view
}

// Vr1.
test('the first vat gets the key; those to whom it gives its vatAdminService do not', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const source = `
    const outcome = (asked) => asked.then(() => 'kept', ({ message }) => message)
    export const buildRootObject = () => Far('root', {
      bootstrap: async (vats, devices) => {
        const service = await E(vats.vatAdmin).createVatAdminService(devices.vatAdmin)
        const key = await E(vats.vatAdmin).getCriticalVatKey()
        const others = await Promise.all([service, devices.vatAdmin, vats.timer].map((other) => outcome(E(other).getCriticalVatKey())))
        const { root } = await E(service).createVatByName('code', { name: 'vital', critical: key })
        const forged = await outcome(E(service).createVatByName('code', { name: 'forged', critical: Far('criticalVatKey', {}) }))
        return harden([others, key === await E(vats.vatAdmin).getCriticalVatKey(), await E(root).add(1n, 1n), forged])
      },
    })`
  const config = {
    bootstrap: 'boot',
    bundles: { code: { bundle: await bundleFile(puppetFile) } },
    vats: { boot: { bundle: await bundleSource(source) } },
  }
  const controller = await openController({ directory, config })
  try {
    await controller.run()
    const [others, same, sum, forged] = answerOf(await controller.status(controller.bootstrapResult!)) as [
      string[],
      boolean,
      bigint,
      string,
    ]
    assert.equal(others.length, 3)
    for (const message of others) assert.match(message, /no method "getCriticalVatKey"/)
    assert.deepEqual([same, sum], [true, 2n])
    assert.match(forged, /invalid criticalVatKey/)
    assert.deepEqual(
      (await controller.vats()).map(({ name, importance }) => [name, importance]),
      [
        ['boot', 'ordinary'],
        ['vital', 'critical'],
      ],
    )
    await controller.commit()
  } finally {
    await controller.shutdown()
  }
  assert.deepEqual(await deviationsIn(directory), [])
})

/** Options with which no critical vat is made, and why not. */
for (const [name, options, message] of [
  ['true', '{ critical: true }', /invalid criticalVatKey/],
  ['a text', '{ critical: "key" }', /invalid criticalVatKey/],
  ['another object', '{ critical: vatAdmin }', /invalid criticalVatKey/],
  ['an importance', '{ importance: "critical" }', /a vat becomes critical by the option critical/],
  ['the key and an importance', '{ critical: key, importance: "ordinary" }', /the same option/],
] as const) {
  test(`who can make vats makes no critical one with ${name}`, async () => {
    const before = (await world.controller.vats()).length
    const reason = (await boss(
      `return E(vatAdmin).createVat(bundle, ${options}).catch((reason) => reason)`,
    )) as { message: string }
    assert.match(reason.message, message)
    assert.equal((await world.controller.vats()).length, before)
  })
}

test('a vat is made critical with the key, made ordinary without it, and critical again with it', async () => {
  const { name, importance } = await made('{ name: "vital", critical: key }')
  const seen = [importance]
  for (const options of ['{ critical: false }', '{ critical: key }']) {
    await boss(`await E(me.kit.adminNode).changeOptions(${options})`)
    seen.push((await world.controller.vat(name)).importance)
  }
  await boss('await E(me.kit.adminNode).changeOptions({ importance: "ordinary" })')
  assert.deepEqual(
    [...seen, (await world.controller.vat(name)).importance],
    ['critical', 'ordinary', 'critical', 'ordinary'],
  )
})

test('a bounded vatAdmin makes critical vats for those who have the key, and for nobody else', async () => {
  const code = (
    critical: string,
  ): string => `const { vatAdmin: bounded } = await E(vatAdmin).createBoundedVatAdmin(1)
    return E(bounded).createVat(bundle, { critical: ${critical} }).then(() => 'made', ({ message }) => message)`
  assert.match(String(await boss(code('true'))), /invalid criticalVatKey/)
  assert.equal(await boss(code('key')), 'made')
  await world.controller.changeVatOptions((await world.controller.vats()).at(-1)!.name, {
    importance: 'ordinary',
  })
})

test('the key is held and nothing else', async () => {
  assert.match(
    ((await boss('return E(key).use().catch((reason) => reason)')) as { message: string }).message,
    /criticalVatKey has no method "use"/,
  )
})

test('several vats of one name: the host knows the first by the name and the others by their ids, and all by what they are called', async () => {
  const views = [await made('{ name: "zcf" }'), await made('{ name: "zcf" }'), await made('{ name: "zcf" }')]
  assert.deepEqual(
    views.map(({ name, vat }) => (name === vat ? 'its id' : name)),
    ['zcf', 'its id', 'its id'],
  )
  assert.deepEqual(
    views.map(({ label }) => label),
    ['zcf', 'zcf', 'zcf'],
  )
  await world.reopen()
  for (const { name, vat, label } of views) {
    const view = await world.controller.vat(name)
    assert.deepEqual([view.vat, view.label], [vat, label])
    assert.equal(await world.ask(name, 'add', 1n, 1n), 2n)
  }
  await world.controller.terminateVat('zcf', 'enough')
  await world.controller.run()
  assert.equal((await made('{ name: "zcf" }')).name, 'zcf', 'the name of a vat that is gone is free')
})

/** What a vat may be called, and by what the host knows it then. */
for (const [what, label, own] of [
  ['199 characters', 'x'.repeat(199), true],
  ['a digit first', '1.contract', false],
  ['a dash first', '-v', false],
  ['the id of a vat to come', 'v1000', false],
  ['the name of a vat of the host', 'boss', false],
] as const) {
  test(`a vat is called by a name with ${what}`, async () => {
    const view = await made(`{ name: ${JSON.stringify(label)} }`)
    assert.deepEqual([view.name === label, view.name === view.vat, view.label], [own, !own, label])
    assert.equal(await world.ask(view.name, 'add', 1n, 1n), 2n)
  })
}

test('the host makes critical vats without a key, and vats with names of 199 characters', async () => {
  const name = `h${'x'.repeat(198)}`
  await world.create(name, { importance: 'critical' })
  assert.deepEqual(
    [(await world.controller.vat(name)).importance, (await world.controller.vat(name)).label],
    ['critical', name],
  )
  await assert.rejects(world.controller.createVat(`${name}x`, bundle), { code: 'vat/name-invalid' })
  await assert.rejects(world.controller.createVat('boss', bundle), { code: 'vat/name-taken' })
})
