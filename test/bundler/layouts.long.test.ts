/** The same sources are the same bundle, wherever they lie and however they are found (B2). */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import {
  bundleFunction,
  bundleSalvage,
  bundleVat,
  loadConfig,
  openController,
  type BundledVat,
} from '../../src/host/index.ts'
import { plant, under, type Tree } from '../kit/trees.ts'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'

/** A project that imports every sort of module by every way there is. */
const app: Tree = {
  'package.json': '{ "name": "app", "type": "module" }',
  'vats/index.ts': [
    `import { rate } from 'rates'`,
    `import classic from '@scope/classic'`,
    `import { late } from '../lib/late.ts'`,
    `import settings from './settings.json'`,
    `import { index_default, require_rates } from '../lib/names.ts'`,
    `export const buildRootObject = () => [rate, classic, late(), settings.depth, index_default, require_rates]`,
    `export default () => rate`,
    `export const salvage = () => rate`,
  ].join('\n'),
  'vats/settings.json': '{ "depth": 3 }',
  'lib/late.ts': `import { rate } from 'rates'\nimport index from './index.js'\nexport const late = () => rate + index`,
  'lib/index.js': `export default 7`,
  // Names that esbuild would take for itself.
  'lib/names.ts': `export const index_default = 1, require_rates = 2, rates_exports = 3`,
}

/** CommonJS, whose root is `index.js`: esbuild would call it by its folder. */
const rates: Tree = {
  'package.json': '{ "name": "rates", "version": "1.0.0" }',
  'index.js': `const { deep } = require('./lib'); exports.rate = 5 + deep + require('@scope/classic').value`,
  'lib/index.js': `exports.deep = 1`,
}

/** A module that is imported and required, so that it is wrapped too. */
const classic: Tree = {
  'package.json': '{ "name": "@scope/classic", "type": "module", "main": "dist/main.js" }',
  'dist/main.js': `import base from './base.cjs'; export default base.value; export const value = base.value`,
  'dist/base.cjs': `exports.__esModule = true; exports.value = 2; exports.default = { value: 9 }`,
}

interface Layout {
  readonly tree: Tree
  /** Paths of the entry, in the tree. */
  readonly entries: readonly string[]
}

const layouts: Readonly<Record<string, Layout>> = {
  'packages inside of the project': {
    tree: { ...app, ...under('node_modules/rates', rates), ...under('node_modules/@scope/classic', classic) },
    entries: ['vats/index.ts'],
  },
  'packages hoisted two folders higher': {
    tree: {
      ...under('a/b/app', app),
      ...under('a/node_modules/rates', rates),
      ...under('node_modules/@scope/classic', classic),
    },
    entries: ['a/b/app/vats/index.ts'],
  },
  'packages linked to folders of other names': {
    tree: {
      ...under('checkouts/main', app),
      ...under('other/rates-of-a-customer', rates),
      ...under('zz/classic-fork', classic),
      'checkouts/main/node_modules/rates': { link: '../../../other/rates-of-a-customer' },
      'checkouts/main/node_modules/@scope/classic': { link: '../../../../zz/classic-fork' },
      'other/rates-of-a-customer/node_modules/@scope/classic': { link: '../../../../zz/classic-fork' },
    },
    entries: ['checkouts/main/vats/index.ts'],
  },
  'a store of packages as pnpm has it': {
    tree: {
      ...app,
      ...under('node_modules/.pnpm/rates@1.0.0/node_modules/rates', rates),
      ...under('node_modules/.pnpm/@scope+classic@2.0.0/node_modules/@scope/classic', classic),
      'node_modules/.pnpm/rates@1.0.0/node_modules/@scope/classic': {
        link: '../../../@scope+classic@2.0.0/node_modules/@scope/classic',
      },
      'node_modules/rates': { link: '.pnpm/rates@1.0.0/node_modules/rates' },
      'node_modules/@scope/classic': { link: '../.pnpm/@scope+classic@2.0.0/node_modules/@scope/classic' },
    },
    entries: ['vats/index.ts'],
  },
  'an entry that is a link, in a folder that is a link': {
    tree: {
      ...under('real', {
        ...app,
        ...under('node_modules/rates', rates),
        ...under('node_modules/@scope/classic', classic),
      }),
      'index/entry-of-ada.ts': { link: '../real/vats/index.ts' },
      linked: { link: 'real' },
    },
    entries: ['index/entry-of-ada.ts', 'linked/vats/index.ts', 'real/vats/../vats/index.ts'],
  },
  'a tsconfig.json above, other variables, another working directory': {
    tree: {
      'tsconfig.json':
        '{ "compilerOptions": { "target": "ES5", "useDefineForClassFields": false, "alwaysStrict": true, "paths": { "rates": ["./evil.ts"] }, "baseUrl": "." } }',
      'evil.ts': 'export const rate = 666',
      ...under('app', {
        ...app,
        ...under('node_modules/rates', rates),
        ...under('node_modules/@scope/classic', classic),
      }),
      'app/vats/tsconfig.json': '{ "compilerOptions": { "jsx": "react", "experimentalDecorators": true } }',
    },
    entries: ['app/vats/index.ts'],
  },
}

const bundlers = { bundleVat, bundleFunction, bundleSalvage } as const

for (const [name, bundle] of Object.entries(bundlers)) {
  test(`${name}: the same sources give the same bytes in every layout`, async () => {
    const made: [string, BundledVat][] = []
    for (const [layout, { tree, entries }] of Object.entries(layouts)) {
      const folder = plant(tree)
      for (const entry of entries) made.push([`${layout}: ${entry}`, await bundle(join(folder, entry))])
    }
    const [first] = made
    for (const [layout, { source }] of made) assert.equal(source, first?.[1].source, layout)
    for (const word of ['customer', 'pnpm', 'checkouts', 'fork', 'entry-of-ada', 'tree1'])
      assert.ok(!first?.[1].source.includes(word), word)
  })
}

test('the modules are those that Node would take', async () => {
  const { tree } = layouts['packages inside of the project'] as Layout
  const folder = plant(tree)
  const { source } = await bundleVat(join(folder, 'vats/index.ts'))
  const values: unknown = (0, eval)(source)
  // A module of the type `module` gets all of a CommonJS module as its default, whatever __esModule says.
  assert.deepEqual((values as { buildRootObject(): unknown }).buildRootObject(), [8, 2, 15, 3, 1, 2])
})

test('a configuration bundles its vats to the same bytes in every layout', async () => {
  const ids = new Set<string>()
  for (const folder of ['here', 'a/b/there']) {
    const root = plant(
      under(folder, {
        ...app,
        ...under('node_modules/rates', rates),
        ...under('node_modules/@scope/classic', classic),
        'config.json': '{ "bundles": { "all": { "sourceSpec": "vats/index.ts" } } }',
      }),
    )
    const controller = await openController({
      directory: join(temporaryDirectory(forTheFile), 'store'),
      make: 'always',
      config: loadConfig(join(root, folder, 'config.json')),
    })
    ids.add(await controller.bundleNamed('all'))
    await controller.shutdown()
  }
  assert.equal(ids.size, 1)
})

/** Evaluates code in a process of its own and returns what it prints. */
const inProcess = (
  code: string,
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): string =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
  })

test('the environment and the working directory of the process change nothing', async () => {
  const { tree } = layouts['packages inside of the project'] as Layout
  const folder = plant({
    ...tree,
    'elsewhere/node_modules/rates/index.js': 'exports.rate = 666',
    'elsewhere/x': '',
  })
  const entry = join(folder, 'vats/index.ts')
  const { source } = await bundleVat(entry)
  const program = (path: string): string =>
    `const { bundleVat } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/host/index.ts'))}); process.stdout.write((await bundleVat(${JSON.stringify(path)})).source)`
  const cwd = join(folder, 'elsewhere')
  const env = {
    NODE_PATH: join(cwd, 'node_modules'),
    NODE_ENV: 'development',
    LANG: 'tr_TR.UTF-8',
    TZ: 'Asia/Tokyo',
  }
  assert.equal(inProcess(program(relative(cwd, entry)), { cwd, env }), source)
})

test('two copies of a package are two modules, and a different bundle', async () => {
  const twice = plant({
    ...app,
    ...under('node_modules/rates', rates),
    ...under('node_modules/@scope/classic', classic),
    ...under('node_modules/rates/node_modules/@scope/classic', classic),
  })
  const once = plant((layouts['packages inside of the project'] as Layout).tree)
  assert.notEqual(
    (await bundleVat(join(twice, 'vats/index.ts'))).source,
    (await bundleVat(join(once, 'vats/index.ts'))).source,
  )
})

test('the source map says where the sources lie, and is no part of the bytes', async () => {
  const { tree } = layouts['packages linked to folders of other names'] as Layout
  const { map, inputs } = await bundleVat(join(plant(tree), 'checkouts/main/vats/index.ts'))
  const { sources } = JSON.parse(map) as { readonly sources: readonly string[] }
  assert.ok(sources.includes('../../../other/rates-of-a-customer/lib/index.js'))
  assert.ok(sources.every((source) => inputs.includes(source)))
})

test(
  'kernel and supervisor are the same bytes from a copy of this release in another layout',
  { timeout: 120_000 },
  async () => {
    const project = join(import.meta.dirname, '../..')
    const nested = plant({
      'tsconfig.json': '{ "compilerOptions": { "strict": false } }',
      'a/deep/place/package.json': readFileSync(join(project, 'package.json'), 'utf8'),
    })
    execFileSync('cp', ['-r', join(project, 'src'), join(nested, 'a/deep/place/src')])
    // The libraries stand two folders higher, and are links.
    plantLink(join(project, 'node_modules'), join(nested, 'a/node_modules'))
    const program = (root: string): string => `
    import { createHash } from 'node:crypto'
    const { kernelBytes, supervisorBytes } = await import(${JSON.stringify(`${root}/src/release/release.ts`)})
    for (const bytes of [await kernelBytes(), await supervisorBytes()]) process.stdout.write(createHash('sha256').update(bytes).digest('hex') + ' ')`
    assert.equal(
      inProcess(program(join(nested, 'a/deep/place')), { cwd: nested }),
      inProcess(program(project), { cwd: project }),
    )
  },
)

function plantLink(target: string, path: string): void {
  execFileSync('ln', ['-s', target, path])
}
