/** Retiring bundles of vats: what still needs one, what it can no longer do, and where its bytes go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openController, type BundledVat, type EndoBundle, type Remote, type Status } from '../../src/host/index.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { sameKernel } from '../kit/kernelVariants.ts'
import { bundleFile, bundleSource, puppetFile, withSpace } from '../kit/bundles.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  rejectionOf,
  temporaryDirectory,
  type World,
} from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet }, config: { snapshotInterval: 5 } })
const vatAdmin = await world.controller.vatAdmin()

let next = 1
/** Code that no other test has. */
const newCode = (): Promise<BundledVat> =>
  bundleSource(`export const buildRootObject = () => Far('root', { number: () => ${next++} })`)

async function retire(name: string, on: World = world): Promise<Status> {
  const asked = await on.controller.retireBundle(name)
  await on.controller.run()
  const status = await on.controller.status(asked)
  await on.controller.forget(asked)
  return status
}
const refusal = async (name: string): Promise<string> =>
  rejectionOf(await retire(name), 'bundle-in-use').message
const retired = async (name: string, on: World = world): Promise<unknown> => answerOf(await retire(name, on))

const endo: EndoBundle = {
  moduleFormat: 'getExport',
  source: 'function getExport() { return { buildRootObject: () => 1 } }',
  sourceMap: '//# sourceMappingURL=none',
}

test('a bundle that no vat needs is retired: neither its id nor its labels stand for it (Br1)', async () => {
  const { id } = await world.controller.installBundle(await newCode(), 'label')
  await world.controller.installBundle(await newCode(), 'other')
  assert.deepEqual(await retired('label'), { bundle: id })
  await assert.rejects(world.controller.bundleNamed('label'), { code: 'bundle/unknown' })
  await assert.rejects(world.controller.bundleNamed(id), { code: 'bundle/unknown' })
  await assert.rejects(world.controller.createVat('late', id), { code: 'bundle/unknown' })
  await assert.rejects(world.controller.upgradeVat('friend', 'label'), { code: 'bundle/unknown' })
  const refused = async (method: string, name: string): Promise<string> =>
    rejectionOf(await world.outcome(vatAdmin, method, name), 'service-refused').message
  assert.match(await refused('createVat', id), /bundle/)
  assert.match(await refused('getBundleCap', id), /not yet installed/)
  assert.match(await refused('getNamedBundleCap', 'label'), /unknown bundle name/)
  assert.equal(typeof (await world.controller.bundleNamed('other')), 'string', 'the other label stays')
})

test('names that are similar to that of a retired bundle are not suggested', async () => {
  await world.controller.installBundle(await newCode(), 'spelling')
  await assert.rejects(world.controller.bundleNamed('speling'), /did you mean/i)
  await retired('spelling')
  await assert.rejects(world.controller.bundleNamed('speling'), ({ message }: Error) => !/did you mean/i.test(message))
})

test('a bundle is retired once; what was never installed, or is no code for vats, is refused', async () => {
  const { id } = await world.controller.installBundle(await newCode(), 'once')
  await retired(id)
  const { worker } = await world.controller.vat('friend')
  const { engine } = await world.controller.worker(worker)
  for (const name of [id, 'once', 'never', `b1-${'0'.repeat(64)}`, '\u0000'])
    await assert.rejects(world.controller.retireBundle(name), { code: 'bundle/unknown' }, name)
  await assert.rejects(world.controller.retireBundle(engine), { code: 'bundle/wrong-kind' })
  for (const name of [undefined, null, 7, {}, ''])
    await assert.rejects(world.controller.retireBundle(name as never), { code: 'api/bad-argument' })
})

test('a bundle that was retired is installed again, under the label that it gets then', async () => {
  const code = await newCode()
  const { id } = await world.controller.installBundle(code, 'first')
  await world.controller.commit()
  await retired('first')
  await world.reopen()
  assert.equal((await world.controller.installBundle(code)).id, id)
  await assert.rejects(world.controller.bundleNamed('first'), { code: 'bundle/unknown' })
  await world.controller.installBundle(code, 'second')
  assert.equal(await world.controller.bundleNamed('second'), id)
  assert.equal((await world.controller.vat('friend')).status.kind, 'running')
  await world.settle(await world.controller.createVat('again', 'second'))
  assert.equal(typeof (await world.ask('again', 'number')), 'number')
})

test('vats that run a bundle are named, until they are upgraded or have ended', async () => {
  const [one, two] = [await newCode(), await newCode()]
  const { id } = await world.controller.installBundle(one, 'running')
  await world.controller.installBundle(two, 'next')
  for (const name of ['left', 'right']) answerOf(await world.settle(await world.controller.createVat(name, id)))
  assert.match(await refusal(id), /is needed: left, right run it$/)
  await world.settle(await world.controller.upgradeVat('left', 'next'))
  assert.match(await refusal('running'), /is needed: right runs it$/)
  await world.settle(await world.controller.suspendVat('right', 'why'))
  assert.match(await refusal('running'), /right runs it/)
  await world.settle(await world.controller.terminateVat('right', 'why'))
  assert.deepEqual(await retired('running'), { bundle: id })
})

test('a vat that has not started yet runs its bundle, and an upgrade that waits leads to it', async () => {
  const { id } = await world.controller.installBundle(await newCode(), 'early')
  const created = await world.controller.createVat('soon', 'early')
  const refused = await world.controller.retireBundle('early')
  assert.match(rejectionOf(await world.take(refused), 'bundle-in-use').message, /soon runs it/)
  answerOf(await world.settle(created))
  const { id: late } = await world.controller.installBundle(await newCode(), 'late')
  const upgraded = await world.controller.upgradeVat('soon', 'late')
  const early = await world.controller.retireBundle('late')
  assert.match(rejectionOf(await world.take(early), 'bundle-in-use').message, /shall be upgraded to it/)
  answerOf(await world.settle(upgraded))
  assert.match(await refusal(late), /soon runs it$/)
  assert.deepEqual(await retired(id), { bundle: id })
})

test('an upgrade for which a vat drains leads to its bundle', async () => {
  await world.create('drainer')
  const { id } = await world.controller.installBundle(await newCode(), 'after draining')
  const pending = `me.kept = E(args[0]).run('return new Promise(() => {})'); return 1`
  await world.run('drainer', pending, await world.controller.root('friend'))
  const upgraded = await world.controller.upgradeVat('drainer', id, { drain: { maxCranks: 50 } })
  await world.controller.send('drainer', 'run', ['return 1'])
  await world.controller.send('friend', 'run', ['return 1'])
  await world.controller.run({ cranks: 1 })
  const refused = await world.controller.retireBundle(id)
  assert.match(rejectionOf(await world.take(refused), 'bundle-in-use').message, /shall be upgraded to it/)
  await world.settle(upgraded)
})

test('who has the bundle cap is named: vats, the host, and messages under way', async () => {
  const { id } = await world.controller.installBundle(await newCode(), 'capped')
  const asked = await world.controller.send(vatAdmin, 'getBundleCap', [id])
  const cap = answerOf(await world.settle(asked)) as Remote
  assert.match(await refusal(id), /is needed: a message, an answer or a parameter has its bundle cap$/)
  await world.controller.pin(cap)
  await world.forgetAll()
  assert.match(await refusal(id), /is needed: the host has pinned its bundle cap$/)
  await world.run('friend', 'me.cap = args[0]', cap)
  await world.controller.unpin(cap)
  await world.forgetAll()
  assert.match(await refusal(id), /is needed: friend has its bundle cap$/)
  await world.run('friend', 'me.cap = undefined')
  await world.controller.collectAll()
  await world.controller.run()
  assert.deepEqual(await retired(id), { bundle: id })
})

test('who waits for the cap of a retired bundle gets it when it is installed again', async () => {
  const code = await newCode()
  const { id } = await world.controller.installBundle(code)
  await retired(id)
  const waits = await world.controller.send(vatAdmin, 'waitForBundleCap', [id])
  await world.controller.run()
  assert.equal((await world.controller.status(waits)).kind, 'pending')
  await world.controller.installBundle(code)
  assert.equal((await world.settle(waits)).kind, 'fulfilled')
})

test('a bundle of bundle-source is retired with the script that was made of it', async () => {
  const { id } = await world.controller.installBundle(endo, 'archive')
  await world.controller.commit()
  await world.controller.prune({ bundles: true })
  await retired('archive')
  await world.controller.commit()
  assert.equal((await world.controller.prune({ bundles: true })).bundles, 2)
  assert.equal((await world.controller.installBundle(endo, 'archive')).id, id)
  assert.equal((await world.outcome(vatAdmin, 'createVat', id)).kind, 'rejected')
})

// Rtc1.
test('bytes stay until the retirement is committed, and until nothing waits to be installed', async () => {
  const code = await newCode()
  const { id } = await world.controller.installBundle(code)
  await world.controller.commit()
  await world.controller.prune({ bundles: true })
  await retired(id)
  assert.equal((await world.controller.prune({ bundles: true })).bundles, 0)
  await world.restart()
  assert.equal(await world.controller.bundleNamed(id), id, 'the retirement was lost with its block')
  await retired(id)
  await world.controller.commit()
  await world.controller.installBundle(code)
  assert.equal((await world.controller.prune({ bundles: true })).bundles, 0)
  await world.controller.commit()
  assert.equal((await world.controller.prune({ bundles: true })).bundles, 0)
  assert.equal(await world.controller.bundleNamed(id), id)
  await retired(id)
  await world.controller.commit()
  assert.equal((await world.controller.prune({ bundles: true, dryRun: true })).bundles, 1)
  const { bundles, bundleBytes } = await world.controller.prune({ bundles: true })
  assert.deepEqual([bundles, bundleBytes], [1, code.bytes.byteLength])
  await assert.rejects(world.controller.retireBundle(id), { code: 'bundle/unknown' })
  assert.equal((await world.controller.installBundle(code)).id, id)
})

// Rtc2.
test('bytes stay while a transcript that is kept names the bundle, of a vat that ran or read it', async (t) => {
  const own = await openWorld(t, { vats: { reader: puppet }, config: { snapshotInterval: 3 } })
  const admin = await own.controller.vatAdmin()
  const [run, read] = [await newCode(), await newCode()]
  const { id: runId } = await own.controller.installBundle(run)
  const { id: readId } = await own.controller.installBundle(read)
  answerOf(await own.settle(await own.controller.createVat('short', runId)))
  answerOf(await own.upgrade('short'))
  const reads = 'const cap = await E(args[0]).getBundleCap(args[1]); return typeof vatPowers.D(cap).getBundle()'
  assert.equal(await own.run('reader', reads, admin, readId), 'object')
  await own.forgetAll()
  await own.controller.collectAll()
  await own.controller.run()
  await retired(runId, own)
  await retired(readId, own)
  await own.controller.commit()
  const kept = await own.controller.prune({ bundles: true })
  assert.deepEqual([kept.bundles, kept.bundlesKept], [0, 2])
  assert.equal((await own.controller.prune({ bundles: true, dryRun: true })).bundlesKept, 2)
  await own.reopen()
  for (let n = 0; n < 8; n += 1) await own.run('reader', 'return 1')
  await own.controller.commit()
  await own.controller.prune({ transcripts: 'restart' })
  const freed = await own.controller.prune({ bundles: true })
  assert.ok(freed.bundles >= 1, 'the reader is restored without what it had read')
  await own.restart()
  assert.equal(await own.run('reader', 'return 1'), 1)
})

test('a retirement holds under the same kernel put in place anew, and in a store that is opened again', async () => {
  const { id } = await world.controller.installBundle(await newCode(), 'gone for good')
  await retired(id)
  const kernel = await world.controller.installKernel(await sameKernel())
  await world.controller.upgradeKernel(kernel.id)
  await assert.rejects(world.controller.bundleNamed('gone for good'), { code: 'bundle/unknown' })
  await world.reopen()
  await assert.rejects(world.controller.retireBundle(id), { code: 'bundle/unknown' })
  await world.audit()
})

test('two vats of one bundle under two labels: both labels go with it', async () => {
  const code = await newCode()
  const { id } = await world.controller.installBundle(code, 'one name')
  await world.controller.installBundle(code, 'another')
  await retired('another')
  for (const label of ['one name', 'another'])
    await assert.rejects(world.controller.bundleNamed(label), { code: 'bundle/unknown' })
  assert.ok(id.startsWith('b1-'))
})

test('a label that has moved on is not that of the retired bundle', async () => {
  const [old, young] = [await newCode(), withSpace(await bundleFile(puppetFile))]
  const { id } = await world.controller.installBundle(old, 'moving')
  const { id: later } = await world.controller.installBundle(young, 'moving')
  await retired(id)
  assert.equal(await world.controller.bundleNamed('moving'), later)
})

// Br2.
test('a store whose kernel kept no list of bundles does not retire any', async (t) => {
  const directory = temporaryDirectory(t)
  unpackStore('0.1.0', directory)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  const { id } = await controller.installBundle(await newCode(), 'old')
  await controller.commit()
  await assert.rejects(controller.retireBundle('old'), { code: 'kernel/too-old' })
  const { id: kernel } = await controller.installKernel(await sameKernel())
  await controller.upgradeKernel(kernel)
  await controller.commit()
  const status = await controller.status(await controller.retireBundle('old'))
  assert.match(rejectionOf(status, 'service-refused').message, /kept no list of its bundles/)
  assert.equal(await controller.bundleNamed('old'), id)
  assert.equal((await controller.prune({ bundles: true })).bundlesKept, 0)
})
