/** Which files a bundle may be made of, and what they are read as. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import type { Code } from '../../src/protocol/codes.ts'
import {
  bundleFunction,
  bundleSalvage,
  bundleVat,
  type BundledVat,
  type BundleOptions,
} from '../../src/host/index.ts'
import { plant, under, type Tree } from '../kit/trees.ts'

const root = 'export const buildRootObject = () => value\n'
const packaged: Tree = { 'package.json': '{ "name": "app" }' }

const valueOf = ({ source }: BundledVat): unknown =>
  ((0, eval)(source) as { buildRootObject(): unknown }).buildRootObject()

async function refusalOf(bundling: Promise<BundledVat>): Promise<CodedError> {
  const error = await bundling.catch((reason: unknown) => reason)
  assert.ok(error instanceof CodedError, String(error))
  return error
}

interface Refusal {
  readonly tree: Tree
  /** `vat.ts` in the folder `app` if not given. */
  readonly entry?: string
  readonly options?: BundleOptions
  readonly code: Code
  readonly says: RegExp
}

const secret = 'outside/secret.json'
const importing = (specifier: string, rest = ''): Tree =>
  under('app', { ...packaged, 'vat.ts': `import value from ${JSON.stringify(specifier)}${rest}\n${root}` })

const refusals: Readonly<Record<string, Refusal>> = {
  'a file above the package': {
    tree: { ...importing('../outside/secret.json'), [secret]: '{}' },
    code: 'bundle/outside-root',
    says: /vat\.ts:1:19: "\.\.\/outside\/secret\.json" is the file \.\.\/outside\/secret\.json, outside of the package of vat\.ts.*--root DIR/s,
  },
  'any file of the machine as text': {
    tree: importing('/etc/hostname', ` with { type: 'text' }`),
    code: 'bundle/outside-root',
    says: /vat\.ts:1:19: "\/etc\/hostname"/,
  },
  'code above the package': {
    tree: { ...importing('../outside/code.ts'), 'outside/code.ts': 'export default 1' },
    code: 'bundle/outside-root',
    says: /vat\.ts:1:19/,
  },
  'a link inside of the package that leads out of it': {
    tree: {
      ...importing('./link.json'),
      [secret]: '{}',
      'app/link.json': { link: '../outside/secret.json' },
    },
    code: 'bundle/outside-root',
    says: /"\.\/link\.json" is the file \.\.\/outside\/secret\.json/,
  },
  'a folder that is a link and leads out of the package': {
    tree: { ...importing('./linked/secret.json'), [secret]: '{}', 'app/linked': { link: '../outside' } },
    code: 'bundle/outside-root',
    says: /vat\.ts:1:19/,
  },
  'a dependency that reaches into the project': {
    tree: under('app', {
      ...packaged,
      'vat.ts': `import value from 'greedy'\n${root}`,
      'keys.json': '{}',
      'node_modules/greedy/index.js': `export { default } from '../../keys.json'`,
    }),
    code: 'bundle/outside-root',
    says: /node_modules\/greedy\/index\.js:1:\d+: "\.\.\/\.\.\/keys\.json" is the file keys\.json/,
  },
  'a way out by the name of a package': {
    tree: {
      ...importing('greedy/../../../outside/secret.json'),
      [secret]: '{}',
      'app/node_modules/greedy/index.js': '',
    },
    code: 'bundle/outside-root',
    says: /vat\.ts:1:19/,
  },
  'a file of a package without a package.json, above its folder': {
    tree: { 'a/vat.ts': `import value from '../b.ts'\n${root}`, 'b.ts': 'export default 1' },
    entry: 'a/vat.ts',
    code: 'bundle/outside-root',
    says: /vat\.ts:1:19/,
  },
  'a package.json that holds only a type is no package of its own, and what is above the one that is stays out':
    {
      tree: {
        ...under('app', {
          ...packaged,
          'vats/package.json': '{ "type": "module" }',
          'vats/vat.ts': `import '../lib.ts'\nimport value from '../../b.ts'\n${root}`,
          'lib.ts': '',
        }),
        'b.ts': 'export default 1',
      },
      entry: 'app/vats/vat.ts',
      code: 'bundle/outside-root',
      says: /vat\.ts:2:19/,
    },
  'an entry outside of the root that was given': {
    tree: { ...importing('./x.ts'), 'other/x': '' },
    options: { root: 'other' },
    code: 'bundle/outside-root',
    says: /is not in the folder/,
  },
  'a text that nobody asked for': {
    tree: { ...importing('./terms.txt'), 'app/terms.txt': 'terms' },
    code: 'bundle/no-loader',
    says: /vat\.ts:1:19: A file that ends in \.txt is neither code nor JSON \(terms\.txt\)\. .*--loader \.txt=text/,
  },
  'code as text': {
    tree: { ...importing('./code.ts', ` with { type: 'text' }`), 'app/code.ts': '' },
    options: { loaders: { '.txt': 'text' } },
    code: 'bundle/no-loader',
    says: /\.ts is read as ts, not as text/,
  },
  'styles': {
    tree: { ...importing('./a.css'), 'app/a.css': 'a {}' },
    code: 'bundle/no-loader',
    says: /vat\.ts:1:19/,
  },
  'a module from the network': {
    tree: importing('https://example.com/a.js'),
    code: 'bundle/missing-import',
    says: /vat\.ts:1:19: "https:\/\/example\.com\/a\.js" is not in the bundle/,
  },
  'UTF-16 text': {
    tree: { ...importing('./wide.ts'), 'app/wide.ts': '' },
    code: 'bundle/unreadable',
    says: /wide\.ts:1:1: The file is UTF-16 text/,
  },
  'a pipe': {
    tree: { ...importing('./pipe.ts') },
    code: 'bundle/unreadable',
    says: /vat\.ts:1:19: pipe\.ts is not a regular file/,
  },
  'JSON that does not parse': {
    tree: { ...importing('./bad.json'), 'app/bad.json': '{\n  "a": }' },
    code: 'bundle/syntax',
    says: /bad\.json:2:8: Unexpected "}"/,
  },
  'an entry that is a folder': {
    tree: { 'app/vat.ts/x': '' },
    code: 'bundle/entry-not-found',
    says: /vat\.ts is a folder, not a file/,
  },
  'an entry that is a pipe': {
    tree: { ...importing('./x.ts') },
    entry: 'app/pipe.ts',
    code: 'bundle/entry-not-found',
    says: /is not a regular file/,
  },
  'an entry that leads nowhere': {
    tree: { 'app/vat.ts': { link: 'gone.ts' } },
    code: 'bundle/entry-not-found',
    says: /There is no file/,
  },
  'an entry that is empty': {
    tree: { 'app/vat.ts': '' },
    code: 'bundle/no-build-root-object',
    says: /vat\.ts has no export buildRootObject; it exports nothing/,
  },
  'an entry that is no code': {
    tree: { 'app/vat.css': 'a {}' },
    entry: 'app/vat.css',
    code: 'bundle/no-loader',
    says: /vat\.css: A file that ends in \.css/,
  },
}

for (const [situation, { tree, entry = 'app/vat.ts', options = {}, code, says }] of Object.entries(
  refusals,
)) {
  // Mg3, Pk1.
  test(`refused: ${situation}`, { timeout: 20_000 }, async () => {
    const folder = plant(tree)
    if (situation.includes('pipe')) execFileSync('mkfifo', [join(folder, 'app/pipe.ts')])
    if (situation.includes('UTF-16'))
      writeFileSync(join(folder, 'app/wide.ts'), Buffer.from('\ufeffexport default 1', 'utf16le'))
    const within = options.root === undefined ? options : { ...options, root: join(folder, options.root) }
    const error = await refusalOf(bundleVat(join(folder, entry), within))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, says)
  })
}

test('functions and salvages keep to the same rule', async () => {
  const entry = join(plant({ ...importing('../outside/secret.json'), [secret]: '{}' }), 'app/vat.ts')
  for (const bundle of [bundleFunction, bundleSalvage])
    assert.equal((await refusalOf(bundle(entry))).code, 'bundle/outside-root')
})

test('nothing of a file that is refused is in the message', async () => {
  const folder = plant({
    ...importing('../outside/secret.ts'),
    'outside/secret.ts': 'the password is ) 1234',
  })
  const { message, detail } = await refusalOf(bundleVat(join(folder, 'app/vat.ts')))
  assert.ok(!`${message}${JSON.stringify(detail)}`.includes('1234'))
})

// Pk1, Pk2.
test('with a root, the packages of a workspace may import each other by their paths', async () => {
  const tree: Tree = {
    'package.json': '{ "name": "workspace", "private": true }',
    'packages/one/package.json': '{ "name": "one" }',
    'packages/one/vat.ts': `import value from '../two/src/x.ts'\n${root}`,
    'packages/two/package.json': '{ "name": "two" }',
    'packages/two/src/x.ts': `export { default } from '../../../shared.ts'`,
    'shared.ts': 'export default 11',
  }
  const folder = plant(tree)
  const entry = join(folder, 'packages/one/vat.ts')
  assert.equal((await refusalOf(bundleVat(entry))).code, 'bundle/outside-root')
  assert.equal(valueOf(await bundleVat(entry, { root: folder })), 11)
})

test('packages are found by name wherever they are linked to, and by their own names and imports', async () => {
  const folder = plant({
    ...under('app', {
      'package.json':
        '{ "name": "app", "exports": { "./lib": "./lib.ts" }, "imports": { "#own": "./own.ts", "#theirs": "theirs" } }',
      'vat.ts': `import a from 'app/lib'\nimport b from '#own'\nimport c from '#theirs'\nimport d from 'theirs/sub/deep.js'\nconst value = [a, b, c, d]\n${root}`,
      'lib.ts': 'export default 1',
      'own.ts': 'export default 2',
    }),
    'app/node_modules/theirs': { link: '../../elsewhere/of-another-name' },
    ...under('elsewhere/of-another-name', {
      'package.json': '{ "name": "theirs" }',
      'index.js': `export { default } from './sub/three.js'`,
      'sub/package.json': '{ "type": "module" }',
      'sub/three.js': `export { three as default } from '../numbers.js'`,
      'numbers.js': 'export const three = 3',
      'sub/deep.js': 'export default 4',
    }),
  })
  assert.deepEqual(valueOf(await bundleVat(join(folder, 'app/vat.ts'))), [1, 2, 3, 4])
})

test('files of other sorts are read as the caller says', async () => {
  const folder = plant({
    'vat.ts': `import terms from './terms.txt'\nimport more from './more.txt' with { type: 'text' }\nimport bytes from './data.bin' with { type: 'bytes' }\nimport table from './table.conf'\nconst value = [terms, more, [...bytes], table.a]\n${root}`,
    'terms.txt': 'terms\n', 'more.txt': 'more', 'data.bin': 'abc', 'table.conf': '{ "a": 1 }',
  })
  const loaders = { '.txt': 'text', '.bin': 'binary', '.conf': 'json' } as const
  assert.deepEqual(valueOf(await bundleVat(join(folder, 'vat.ts'), { loaders })), [
    'terms\n',
    'more',
    [97, 98, 99],
    1,
  ])
})

test('JSON may say that it is JSON, and a data: URL of code is its own text', async () => {
  const folder = plant({
    'vat.ts': `import a from './a.json' with { type: 'json' }\nimport b from 'data:text/javascript,export default 5'\nconst value = [a, b]\n${root}`,
    'a.json': '{ "x": 1 }',
  })
  assert.deepEqual(valueOf(await bundleVat(join(folder, 'vat.ts'))), [{ x: 1 }, 5])
})

test('refused: loaders that there are not', async () => {
  const entry = join(plant({ 'vat.ts': 'export const buildRootObject = () => 1' }), 'vat.ts')
  const bad: readonly unknown[] = [5, { txt: 'text' }, { '.txt': 'file' }, { '.ts': 'text' }]
  for (const loaders of bad)
    await assert.rejects(bundleVat(entry, { loaders } as BundleOptions), {
      code: 'api/bad-argument',
      message: /^loaders /,
    })
  for (const folder of ['', join(entry, 'nowhere'), 7])
    await assert.rejects(bundleVat(entry, { root: folder } as BundleOptions), {
      code: 'api/bad-argument',
      message: /^root/,
    })
})

const shapes: Readonly<Record<string, string>> = {
  'with the mark of UTF-8 and lines as Windows has them':
    '\ufeffconst value = 1\r\nexport const buildRootObject = () => value\r\n',
  'that is a script for a shell': `#!/usr/bin/env node\nconst value = 1\n${root}`,
  'that is a script for a shell, with the mark of UTF-8': `\ufeff#!/usr/bin/env node\nconst value = 1\n${root}`,
  'of which the first line is all there is of a script': `#!x\nexport * from './more.ts'\n`,
}

for (const [situation, text] of Object.entries(shapes)) {
  test(`an entry ${situation}`, async () => {
    const folder = plant({
      'vat.ts': text,
      'fee.ts': '#!/bin/sh\nexport default () => 1',
      'lost.ts': '#!/bin/sh\nexport const salvage = () => 1',
      'more.ts': `#!y\nconst value = 1\n${root}`,
    })
    assert.equal(valueOf(await bundleVat(join(folder, 'vat.ts'))), 1)
    await bundleFunction(join(folder, 'fee.ts'))
    await bundleSalvage(join(folder, 'lost.ts'))
  })
}

test('a source map that a source names is not read', { timeout: 20_000 }, async () => {
  const folder = plant({
    'vat.ts': `import value from './lib.js'\n${root}`,
    'lib.js': 'export default 1\n//# sourceMappingURL=pipe.map\n',
  })
  execFileSync('mkfifo', [join(folder, 'pipe.map')])
  assert.equal(valueOf(await bundleVat(join(folder, 'vat.ts'))), 1)
})

test('modules that import each other in a circle', async () => {
  const folder = plant({
    'vat.ts': `import { odd } from './odd.ts'\nconst value = odd(7)\n${root}`,
    'odd.ts': `import { even } from './even.ts'\nexport const odd = (n: number): boolean => n !== 0 && even(n - 1)`,
    'even.ts': `import { odd } from './odd.ts'\nexport const even = (n: number): boolean => n === 0 || odd(n - 1)`,
  })
  assert.equal(valueOf(await bundleVat(join(folder, 'vat.ts'))), true)
})

// Fg3.
test('a list of 200,000 records', async () => {
  const list = JSON.stringify(Array.from({ length: 200_000 }, (_, id) => ({ id })))
  const folder = plant({
    'vat.ts': `import { records } from './records.js'\nconst value = records.length\n${root}`,
    'records.js': `export const records = ${list}`,
  })
  assert.equal(valueOf(await bundleVat(join(folder, 'vat.ts'))), 200_000)
})
