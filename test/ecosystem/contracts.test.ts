/** A vat that runs contracts from bundles in compartments of its own, with `@endo/import-bundle` as published. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/controller/index.ts'
import { bundleFile } from '../kit/bundles.ts'
import { answerOf, openWorld } from '../kit/world.ts'
import type { VatRecipe } from '../kit/world.ts'
import { fixture } from './support.ts'

const host: VatRecipe = { file: fixture('host') }
const { source } = await bundleFile(fixture('contract'))

/** The same contract in the formats that need no archive. */
const formats: Readonly<Record<string, object>> = {
  endoScript: { moduleFormat: 'endoScript', source },
  getExport: { moduleFormat: 'getExport', source: `() => (${source.trim().replace(/^"use strict";/, '').replace(/;\s*$/, '')})`, sourceMap: '' },
}

for (const [format, bundle] of Object.entries(formats)) {
  test(`a contract in the format ${format} is installed, runs, and outlives an upgrade of its host`, async (t) => {
    const world = await openWorld(t, { vats: { host } })
    const contract = (await world.ask('host', 'start', 'opera', bundle, { price: 10n })) as Remote
    const seat = (await world.ask(contract, 'seat')) as Remote
    assert.equal(await world.ask(seat, 'pay', 4n), '6 to go')
    answerOf(await world.upgrade('host', host))
    assert.equal(await world.ask(seat, 'pay', 6n), 'yours')
    const heir = (await world.ask('host', 'facet', 'opera')) as Remote
    assert.equal(await world.ask((await world.ask(heir, 'seat')) as Remote, 'pay', 1n), '9 to go')
    assert.equal(await world.ask(heir, 'sharesPassStyle'), true)
    await world.refusal(contract, 'seat')
  })
}

/** What a contract reaches for → what it gets. */
const reach: Readonly<Record<string, string>> = {
  'typeof WeakRef': 'undefined',
  'typeof hostSyscall + typeof hostEntries': 'undefinedundefined',
  'globalThis.mine = 1': 'throws TypeError',
  'Date.now()': 'throws TypeError',
  'new Compartment().globalThis.WeakMap === WeakMap': 'true',
  'Object.prototype.mine = 1': 'throws TypeError',
}
test('a contract reaches no more than its host', async (t) => {
  const world = await openWorld(t, { vats: { host } })
  const contract = (await world.ask('host', 'start', 'opera', formats['endoScript'], { price: 1n })) as Remote
  for (const [code, expected] of Object.entries(reach)) assert.equal(await world.ask(contract, 'reach', code), expected, code)
})
