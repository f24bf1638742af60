/**
 * A vat that runs contracts from bundles in compartments of its own, with `@endo/import-bundle` as published.
 */
import '@endo/init'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { makeArchive } from '@endo/compartment-mapper/archive.js'
import type { Remote } from '../../src/host/index.ts'
import { bundleFile } from '../kit/bundles.ts'
import { answerOf, openWorld, type VatRecipe } from '../kit/world.ts'
import { fixture } from './support.ts'

const host: VatRecipe = { file: fixture('host') }
const { source } = await bundleFile(fixture('contract'))

/** The same contract in the formats that need no archive. */
const formats: Readonly<Record<string, object>> = {
  endoScript: { moduleFormat: 'endoScript', source },
  getExport: {
    moduleFormat: 'getExport',
    source: `() => (${source
      .trim()
      .replace(/^"use strict";/, '')
      .replace(/;\s*$/, '')})`,
    sourceMap: '',
  },
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
  for (const [code, expected] of Object.entries(reach))
    assert.equal(await world.ask(contract, 'reach', code), expected, code)
})

/**
 * SES rejects what looks like an import at run time, in comments too; `@endo/bundle-source` writes comments
 * otherwise, and so does this.
 */
async function readEvaded(location: string): Promise<Uint8Array> {
  const text = await readFile(new URL(location), 'utf8')
  return new TextEncoder().encode(text.replace(/\bimport\((?=['"])/g, 'IMPORT('))
}

test('a contract of several modules and packages, as an archive, is installed, runs, and outlives an upgrade', async (t) => {
  const entry = pathToFileURL(join(import.meta.dirname, 'fixtures', 'auction', 'contract.js')).href
  const archive = await makeArchive(readEvaded, entry, {})
  const bundle = { moduleFormat: 'endoZipBase64', endoZipBase64: Buffer.from(archive).toString('base64') }
  const world = await openWorld(t, { vats: { host } })
  const auction = (await world.ask('host', 'start', 'auction', bundle, { price: 10n })) as Remote
  assert.equal(await world.ask(auction, 'bid'), 15n)
  answerOf(await world.upgrade('host', host))
  const heir = (await world.ask('host', 'facet', 'auction')) as Remote
  assert.equal(await world.ask(heir, 'bid'), 20n)
  assert.equal(await world.ask(heir, 'sharesPassStyle'), true)
})
