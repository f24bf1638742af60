/**
 * `heirloom install` and `init --config`: what they say of the sources, and where errors of the code come
 * from.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'
import { plant } from '../kit/trees.ts'
import { emptyStore, heirloom, well } from './support.ts'

const store = join(temporaryDirectory(forTheFile), 'store')
const folder = plant({
  'package.json': '{ "name": "app" }',
  'node_modules/heirloom': { link: join(import.meta.dirname, '../..') },
  'vats/legacy.ts': `import terms from '../terms.txt'\nexport const buildRootObject = () => [terms, process.env.HOME]\n`,
  'terms.txt': 'no terms',
  'config.json': '{ "bundles": { "old": { "sourceSpec": "old.ts" } } }',
  'old.ts': 'export const buildRootObject = () => setTimeout',
  'broken.ts':
    'const rows = [1].map((row) => {\n  throw RangeError("no row")\n})\nexport const buildRootObject = () => rows\n',
  'sibling/package.json': '{ "name": "sibling" }',
  'sibling/vat.ts': `import broken from '../old.ts'\nexport const buildRootObject = () => broken\n`,
})
const path = (name: string): string => join(folder, name)
await emptyStore(store)

test('warnings are printed with their lines, and the bundle is installed', async () => {
  const words = ['install', 'legacy', path('vats/legacy.ts'), '--loader', '.txt=text']
  const text = await well(words, { store })
  assert.match(
    text,
    /^legacy is b1-\w{64} \(\S+ bytes from 2 files\)\n {2}warning: legacy\.ts:2:46: process is a global of Node [^\n]+\n {6}export const buildRootObject = \(\) => \[terms, process\.env\.HOME\]/,
  )
  const { warnings } = JSON.parse(await well([...words, '--json'], { store })) as {
    readonly warnings: readonly object[]
  }
  assert.deepEqual(Object.keys(warnings[0] ?? {}), ['file', 'line', 'column', 'text', 'lineText'])
})

test('refused with exit code 3 and the place: a file of another sort, and one outside of the package', async () => {
  const unread = await heirloom(['install', 'legacy', path('vats/legacy.ts')], { store })
  assert.deepEqual(
    [unread.code, /bundle\/no-loader: legacy\.ts:1:19: /.test(unread.err)],
    [3, true],
    unread.err,
  )
  const outside = await heirloom(['install', 'sibling', path('sibling/vat.ts')], { store })
  assert.deepEqual(
    [outside.code, /bundle\/outside-root: vat\.ts:1:20: /.test(outside.err)],
    [3, true],
    outside.err,
  )
})

test('--root lets in what is below it', async () => {
  const refused = await heirloom(['install', 'sibling', path('sibling/vat.ts'), '--root', folder], { store })
  assert.match(refused.err, /No matching export in "\.\.\/old\.ts" for import "default"/)
})

test('refused as words of the command: a loader that is none', async () => {
  for (const loader of ['txt', '.txt', '.txt=text=x', '.txt=copy', '.ts=text']) {
    const { code, err } = await heirloom(['install', 'x', path('old.ts'), '--loader', loader], { store })
    assert.equal(code, 2, err)
  }
})

test('a vat that cannot be evaluated is refused with the frames of its author', async () => {
  await well(['install', 'broken', path('broken.ts')], { store })
  const { code, err } = await heirloom(['create', 'broken', 'broken'], { store })
  assert.equal(code, 1)
  assert.match(err, /start\/bundle-broken: [^\n]*RangeError: no row[^]*at broken\.ts:2:9\n/)
})

test('init says what it says of the sources of a configuration', async () => {
  const other = join(temporaryDirectory(forTheFile), 'other')
  assert.match(
    await well(['init', '--config', path('config.json')], { store: other }),
    /created a store in [^\n]+\n {2}warning: old\.ts:1:38: setTimeout is a global of/,
  )
})
