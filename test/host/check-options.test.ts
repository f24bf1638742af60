/** What options mean to checks and signatures, and that one which there is not is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bundleVat,
  exportStore,
  importStore,
  openController,
  type UpgradeOptions,
} from '../../src/host/index.ts'
import { startTestKernel } from '../../src/testing/index.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import { answerOf, forTheFile, openWorld, puppet, show, temporaryDirectory } from '../kit/world.ts'

const kept = `
  me.kind = provide(baggage, 'kind', () => makeKindHandle('Thing'))
  me.make = defineDurableKind(me.kind, (n) => ({ n }), { get: ({ state }) => state.n })
  provide(baggage, 'thing', () => me.make(1n))
`
const world = await openWorld(forTheFile, { vats: { guest: puppet } })
const { controller } = world
const other = await world.installBundle(withSpace(await bundleFile(puppetFile)))

let vats = 0
let vat = ''
/** A vat with an estate, and with an answer of the guest on its way to it. */
async function prepare(): Promise<void> {
  if (vats > 0) await controller.terminateVat(vat, 'over')
  vats += 1
  vat = `vat${vats}`
  answerOf(await world.settle(await controller.createVat(vat, other, { parameters: { setup: kept } })))
  const asked = await controller.send(vat, 'run', ['return E(args[0]).echo()', await world.root('guest')])
  await controller.run({ cranks: 1 })
  await controller.forget(asked)
}

// Dru3.
test('a check drains the vat as the upgrade does, and undoes that too', async () => {
  const disconnected = async (options: UpgradeOptions): Promise<number | undefined> => {
    const check = await controller.checkUpgrade(vat, other, { parametersFrom: 'kept', ...options })
    return check.kind === 'accepted' ? check.result.disconnectedPromises : undefined
  }
  await prepare()
  const before = (await controller.storeStatus()).queued
  assert.deepEqual(
    [
      await disconnected({}),
      await disconnected({ drain: { maxCranks: 50 } }),
      await disconnected({ drain: { maxCranks: 1 } }),
    ],
    [1, 0, 1],
  )
  assert.deepEqual(
    [(await controller.storeStatus()).queued, (await controller.vat(vat)).status.kind],
    [before, 'running'],
  )
})

test('an heir that is started without the parameters that the vat had is refused with the reason and with how to keep them', async () => {
  await prepare()
  const check = await controller.checkUpgrade(vat, other, { parameters: undefined, mode: 'durable' })
  assert.match(
    show(check),
    /"kind":"refused".*The new code was started without parameters, and incarnation \d+ had some: give them, or keep those with parametersFrom 'kept'/,
  )
  assert.deepEqual(
    check.warnings.map(({ code }) => code),
    ['upgrade/parameters-dropped'],
  )
  for (const options of [
    { parametersFrom: 'kept' },
    { parameters: { setup: kept } },
    { mode: 'replay' },
  ] as const) {
    const meant = await controller.checkUpgrade(vat, other, options)
    assert.deepEqual(meant.warnings, [], show(options))
  }
})

const needySource = `
  import { Far } from '@endo/far'
  const { makeKindHandle, defineDurableKind } = globalThis.VatData
  export const buildRootObject = (_powers, { tag }, baggage) => {
    const name = 'kind ' + tag
    if (!baggage.has(name)) baggage.init(name, makeKindHandle(tag))
    defineDurableKind(baggage.get(name), () => ({}), {})
    return Far('root', {})
  }
`

test('the comparison and the signature of a bundle that needs parameters use those of the upgrade, or those that are kept', async () => {
  await prepare()
  const needy = await world.install({ source: needySource })
  const unknown = await controller.signature(needy)
  assert.ok(unknown.kind === 'unknown' && unknown.why.code === 'start/threw', show(unknown))
  for (const options of [{ parameters: { tag: 'Thing' } }, { parametersOf: 'needy' }]) {
    if ('parametersOf' in options)
      answerOf(
        await world.settle(await controller.createVat('needy', needy, { parameters: { tag: 'Thing' } })),
      )
    const signature = await controller.signature(needy, options)
    assert.deepEqual(
      signature.kind === 'known' && signature.kinds.map(({ tag }) => tag),
      ['Thing'],
      show(options),
    )
  }
  const compared = await controller.checkUpgrade(vat, needy, { parameters: { tag: 'Other' } })
  assert.deepEqual(
    compared.expected.kind === 'compared' && compared.expected.findings.map(({ code }) => code),
    ['start/kinds-missing'],
  )
  const same = await controller.checkUpgrade('needy', needy, { parametersFrom: 'kept' })
  assert.deepEqual([same.kind, same.expected], ['accepted', { kind: 'compared', findings: [] }])
  await assert.rejects(
    () => controller.signature(needy, { parameters: 5, parametersOf: 'needy' }),
    /pass only one/,
  )
})

/** Each call of the host API that has options, with one that it does not have. */
const odd = { no: 1 } as object
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  openController: () => openController({ directory: '/nowhere', make: 'never', ...odd }),
  createVat: () => controller.createVat('new', other, odd),
  upgradeVat: () => controller.upgradeVat(vat, other, odd),
  'upgradeVat, drain': () => controller.upgradeVat(vat, other, { drain: { maxCranks: 1, ...odd } }),
  checkUpgrade: () => controller.checkUpgrade(vat, other, odd),
  upgradeWarnings: () => controller.upgradeWarnings(vat, other, odd),
  salvage: () => controller.salvage(vat, other, odd),
  sweepVat: () => controller.sweepVat(vat, odd),
  prepareUpgrade: () => controller.prepareUpgrade(vat, other, odd),
  signature: () => controller.signature(other, odd),
  changeVatOptions: () => controller.changeVatOptions(vat, odd),
  send: () => controller.send(vat, 'echo', [], odd),
  run: () => controller.run(odd),
  audit: () => controller.audit(odd),
  setCollection: () => controller.setCollection(vat, odd),
  setTrace: () => controller.setTrace({ file: '/nowhere', ...odd }),
  'port.deliver': () => controller.port('p').deliver(1, odd),
  'port.receive': () => controller.port('p').receive(odd),
  'port.failures': () => controller.port('p').failures(odd),
  bundleVat: () => bundleVat(puppetFile, odd),
  exportStore: () => exportStore('/nowhere', '/nowhere', { mode: 'archival', ...odd }),
  prune: () => controller.prune(odd),
  setRetention: () => controller.setRetention(odd),
  startTestKernel: () => startTestKernel(odd),
  importStore: () => importStore('/nowhere', '/nowhere', odd),
}

for (const [name, call] of Object.entries(calls)) {
  // Oc1.
  test(`${name} refuses an option that it does not have`, async (t) => {
    temporaryDirectory(t)
    await assert.rejects(call, (error: { code: string; message: string }) => {
      assert.equal(error.code, 'api/bad-argument', `${error.code}: ${error.message}`)
      assert.match(error.message, /\bno\b/)
      return true
    })
  })
}

test('an option that is misspelt is refused with the one that was probably meant', async () => {
  await assert.rejects(
    () => controller.checkUpgrade(vat, other, { parameterFrom: 'kept' } as object),
    /there is no option parameterFrom; did you mean parametersFrom\?/,
  )
})

test('a check whose drain the kernel does not live to see is refused', async () => {
  await prepare()
  await controller.pauseKernel('night')
  await assert.rejects(
    () => controller.checkUpgrade(vat, other, { parametersFrom: 'kept', drain: { maxCranks: 50 } }),
    (error: { code: string; message: string; detail: object }) => {
      assert.deepEqual([error.code, error.detail], ['upgrade/check-failed', { cause: 'paused' }])
      assert.match(error.message, /pause before the vat has drained: night/)
      return true
    },
  )
  assert.equal((await controller.checkUpgrade(vat, other, { parametersFrom: 'kept' })).kind, 'accepted')
  await controller.resumeKernel()
  // The message that is under way ends the vat.
  await controller.sendOnly(vat, 'run', [
    'E(args[0]).echo().then(() => vatPowers.exitVat("bye")); return E(args[0]).echo()',
    await world.root('guest'),
  ])
  await controller.run({ cranks: 3 })
  const ended = controller.checkUpgrade(vat, other, { parametersFrom: 'kept', drain: { maxCranks: 50 } })
  await assert.rejects(
    ended,
    (error: { code: string; detail: object }) =>
      error.code === 'upgrade/check-failed' && 'cause' in error.detail && error.detail.cause === 'ended',
  )
  assert.equal((await controller.vat(vat)).status.kind, 'running')
})
