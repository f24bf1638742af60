/**
 * Configurations as SwingSet's files have them: what they come to, what is let be, and what there is instead.
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig, openController, type Controller, type StoreConfig } from '../../src/host/index.ts'
import { bundleSource, puppetFile } from '../kit/bundles.ts'
import { readRows } from '../kit/rows.ts'
import { answerOf, forTheFile, reasonOf, temporaryDirectory } from '../kit/world.ts'

const root = temporaryDirectory(forTheFile)
let stores = 0
const opened: Controller[] = []
after(async () => {
  for (const controller of opened) await controller.shutdown()
})

async function make(
  config: StoreConfig,
): Promise<{ readonly controller: Controller; readonly directory: string }> {
  const directory = join(root, `store-${(stores += 1)}`)
  const controller = await openController({ directory, config })
  opened.push(controller)
  return { controller, directory }
}

function load(config: object, folder = root): StoreConfig {
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  return loadConfig(file)
}

test('a production file: packages by their names, words of the chain, and an interval of reaping', () => {
  const config = load({
    $comment: 'the form of a chain',
    bootstrap: 'bootstrap',
    defaultReapInterval: 1000,
    snapshotInterval: 1000,
    defaultManagerType: 'xs-worker',
    coreProposals: {
      steps: [
        ['@example/builders/init-core.js'],
        [{ module: '@example/builders/add.js', entrypoint: 'build', args: [{ denom: 'ibc/toy' }] }],
      ],
    },
    clearStorageSubtrees: ['published'],
    exportStorageSubtrees: ['published.wallet'],
    vats: {
      bootstrap: { sourceSpec: '@example/vats/src/boot-chain.js', creationOptions: { critical: true } },
    },
    bundles: { zcf: { sourceSpec: '@example/zoe/contractFacet.js' }, bank: { sourceSpec: './bank.js' } },
  })
  assert.equal(config.defaultReapInterval, 1000)
  assert.equal(
    config.bundles?.['zcf']?.sourceSpec,
    join(root, '@example/zoe/contractFacet.js'),
    'a package that is not installed: the bundler will say that there is no such file',
  )
  assert.equal(config.bundles?.['bank']?.sourceSpec, join(root, 'bank.js'))
})

test('every word of SwingSet that chooses nothing here is let be', async () => {
  const { controller } = await make({
    ...load({
      snapshotInitial: 3,
      relaxDurabilityRules: false,
      pinBootstrapRoot: true,
      bundleFormat: 'endoZipBase64',
      includeDevDependencies: true,
      bundleCachePath: 'b',
      devices: { timer: { sourceSpec: 'x' }, vatAdmin: {} },
      vats: {
        a: {
          sourceSpec: puppetFile,
          creationOptions: {
            managerType: 'node-subprocess',
            nodeOptions: ['--inspect'],
            enablePipelining: true,
            useTranscript: true,
            critical: false,
          },
        },
      },
    }),
  })
  assert.deepEqual(
    (await controller.vats()).map(({ name, status }) => [name, status.kind]),
    [['a', 'running']],
  )
})

test('a source is a file of the folder, or else a module of a package by its name', () => {
  const folder = join(root, 'packages')
  const inside = join(folder, 'node_modules', '@example', 'vats')
  mkdirSync(join(inside, 'src'), { recursive: true })
  mkdirSync(join(folder, 'own'), { recursive: true })
  writeFileSync(
    join(inside, 'package.json'),
    JSON.stringify({
      name: '@example/vats',
      version: '1.0.0',
      type: 'module',
      exports: { './src/bank.js': { import: './src/bank.js' }, './plain.js': './src/bank.js' },
    }),
  )
  writeFileSync(join(inside, 'src', 'bank.js'), 'export const buildRootObject = () => {}')
  writeFileSync(join(folder, 'own', 'vat.js'), 'export const buildRootObject = () => {}')
  const sources = {
    imported: '@example/vats/src/bank.js',
    exported: '@example/vats/plain.js',
    bare: 'own/vat.js',
    relative: './own/vat.js',
    absent: '@example/none/x.js',
  }
  const { bundles } = load(
    {
      bundles: Object.fromEntries(
        Object.entries(sources).map(([name, sourceSpec]) => [name, { sourceSpec }]),
      ),
    },
    folder,
  )
  assert.deepEqual(
    Object.fromEntries(Object.entries(bundles ?? {}).map(([name, { sourceSpec }]) => [name, sourceSpec])),
    {
      imported: join(inside, 'src', 'bank.js'),
      exported: join(inside, 'src', 'bank.js'),
      bare: join(folder, 'own', 'vat.js'),
      relative: join(folder, 'own', 'vat.js'),
      absent: join(folder, '@example', 'none', 'x.js'),
    },
  )
})

const plain = await bundleSource(`export const buildRootObject = (_powers, parameters) => Far('root', {
  bootstrap: (vats, devices) => { if (parameters.fails) throw TypeError('no beginning'); return harden([Object.keys(devices).sort(), parameters]) },
  tell: () => parameters,
})`)

/**
 * Words for when vats collect, in the configuration and in the options of a vat, and what the store keeps of
 * them.
 */
const schedules: Readonly<
  Record<string, readonly [StoreConfig, creation: object, ofStore: unknown, ofVat: unknown]>
> = {
  'an interval': [{ defaultReapInterval: 50 }, { reapInterval: 5 }, { deliveries: 50 }, { deliveries: 5 }],
  'an interval and references': [
    { defaultReapInterval: 50, defaultReapGCKrefs: 20 },
    { reapInterval: 5, reapGCKrefs: 2 },
    { deliveries: 50, references: 20 },
    { deliveries: 5, references: 2 },
  ],
  never: [
    { defaultReapInterval: 'never', defaultReapGCKrefs: 'never' },
    { neverReap: true },
    { deliveries: 'never', references: 'never' },
    { deliveries: 'never', references: 'never' },
  ],
  nothing: [{}, { neverReap: false }, undefined, undefined],
}
for (const [name, [config, creationOptions, ofStore, ofVat]] of Object.entries(schedules)) {
  test(`when vats collect, in SwingSet's words: ${name}`, async () => {
    const { controller, directory } = await make({
      ...config,
      vats: { a: { bundle: plain, creationOptions } },
    })
    await controller.commit()
    const rows = readRows(directory, 'kernel')
    const collectionOf = (key: string): unknown =>
      (JSON.parse(rows.get(key) ?? '{}') as { collection?: unknown }).collection
    assert.deepEqual([collectionOf('config'), collectionOf('vat.v1')], [ofStore, ofVat])
  })
}

test('a vat with no parameters gets an empty record', async () => {
  const { controller } = await make({ bootstrap: 'a', vats: { a: { bundle: plain } } })
  await controller.run()
  assert.deepEqual(answerOf(await controller.status(controller.bootstrapResult!)), [
    ['timer', 'vatAdmin'],
    {},
  ])
})

test('a bootstrap that rejects pauses the kernel, which can be resumed', async () => {
  const { controller } = await make({
    bootstrap: 'a',
    vats: { a: { bundle: plain, parameters: { fails: true } } },
  })
  await controller.run()
  assert.match(
    String(reasonOf(await controller.status(controller.bootstrapResult!))),
    /TypeError: no beginning/,
  )
  assert.equal((await controller.storeStatus()).paused?.code, 'result-rejected')
  await controller.resumeKernel()
  const asked = await controller.send('a', 'tell')
  await controller.run()
  assert.deepEqual(answerOf(await controller.status(asked)), { fails: true })
})

test('a bundle of bundle-source, given as a record or as the file of its JSON, is installed by its name', async () => {
  const bundle = { moduleFormat: 'getExport' as const, source: '() => ({ greet: () => "hello" })' }
  writeFileSync(join(root, 'bundle.json'), JSON.stringify(bundle))
  const { controller } = await make({ ...load({ bundles: { file: { bundleSpec: 'bundle.json' } } }) })
  const other = await make({ bundles: { record: { bundle } } })
  const id = await controller.bundleNamed('file')
  assert.equal(await other.controller.bundleNamed('record'), id)
  assert.equal((await controller.installBundle(bundle)).id, id)
})

/** Configurations that are refused, where, and what is said. */
const refusals: Readonly<Record<string, readonly [config: object, path: string, said: RegExp]>> = {
  'relaxed rules': [
    { relaxDurabilityRules: true },
    'relaxDurabilityRules',
    /false is the only choice: .* virtual kinds/,
  ],
  'a root that is pinned by a word': [{ pinBootstrapRoot: 'yes' }, 'pinBootstrapRoot', /true or false/],
  'an interval of nothing': [{ defaultReapInterval: 0 }, 'defaultReapInterval', /whole number from 1 on/],
  'references in words': [{ defaultReapGCKrefs: 'often' }, 'defaultReapGCKrefs', /whole number from 1 on/],
  'half a snapshot': [{ snapshotInitial: 0.5 }, 'snapshotInitial', /whole number from 1 on/],
  'a format that there is not': [
    { bundleFormat: 'zip' },
    'bundleFormat',
    /one of endoZipBase64, nestedEvaluate/,
  ],
  'an interval twice': [
    { defaultReapInterval: 5, collectionInterval: 5 },
    'defaultReapInterval',
    /another word for collectionInterval/,
  ],
  'references twice': [
    { defaultReapGCKrefs: 5, collection: { references: 5 } },
    'defaultReapGCKrefs',
    /another word for collection/,
  ],
  'devices in a list': [{ devices: [] }, 'devices', /is a record of devices/],
  'a mailbox': [
    { devices: { mailbox: { sourceSpec: 'x' } } },
    'devices.mailbox',
    /the host carries messages through a port/,
  ],
  'a bundle device': [{ devices: { bundle: {} } }, 'devices.bundle', /getBundleCap/],
  "a device of one's own": [
    { devices: { camera: {} } },
    'devices.camera',
    /done by the host, which a port connects/,
  ],
  'node options in one text': [
    { vats: { a: { sourceSpec: 'x', creationOptions: { nodeOptions: '--x' } } } },
    'vats.a.creationOptions.nodeOptions',
    /a list of texts/,
  ],
  'a manager type that there is not': [
    { vats: { a: { sourceSpec: 'x', creationOptions: { managerType: 'clay' } } } },
    'vats.a.creationOptions.managerType',
    /one of local, xsnap, .*, not "clay"/,
  ],
  'no transcript': [
    { vats: { a: { sourceSpec: 'x', creationOptions: { useTranscript: false } } } },
    'vats.a.creationOptions.useTranscript',
    /true is the only choice: every vat has a transcript/,
  ],
  'a cache of a negative size': [
    { vats: { a: { sourceSpec: 'x', creationOptions: { virtualObjectCacheSize: -1 } } } },
    'vats.a.creationOptions.virtualObjectCacheSize',
    /a whole number, not -1/,
  ],
  'a description that is a number': [
    { vats: { a: { sourceSpec: 'x', creationOptions: { description: 5 } } } },
    'vats.a.creationOptions.description',
    /a text, not 5/,
  ],
  'never and an interval': [
    { vats: { a: { sourceSpec: 'x', creationOptions: { neverReap: true, reapInterval: 5 } } } },
    'vats.a.creationOptions.neverReap',
    /another word for reapInterval/,
  ],
  'two sources': [
    { bundles: { a: { sourceSpec: 'x', bundleSpec: 'y' } } },
    'bundles.a',
    /has one of sourceSpec, bundleSpec, bundle; sourceSpec and bundleSpec are given/,
  ],
  'a bundle file that is a number': [
    { bundles: { a: { bundleSpec: 5 } } },
    'bundles.a.bundleSpec',
    /path of a file/,
  ],
}
for (const [name, [config, path, said]] of Object.entries(refusals)) {
  test(`refused with what to do: ${name}`, () => {
    assert.throws(() => load(config), (error: unknown) => {
      const { code, message, detail } = error as { code: string; message: string; detail: { path: string } }
      assert.deepEqual([code, detail.path], ['config/invalid', path], message)
      assert.match(message, said)
      return true
    })
  })
}

test('a bundle file that is not there, or is none, is refused with its place', async () => {
  writeFileSync(join(root, 'none.json'), '[]')
  for (const [bundleSpec, code] of [
    ['absent.json', 'bundle/entry-not-found'],
    ['none.json', 'bundle/malformed'],
  ] as const) {
    await assert.rejects(make(load({ bundles: { b: { bundleSpec } } })), (error: unknown) => {
      const { code: said, message } = error as { code: string; message: string }
      assert.equal(said, code)
      assert.match(message, /^bundles\.b\.bundleSpec: /)
      return true
    })
  }
})
