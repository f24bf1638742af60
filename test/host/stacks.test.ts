/** Stacks that a host sees name the sources of the author; what the kernel keeps does not depend on it. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  bundleSalvage,
  bundleVat,
  CodedError,
  openController,
  type BundledVat,
  type Controller,
} from '../../src/host/index.ts'
import { plant } from '../kit/trees.ts'
import {
  forTheFile,
  openWorld,
  readTrace,
  rejectionOf,
  temporaryDirectory,
  type World,
} from '../kit/world.ts'

/** Beside links to this project, so that the sources find `heirloom/vat`. */
const folder = plant({
  'package.json': '{ "name": "app", "type": "module" }',
  'node_modules/heirloom': { link: join(import.meta.dirname, '../..') },
  'table.ts': `interface Row { readonly key: string }\nconst lookUp = (key: string): Row => {\n  if (key === 'b') throw RangeError(\`no \${key}\`)\n  return { key }\n}\nexport const table = (names: string[]): Row[] => names.map(lookUp)\n`,
  'good.ts': `import { Far } from 'heirloom/vat'
import { table } from './table.ts'
const explain = (error: unknown) => { console.error(error) }
export const buildRootObject = (powers: unknown, parameters: any) => {
  if (parameters?.fail) table(['a', 'b'])
  return Far('root', {
    fail: () => { try { table(['b']) } catch (error) { explain(error) } },
    own: () => { try { new Compartment().evaluate('(function ofItsOwn() { null.x })')() } catch (error) { explain(error) } },
  })
}`,
  'evaluated.ts': `import { table } from './table.ts'\n/* a comment\n   of two lines */ export const rows = table(['a', /* and one */ 'b'])\nexport const buildRootObject = () => rows\n`,
  'process.ts': `import { mode } from 'checks'\nexport const buildRootObject = () => mode\n`,
  'node_modules/checks/index.js': `'use strict'\n\nif (process.env.HOME) exports.mode = 1\n`,
  'late.ts': `import { table } from './table.ts'\nexport const buildRootObject = async () => {\n  await null\n  return table(['b'])\n}\n`,
  'salvage.ts': `import { table } from './table.ts'\nexport const salvage = () => table(['b'])\n`,
})
const bundle = (name: string): Promise<BundledVat> => bundleVat(join(folder, name))
const world: World = await openWorld(forTheFile, {
  open: { trace: { file: join(temporaryDirectory(forTheFile), 'trace.jsonl') } },
})

async function stackOfStart(on: Controller, name: string): Promise<string> {
  const { id } = await on.installBundle(await bundle(`${name}.ts`))
  const request = await on.createVat(name, id)
  await on.run()
  return rejectionOf(await on.status(request), 'start-refused').reason?.stack ?? ''
}

// Sk2, Cs1.
test('an error while the bundle is evaluated has the frames of the author', async () => {
  const stack = await stackOfStart(world.controller, 'evaluated')
  assert.match(
    stack,
    /^\n {2}at lookUp \(table\.ts:3:26\)\n {2}at table \(table\.ts:6:56\)\n {2}at evaluated\.ts:3:40\n/,
  )
})

test('a package that reads process is named with its file and line, and what to do', async () => {
  const [, hint, frame] = (await stackOfStart(world.controller, 'process')).split('\n')
  assert.match(hint ?? '', /^ {2}hint: process is a global of Node and is undefined in a vat\. /)
  assert.match(frame ?? '', /^ {2}at (?:\S+ \()?node_modules\/checks\/index\.js:3:\d+\)?$/)
})

test('an error in buildRootObject, after it has waited', async () => {
  assert.match(
    await stackOfStart(world.controller, 'late'),
    /^\n {2}at lookUp \(table\.ts:3:26\)\n {2}at table \(table\.ts:6:\d+\)\n {2}at buildRootObject \(late\.ts:4:10\)/,
  )
})

// Sk1.
test('the map is in the store: the stack is the same after the store was opened again', async () => {
  const { id } = await world.controller.installBundle(await bundle('evaluated.ts'))
  await world.reopen()
  const request = await world.controller.createVat('again', id)
  await world.controller.run()
  assert.match(
    rejectionOf(await world.controller.status(request), 'start-refused').reason?.stack ?? '',
    /table\.ts:3:26/,
  )
})

test('the check of an upgrade, its refusal, a signature and a salvage', async () => {
  const [{ id: good }, { id: evaluated }] = [
    await world.controller.installBundle(await bundle('good.ts')),
    await world.controller.installBundle(await bundle('evaluated.ts')),
  ]
  await world.settle(await world.controller.createVat('shop', good))
  const check = await world.controller.checkUpgrade('shop', good, { parameters: { fail: true } })
  assert.match(
    check.kind === 'refused' ? check.reason.stack : '',
    /at lookUp \(table\.ts:3:26\)[^]*good\.ts:5:\d+/,
  )
  const upgraded = await world.settle(await world.controller.upgradeVat('shop', evaluated))
  assert.match(rejectionOf(upgraded, 'upgrade-refused').reason?.stack ?? '', /table\.ts:3:26/)
  const signature = await world.controller.signature(evaluated)
  assert.match(signature.kind === 'unknown' ? signature.why.stack : '', /table\.ts:3:26/)
  const { id: looking } = await world.controller.installBundle(
    await bundleSalvage(join(folder, 'salvage.ts')),
  )
  const failed: unknown = await world.controller.salvage('shop', looking).catch((error: unknown) => error)
  assert.ok(failed instanceof CodedError)
  assert.match(
    String(failed.detail['stack']),
    /^\n {2}at lookUp \(table\.ts:3:26\)[^]*at salvage \(salvage\.ts:2:30\)/,
  )
})

test('what a vat writes to its console, in the trace', async () => {
  await world.ask('shop', 'fail')
  await world.controller.commit()
  const trace = world.controller.storeStatus().then(({ trace }) => (trace.kind === 'on' ? trace.file : ''))
  const lines = readTrace(await trace, 'console').map(({ line }) => (line as { text: string }).text)
  assert.match(lines.at(-1) ?? '', /^RangeError: no b\n {2}at lookUp \(table\.ts:3:26\)[^]*good\.ts:7:\d+/)
})

test('code that the vat evaluates by itself gets no place of the bundle', async () => {
  await world.ask('shop', 'own')
  await world.controller.commit()
  const status = await world.controller.storeStatus()
  const lines = readTrace(status.trace.kind === 'on' ? status.trace.file : '', 'console').map(
    ({ line }) => (line as { text: string }).text,
  )
  assert.match(lines.at(-1) ?? '', /at ofItsOwn \(b1-[0-9a-f]{12}:1:\d+\)/)
})

test('a configuration whose vat does not start', async () => {
  const directory = join(temporaryDirectory(forTheFile), 'store')
  const failed: unknown = await openController({
    directory,
    make: 'always',
    config: { vats: { late: { sourceSpec: join(folder, 'late.ts') } } },
  }).catch((error: unknown) => error)
  assert.ok(failed instanceof CodedError, String(failed))
  assert.match(String(failed.detail['stack']), /at buildRootObject \(late\.ts:4:10\)/)
})

// Sk3.
test('without its map a bundle has frames of its own, and the same state', async () => {
  const bundled = await bundle('late.ts')
  const hashes = []
  for (const map of [bundled.map, '', '{}', 'not JSON']) {
    const other = await openWorld(forTheFile)
    const { id } = await other.controller.installBundle({ ...bundled, map })
    const status = await other.settle(await other.controller.createVat('late', id))
    const stack = rejectionOf(status, 'start-refused').reason?.stack ?? ''
    if (map === bundled.map) assert.match(stack, /late\.ts:4:10/)
    else assert.match(stack, new RegExp(`at buildRootObject \\(${id.slice(0, 15)}:\\d+:\\d+\\)`))
    hashes.push(await other.activityHash())
  }
  assert.equal(new Set(hashes).size, 1)
  rmSync(folder, { recursive: true })
})
