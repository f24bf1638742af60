/** Rehearsals of plans on copies of a store, and their certificates. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  certificateOf,
  certifyAgain,
  isRehearsed,
  readCertificate,
  rehearsalPage,
  rehearse,
} from '../../src/rehearsal/index.ts'
import { canonical } from '../../src/host/plans/certificate.ts'
import { forkStore } from '../../src/host/index.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { kernelThatMiscounts, sameKernel } from '../kit/kernelVariants.ts'
import { openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const counter = (number: number): { readonly source: string } => ({
  source: `
export const buildRootObject = () => Far('root', { version: () => ${number}, fail: () => { throw Error('<b>no</b>') } })
`,
})

const shop = (version: 1 | 2): string => `
import { defineKind } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const migrate = { 1: (state) => { if (state.place === 2n) throw Error('sold out'); return state } }
  const makeItem = defineKind(baggage, 'Item', (place) => ({ place }), { place: ({ state }) => state.place },
    ${version === 1 ? '{}' : '{ stateVersion: 2, migrate }'})
  const kept = []
  return Far('shop', { stock: (count) => { for (let at = 0n; at < count; at += 1n) kept.push(makeItem(at)) } })
}`

interface Ready {
  readonly world: World
  readonly plan: object
}

async function ready(t: TestContext, ...more: readonly object[]): Promise<Ready> {
  const world = await openWorld(t, { vats: { one: counter(1), two: counter(1) } })
  const kernel = await world.controller.installKernel(await sameKernel())
  const next = await world.install(counter(2))
  await world.controller.commit()
  const steps = [
    { kind: 'kernel', name: 'kernel', bundle: kernel.id },
    { kind: 'together', name: 'both', upgrades: [{ vat: 'one', bundle: next }, { vat: 'two', bundle: next }] },
    { kind: 'probe', name: 'asked', to: 'one', method: 'version', answer: 2 },
    ...more,
  ]
  return { world, plan: { id: 'upgrade', onFailure: 'continue', steps } }
}

// Reh1, Reh2, Reh3.
test('a rehearsal predicts each row of the real report, and writes nothing', async (t) => {
  const { world, plan } = await ready(t)
  const before = await world.controller.storeStatus()
  const report = await rehearse({ directory: world.directory, plan, interrupt: true, kills: 1 })
  assert.deepEqual(report.findings, [])
  assert.deepEqual(report.kills, { atBoundaries: 2, within: 1, seed: 1 })
  assert.deepEqual(report.again.map(({ outcome }) => outcome), ['skipped', 'skipped', 'done'])
  const after = await world.controller.storeStatus()
  for (const part of ['height', 'activityHash', 'kernel'] as const) assert.equal(after[part], before[part])
  assert.equal(await world.controller.plan(), undefined)
  const real = await world.controller.runPlan(plan)
  assert.deepEqual(real.reports, report.run?.reports)
  assert.equal((await world.controller.storeStatus()).activityHash, report.end)
  assert.ok(report.growth > 0, 'the file of the copy has grown')
  assert.deepEqual(report.costs.map(({ steps }) => steps), [['kernel', 'both'], ['asked']])
})

test('what speaks against a plan is found: failed steps, conditions, an audit', async (t) => {
  const { world, plan } = await ready(t, { kind: 'probe', name: 'fails', to: 'two', method: 'fail' })
  const failed = await rehearse({ directory: world.directory, plan })
  assert.deepEqual(failed.findings.map(({ code, subject }) => [code, subject]), [['step-failed', 'fails']])
  assert.match(rehearsalPage(failed), /&lt;b&gt;no&lt;\/b&gt;/)
  assert.doesNotMatch(rehearsalPage(failed), /<b>no/)
  assert.throws(() => certificateOf(failed), { code: 'plan/not-rehearsed' })
  const refused = await rehearse({
    directory: world.directory,
    plan: { ...plan, expects: { vats: [{ vat: 'one', incarnation: 5 }] } },
  })
  assert.deepEqual(refused.findings.map(({ code }) => code), ['conditions'])
  assert.equal(refused.run, null)
  const faulty = await world.controller.installKernel(await kernelThatMiscounts())
  await world.controller.commit()
  const taken = await rehearse({
    directory: world.directory,
    plan: { id: 'x', onFailure: 'continue', steps: [{ kind: 'kernel', name: 'k', bundle: faulty.id }] },
  })
  assert.match(taken.findings[0]?.message ?? '', /kernel\/upgrade-failed/)
})

// Reh4.
test('records that the new code cannot read speak against a plan', async (t) => {
  const world = await openWorld(t, { vats: { shop: { source: shop(1) }, other: counter(1) } })
  await world.ask('shop', 'stock', 5n)
  const next = await world.install({ source: shop(2) })
  await world.controller.commit()
  const plan = { id: 'shop', steps: [{ kind: 'vat', name: 'shop', vat: 'shop', bundle: next }] }
  const report = await rehearse({ directory: world.directory, plan })
  assert.equal(report.run?.state, 'done')
  const [swept] = report.sweeps
  assert.deepEqual([swept?.name, swept?.records, swept?.migrated, swept?.failed], ['shop', 6, 4, 1])
  assert.deepEqual(report.findings.map(({ code, subject }) => [code, subject]), [['record-unreadable', 'shop']])
  assert.match(report.findings[0]?.message ?? '', /^Item: 1 of 5 cannot be read; o\+d10\/3: migration-failed: .*sold out/)
  assert.match(rehearsalPage(report), /sold out/)
})

// Cert1, Cert2.
test('a certificate is the same from every copy of the block, and names what differs', async (t) => {
  const { world, plan } = await ready(t)
  const copy = `${temporaryDirectory(t)}/copy`
  forkStore(world.directory, copy)
  const certificate = certificateOf(await rehearse({ directory: world.directory, plan }))
  const text = JSON.stringify(certificate)
  assert.deepEqual(readCertificate(text), certificate)
  assert.deepEqual(certificateOf(await rehearse({ directory: copy, plan })), certificate)
  assert.equal((await certifyAgain(certificate, { directory: copy })).outcome, 'same')
  const { hash: _hash, ...content } = certificate
  const changed = { ...content, steps: content.steps.map((step) => ({ ...step, cranks: step.cranks + 1 })) }
  const forged = { ...changed, hash: sha256(canonical(changed)) }
  const again = await certifyAgain(readCertificate(JSON.stringify(forged)), { directory: copy })
  assert.equal(again.difference?.subject, 'kernel')
  assert.equal(content.cranks.length, 8 * content.steps.reduce((sum, { cranks }) => sum + cranks, 0))
  const lastCrank = { ...content, cranks: `${content.cranks.slice(0, -8)}00000000` }
  const altered = { ...lastCrank, hash: sha256(canonical(lastCrank)) }
  const differing = await certifyAgain(altered, { directory: copy })
  assert.deepEqual(differing.difference, {
    subject: 'crank 1 of the step asked',
    certified: '00000000',
    found: content.cranks.slice(-8),
  })
  assert.throws(() => readCertificate(text.replace('"upgrade"', '"other"')), { code: 'plan/bad-certificate' })
  assert.throws(() => readCertificate('{}'), { code: 'plan/bad-certificate' })
  await world.ask('one', 'version')
  await world.controller.commit()
  await assert.rejects(certifyAgain(certificate, { directory: world.directory }), { code: 'plan/other-start' })
  assert.ok(isRehearsed(await rehearse({ directory: world.directory, plan })), 'the plan itself can still run')
})
