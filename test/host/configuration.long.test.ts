/** Stores made from a configuration: what they begin with, and what is refused. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CodedError,
  loadConfig,
  openController,
  type Controller,
  type Remote,
  type StoreConfig,
} from '../../src/host/index.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { deviationsIn } from '../kit/audit.ts'
import { bundleSource, puppetFile } from '../kit/bundles.ts'
import { readRows } from '../kit/rows.ts'
import { answerOf, forTheFile, reasonOf, temporaryDirectory } from '../kit/world.ts'

const example = join(import.meta.dirname, '..', '..', 'examples', 'bootstrap', 'config.json')
const root = temporaryDirectory(forTheFile)
let stores = 0
const newStore = (): string => join(root, `store-${(stores += 1)}`)

const opened: Controller[] = []
after(async () => {
  for (const controller of opened) await controller.shutdown()
})

async function make(
  config: StoreConfig,
  directory = newStore(),
): Promise<{ controller: Controller; directory: string }> {
  const controller = await openController({ directory, config })
  opened.push(controller)
  return { controller, directory }
}

/** Ends it at a block, audited. */
async function end({ controller, directory }: { controller: Controller; directory: string }): Promise<void> {
  await controller.commit()
  await controller.shutdown()
  assert.deepEqual(await deviationsIn(directory), [])
}

const ask = async (
  controller: Controller,
  vat: string | Remote,
  method: string,
  ...args: unknown[]
): Promise<unknown> => {
  const result = await controller.send(vat, method, args)
  await controller.run()
  const status = await controller.status(result)
  await controller.forget(result)
  return answerOf(status)
}

test('the example: vats that meet at the beginning, a port, and a report every minute', async () => {
  const made = await make(loadConfig(example))
  const { controller, directory } = made
  assert.deepEqual(
    (await controller.vats()).map(({ name, status }) => [name, status.kind]),
    [
      ['bootstrap', 'running'],
      ['alice', 'running'],
      ['bob', 'running'],
    ],
  )
  const { bootstrapResult } = controller
  assert.ok(bootstrapResult !== undefined)
  assert.equal((await controller.status(bootstrapResult)).kind, 'pending', 'the first run delivers it')
  await controller.run()
  assert.equal(answerOf(await controller.status(bootstrapResult)), 'Alice and Bob have met')
  const bank = controller.port('bank')
  for (const amount of [60, 43, 1, 500]) await bank.deliver({ amount })
  await controller.advanceTime(60_000n)
  await controller.run()
  const held = async (vat: string): Promise<unknown> =>
    ask(controller, (await ask(controller, vat, 'teller')) as Remote, 'held')
  assert.deepEqual([await held('alice'), await held('bob')], [100, 4])
  assert.deepEqual(
    (await bank.failures()).map(({ number, reason }) => [number, String(reason)]),
    [[4, 'RangeError: nobody can take 500']],
  )
  await controller.commit()
  assert.deepEqual(
    (await bank.receive()).map(({ item }) => item),
    [{ time: 60_000n, name: 'Alice', held: 100 }],
  )
  await controller.shutdown()

  const again = await openController({
    directory,
    config: { vats: { other: { sourceSpec: '/nowhere.ts' } } },
  })
  opened.push(again)
  assert.deepEqual(again.bootstrapResult, bootstrapResult)
  assert.equal(answerOf(await again.status(bootstrapResult)), 'Alice and Bob have met')
  assert.equal((await again.vats()).length, 3, 'a store that is there is opened as it is')
  await again.advanceTime(120_000n)
  await again.run()
  await again.commit()
  assert.equal((await again.port('bank').receive()).length, 2)
  await end({ controller: again, directory })
})

// Cf2.
test('the same configuration gives the same store', async () => {
  const hashes = []
  for (let times = 0; times < 2; times += 1) {
    const { controller } = await make(loadConfig(example))
    await controller.run()
    await controller.commit()
    hashes.push((await controller.storeStatus()).activityHash)
    await controller.shutdown()
  }
  assert.equal(hashes[0], hashes[1])
})

const plain = await bundleSource(`
  export const buildRootObject = (_powers, parameters) => {
    if (parameters === 'throw') throw RangeError('not today')
    return Far('root', {
      bootstrap: (...args) => {
        if (parameters === 'reject') throw TypeError('no beginning')
        return harden(args.map((arg) => Object.keys(arg)))
      },
      tell: () => parameters,
    })
  }`)

test('bootstrap gets the roots, the services and the ports by name', async () => {
  const made = await make({
    bootstrap: 'first',
    vats: { first: { bundle: plain }, second: { bundle: plain } },
    ports: ['in.put', 'b'],
  })
  const { controller } = made
  await controller.run()
  const keys = answerOf(await controller.status(controller.bootstrapResult!)) as string[][]
  assert.deepEqual(
    keys.map((list) => [...list].sort()),
    [['first', 'second', 'timer', 'vatAdmin'], ['timer', 'vatAdmin'], ['ports']],
  )
  assert.deepEqual(await controller.ports(), ['b', 'in.put'])
  await end(made)
})

// Fo2.
test('a bootstrap that rejects is told as its result, and the store stays, paused', async () => {
  const made = await make({ bootstrap: 'first', vats: { first: { bundle: plain, parameters: 'reject' } } })
  await made.controller.run()
  assert.match(
    String(reasonOf(await made.controller.status(made.controller.bootstrapResult!))),
    /TypeError: no beginning/,
  )
  await end(made)
})

test('vats, bundles and ports without a bootstrap', async () => {
  const made = await make({
    bundles: { code: { bundle: plain } },
    vats: {
      only: {
        bundleName: 'code',
        parameters: { a: [1, null] },
        creationOptions: { heapLimitBytes: 64 * 1024 * 1024 },
      },
    },
    ports: ['p'],
  })
  assert.equal(made.controller.bootstrapResult, undefined)
  assert.deepEqual(await ask(made.controller, 'only', 'tell'), { a: [1, null] })
  assert.match(await made.controller.bundleNamed('code'), /^b1-/)
  await end(made)
})

/** Options, and what must be seen of the vat that was made with them. */
const shaped: Readonly<Record<string, readonly [options: object, seen: object]>> = {
  'suspended by faults': [{ onFault: 'suspend' }, { onFault: 'suspend' }],
  'ended by faults': [{ onFault: 'terminate' }, { onFault: 'terminate' }],
  'critical': [{ importance: 'critical' }, { importance: 'critical' }],
  "critical in SwingSet's words": [{ critical: true }, { importance: 'critical' }],
  'not critical': [{ critical: false }, { importance: 'ordinary' }],
  'a schedule of deliveries and computrons': [
    { collection: { deliveries: 'never', references: 7, computrons: 100_000_000 } },
    { collection: { deliveries: 'never', references: 7, computrons: '100000000' } },
  ],
  "a schedule in SwingSet's words": [{ reapInterval: 12 }, { collection: { deliveries: 12 } }],
  'never reaped': [{ reapInterval: 'never' }, { collection: { deliveries: 'never' } }],
  'a heap of 32 MiB': [{ heapLimitBytes: 2 ** 25 }, { heapLimitPages: 2 ** 25 / 65_536 }],
  'few computrons': [{ computronsPerDelivery: 50_000_000 }, { computronsPerDelivery: '50000000' }],
  'on the second engine': [{ worker: engineNames[1] }, { worker: 'other' }],
  'on the oldest engine': [{ worker: engineNames[2] }, { worker: 'other' }],
  'on the engine on which all start': [{ worker: engineNames[0] }, { worker: 'default' }],
  'named as it is': [{ name: 'a9' }, {}],
  "with SwingSet's words that choose nothing": [
    {
      managerType: 'local',
      description: 'x',
      enablePipelining: true,
      enableVatstore: false,
      enableSetup: false,
      enableDisavow: false,
    },
    {},
  ],
}

test('static vats are as their options say, from a file', async () => {
  const rows = Object.entries(shaped)
  const keyOf = (index: number, options: object): string => ('name' in options ? 'a9' : `vat${index}`)
  const file = join(root, 'shaped.json')
  const vats = rows.map(([, [creationOptions]], index) => [
    keyOf(index, creationOptions),
    { bundleName: 'code', parameters: {}, creationOptions },
  ])
  writeFileSync(
    file,
    JSON.stringify({
      collection: { computrons: 900_000_000 },
      bundles: { code: { sourceSpec: puppetFile } },
      vats: Object.fromEntries(vats),
    }),
  )
  const made = await make(loadConfig(file))
  await made.controller.commit()
  const records = readRows(made.directory, 'kernel')
  for (const [index, [name, [options, seen]]] of rows.entries()) {
    const { vat, worker } = await made.controller.vat(keyOf(index, options))
    const stored = JSON.parse(records.get(`vat.${vat}`) ?? '{}') as Record<string, unknown>
    const told = {
      ...stored,
      worker: worker === (await made.controller.vat('vat0')).worker ? 'default' : 'other',
    }
    assert.deepEqual({ ...told, ...seen }, told, name)
  }
  await end(made)
})

// Fo1.
test('a vat that does not start leaves no store, and the next try can make one', async () => {
  const directory = newStore()
  const config = { vats: { good: { bundle: plain }, bad: { bundle: plain, parameters: 'throw' } } }
  await assert.rejects(make(config, directory), (error) => {
    assert.ok(error instanceof CodedError)
    assert.equal(error.code, 'config/vat-refused')
    assert.match(error.message, /^vats\.bad: .*not today/)
    assert.equal(error.detail['reason'], 'start/threw')
    return true
  })
  await assert.rejects(openController({ directory, make: 'never' }), { code: 'store/not-found' })
  const made = await make({ vats: { good: { bundle: plain } } }, directory)
  assert.deepEqual((await made.controller.vats()).map(({ vat, name }) => [vat, name]), [['v1', 'good']])
  await end(made)
})

const vat = { sourceSpec: 'vat.ts' }

/** Configurations as text, and what is said of them. `path` is the place in the detail. */
const wrong: Readonly<Record<string, readonly [config: unknown, path: string, said: RegExp]>> = {
  'a list': [[], '', /is a record/],
  'null': [null, '', /is a record/],
  'a key that there is not': [{ vat: {} }, 'vat', /no such key; did you mean vats\?/],
  'a key far from all': [{ xyzzy: 1 }, 'xyzzy', /no such key$/],
  'an engine that there is not': [{ engine: 'v8' }, 'engine', /one of quickjs/],
  'a policy of the store that there is not': [
    { onFault: 'retry' },
    'onFault',
    /one of reject, suspend, terminate, not "retry"/,
  ],
  'an interval of nothing': [{ snapshotInterval: 0 }, 'snapshotInterval', /from 1 on/],
  'computrons that are a fraction': [{ computronsPerDelivery: 0.5 }, 'computronsPerDelivery', /bigint/],
  'a heap that nothing fits': [{ heapLimitBytes: 1 }, 'heapLimitBytes', /from 8388608 on/],
  'vats in a list': [{ vats: [] }, 'vats', /record of entries/],
  'a vat that is text': [{ vats: { a: 'a.ts' } }, 'vats.a', /is a record/],
  'a vat with a name that is none': [{ vats: { '1st': vat } }, 'vats.1st', /begins with a letter/],
  'a vat with a name of the kernel': [{ vats: { timer: vat } }, 'vats.timer', /take another/],
  'a vat without code': [{ vats: { a: {} } }, 'vats.a', /none is given/],
  'a vat with two kinds of code': [
    { bundles: { b: vat }, vats: { a: { ...vat, bundleName: 'b' } } },
    'vats.a',
    /sourceSpec and bundleName are given/,
  ],
  'a vat of a bundle that there is not': [
    { bundles: { issuer: vat }, vats: { a: { bundleName: 'isuer' } } },
    'vats.a.bundleName',
    /did you mean issuer\?/,
  ],
  'a vat with a key that there is not': [
    { vats: { a: { ...vat, parameter: 1 } } },
    'vats.a.parameter',
    /did you mean parameters\?/,
  ],
  'a vat with an option that there is not': [
    { vats: { a: { ...vat, creationOptions: { heapLimitByte: 1 } } } },
    'vats.a.creationOptions.heapLimitByte',
    /did you mean heapLimitBytes\?/,
  ],
  'a vat with an option that cannot be': [
    { vats: { a: { ...vat, creationOptions: { computronsPerDelivery: 0 } } } },
    'vats.a.creationOptions.computronsPerDelivery',
    /bigint/,
  ],
  'an option of SwingSet that is no choice here': [
    { vats: { a: { ...vat, creationOptions: { enableVatstore: true } } } },
    'vats.a.creationOptions.enableVatstore',
    /false is the only choice: a vat keeps its data/,
  ],
  'a policy that there is not': [
    { vats: { a: { ...vat, creationOptions: { onFault: 'retry' } } } },
    'vats.a.creationOptions.onFault',
    /one of reject, suspend, terminate, not "retry"/,
  ],
  'an importance that there is not': [
    { vats: { a: { ...vat, creationOptions: { importance: 'high' } } } },
    'vats.a.creationOptions.importance',
    /one of ordinary, critical/,
  ],
  'a vat that is critical by a word': [
    { vats: { a: { ...vat, creationOptions: { critical: 'yes' } } } },
    'vats.a.creationOptions.critical',
    /true or false/,
  ],
  // Co2.
  'two words for the importance': [
    { vats: { a: { ...vat, creationOptions: { critical: true, importance: 'critical' } } } },
    'vats.a.creationOptions.critical',
    /another word for importance; give one/,
  ],
  // Co2.
  'two words for the schedule': [
    { vats: { a: { ...vat, creationOptions: { reapInterval: 5, collection: {} } } } },
    'vats.a.creationOptions.reapInterval',
    /another word for collection; give one/,
  ],
  'an interval of reaping of nothing': [
    { vats: { a: { ...vat, creationOptions: { reapInterval: 0 } } } },
    'vats.a.creationOptions.reapInterval',
    /whole number from 1 on/,
  ],
  'a schedule in words': [
    { vats: { a: { ...vat, creationOptions: { collection: 'often' } } } },
    'vats.a.creationOptions.collection',
    /must be a record/,
  ],
  'a schedule with a key that there is not': [
    { vats: { a: { ...vat, creationOptions: { collection: { messages: 5 } } } } },
    'vats.a.creationOptions.collection',
    /deliveries, references and computrons/,
  ],
  'a schedule that cannot be': [
    { vats: { a: { ...vat, creationOptions: { collection: { references: -1 } } } } },
    'vats.a.creationOptions.collection.references',
    /whole number from 1 on, not -1/,
  ],
  'a schedule of half a computron': [
    { vats: { a: { ...vat, creationOptions: { collection: { computrons: 0.5 } } } } },
    'vats.a.creationOptions.collection.computrons',
    /bigint/,
  ],
  'a worker that there is not': [
    { vats: { a: { ...vat, creationOptions: { worker: 'quickjs' } } } },
    'vats.a.creationOptions.worker',
    /worker must be one of quickjs-wasi-3\.7\.0, quickjs-wasi-3\.6\.2, quickjs-wasi-3\.5\.0/,
  ],
  'a name that is not its own': [
    { vats: { a: { ...vat, creationOptions: { name: 'b' } } } },
    'vats.a.creationOptions.name',
    /the key of the vat in vats, a, or left out/,
  ],
  'a heap too small for the vat': [
    { vats: { a: { ...vat, creationOptions: { heapLimitBytes: 65_536 } } } },
    'vats.a.creationOptions.heapLimitBytes',
    /from 8388608 on/,
  ],
  'a schedule of the store that cannot be': [
    { collection: { deliveries: 'often' } },
    'collection.deliveries',
    /whole number from 1 on/,
  ],
  'options in a list': [
    { vats: { a: { ...vat, creationOptions: [] } } },
    'vats.a.creationOptions',
    /is a record/,
  ],
  'a source that is a number': [{ vats: { a: { sourceSpec: 5 } } }, 'vats.a.sourceSpec', /path of a file/],
  'a bundle in a file': [{ bundles: { b: { bundle: 'text' } } }, 'bundles.b.bundle', /bundleVat/],
  'a bundle of a bundle': [{ bundles: { b: { bundleName: 'b' } } }, 'bundles.b.bundleName', /no such key/],
  'parameters that cannot be sent': [
    { vats: { a: { ...vat, parameters: JSON.parse('['.repeat(300) + ']'.repeat(300)) as unknown } } },
    'vats.a.parameters',
    /nested/,
  ],
  'a bootstrap that is no vat': [
    { bootstrap: 'bostrap', vats: { bootstrap: vat } },
    'bootstrap',
    /did you mean bootstrap\?/,
  ],
  'ports in a record': [{ ports: {} }, 'ports', /list of names/],
  'a port with a name that is none': [{ ports: ['a', 'b c'] }, 'ports.1', /name of a port/],
  'a port twice': [{ ports: ['a', 'b', 'a'] }, 'ports.2', /twice/],
}

const files = join(root, 'files')
mkdirSync(files)
for (const [name, [config, path, said]] of Object.entries(wrong)) {
  test(`refused with its place: ${name}`, async () => {
    const file = join(files, 'wrong.json')
    writeFileSync(file, JSON.stringify(config))
    const check = (error: unknown): boolean => {
      assert.ok(error instanceof CodedError, String(error))
      assert.deepEqual([error.code, error.detail['path']], ['config/invalid', path], error.message)
      assert.match(error.message, said)
      return true
    }
    assert.throws(() => loadConfig(file), check)
    if (typeof config !== 'object' || config === null || Array.isArray(config)) return
    const directory = newStore()
    await assert.rejects(make(config as StoreConfig, directory), check)
    assert.equal(existsSync(directory), false, 'nothing was made')
  })
}

test('a file that is not there, and one that is not JSON', () => {
  assert.throws(() => loadConfig(join(files, 'none.json')), { code: 'config/unreadable' })
  const file = join(files, 'broken.json')
  writeFileSync(file, '{"vats":')
  assert.throws(() => loadConfig(file), { code: 'config/not-json' })
})

// Cf1.
test('a source that is not there is refused with its place, and nothing is made', async () => {
  const file = join(files, 'absent.json')
  writeFileSync(file, JSON.stringify({ vats: { a: { sourceSpec: 'absent.ts' } } }))
  const directory = newStore()
  await assert.rejects(make(loadConfig(file), directory), (error) => {
    assert.ok(error instanceof CodedError)
    assert.equal(error.code, 'bundle/entry-not-found')
    assert.match(error.message, /^vats\.a\.sourceSpec: .*files\/absent\.ts/)
    return true
  })
  assert.equal(existsSync(directory), false)
})

test('keys of SwingSet that choose nothing here are let be', () => {
  const file = join(files, 'swingset.json')
  writeFileSync(
    file,
    JSON.stringify({
      $comment: 'x',
      defaultManagerType: 'xs-worker',
      includeDevDependencies: true,
      bundleCachePath: 'b',
      vats: { a: { ...vat, creationOptions: { managerType: 'local' } } },
    }),
  )
  assert.equal(loadConfig(file).vats?.['a']?.sourceSpec, join(files, 'vat.ts'))
})
