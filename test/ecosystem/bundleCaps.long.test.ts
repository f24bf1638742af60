/**
 * Contracts that are installed in the store and reach their host as bundle caps, imported by
 * `@endo/import-bundle` as published.
 */
import '@endo/init'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { makeArchive } from '@endo/compartment-mapper/archive.js'
import type { EndoBundle, Remote } from '../../src/host/index.ts'
import { bundleFile } from '../kit/bundles.ts'
import { answerOf, openWorld, type VatRecipe } from '../kit/world.ts'
import { fixture } from './support.ts'

const host: VatRecipe = { file: fixture('capHost') }

/** As `contracts.long.test.ts` has it; the step of the auction is what differs between its versions. */
async function auction(step: string): Promise<EndoBundle> {
  const read = async (location: string): Promise<Uint8Array> => {
    const text = (await readFile(new URL(location), 'utf8')).replace('5n', step)
    return new TextEncoder().encode(text.replace(/\bimport\((?=['"])/g, 'IMPORT('))
  }
  const entry = pathToFileURL(join(import.meta.dirname, 'fixtures', 'auction', 'contract.js')).href
  return {
    moduleFormat: 'endoZipBase64',
    endoZipBase64: Buffer.from(await makeArchive(read, entry, {})).toString('base64'),
  }
}

test('a contract is loaded by its bundle cap, its host is upgraded, and the next version of it is loaded', async (t) => {
  const world = await openWorld(t, { vats: { host } })
  const admin = await world.controller.vatAdmin()
  const [{ id: first }, { id: second }] = [
    await world.controller.installBundle(await auction('5n'), 'auction'),
    await world.controller.installBundle(await auction('7n')),
  ]
  assert.notEqual(first, second)

  const running = (await world.ask(
    'host',
    'start',
    'auction',
    await world.ask(admin, 'getNamedBundleCap', 'auction'),
    { price: 10n },
  )) as Remote
  assert.equal(await world.ask(running, 'bid'), 15n)
  await world.reopen()
  assert.equal(
    await world.ask(running, 'bid'),
    20n,
    'the worker comes back from its transcript, which has the id alone',
  )

  answerOf(await world.upgrade('host', host))
  assert.equal(await world.ask('host', 'runs', 'auction'), first)
  const heir = (await world.ask('host', 'facet', 'auction')) as Remote
  assert.equal(await world.ask(heir, 'bid'), 25n)
  const next = (await world.ask(
    'host',
    'replace',
    'auction',
    await world.ask(admin, 'getBundleCap', second),
  )) as Remote
  assert.equal(await world.ask(next, 'bid'), 32n)
  assert.equal(await world.ask(next, 'sharesPassStyle'), true)

  answerOf(await world.upgrade('host', host))
  await world.reopen()
  assert.equal(await world.ask('host', 'runs', 'auction'), second)
  assert.equal(await world.ask((await world.ask('host', 'facet', 'auction')) as Remote, 'bid'), 39n)
})

test('the bundle of a vat is loaded by its cap, in the format that needs no archive', async (t) => {
  const world = await openWorld(t, { vats: { host } })
  await world.controller.installBundle(await bundleFile(fixture('contract')), 'opera')
  const cap = await world.ask(await world.controller.vatAdmin(), 'getNamedBundleCap', 'opera')
  const opera = (await world.ask('host', 'start', 'opera', cap, { price: 10n })) as Remote
  const seat = (await world.ask(opera, 'seat')) as Remote
  assert.equal(await world.ask(seat, 'pay', 4n), '6 to go')
  answerOf(await world.upgrade('host', host))
  assert.equal(await world.ask(seat, 'pay', 6n), 'yours')
})
