/** What may not work in a vat: refused or told with its place, before anything runs. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleFunction, bundleVat } from '../../src/host/index.ts'
import { plant, type Tree } from '../kit/trees.ts'

const root = 'export const buildRootObject = () => 1\n'

/** The warnings of a vat, as `file:line:column name`. */
async function warningsOf(tree: Tree): Promise<readonly string[]> {
  const { warnings } = await bundleVat(join(plant(tree), 'vat.ts'))
  return warnings.map(({ file, line, column, text }) => `${file}:${line}:${column} ${text.split(' ')[0]}`)
}

const uses: Readonly<Record<string, readonly [text: string, ...warned: string[]]>> = {
  'a property': ['export const f = () => process.env.HOME', '2:24 process'],
  'a call': ['setTimeout(() => {}, 1)', '2:1 setTimeout'],
  'a class': ['export const f = () => new URL("x:y")', '2:28 URL'],
  'a value that is handed on': ['export const f = [Buffer, global]', '2:19 Buffer', '2:27 global'],
  'a shorthand property': ['export const f = { fetch }', '2:20 fetch'],
  'a default of a parameter': ['export const f = (a = performance) => a', '2:23 performance'],
  'a computed member': ['export const f = (a: any) => a[crypto]', '2:32 crypto'],
  'a template': ['export const f = () => `${navigator.userAgent}`', '2:27 navigator'],
  'a superclass': ['export class F extends EventTarget {}', '2:24 EventTarget'],
  'the first use in a file only': ['export const f = [Buffer,\n  Buffer]', '2:19 Buffer'],
  'a use after the test for another': [
    'export const f = () => { if (typeof process === "object") Buffer.from("") }',
    '2:59 Buffer',
  ],
  'a use beside the test': ['export const f = [typeof Buffer, Buffer]', '2:34 Buffer'],
  'names of Node in a module': [
    'export const f = [__dirname, __filename]',
    '2:19 __dirname',
    '2:30 __filename',
  ],
  'a computed require': ['declare const name: string\nexport const f = () => require(name)', '3:24 require'],
  'a use in code that catches the errors of others': [
    'export const f = () => { try { f() } catch { process.exit() } }',
    '2:46 process',
  ],
  locales: ['export const f = () => new Intl.NumberFormat()', '2:28 Intl'],
}

for (const [situation, [text, ...warned]] of Object.entries(uses)) {
  // Fg1, Bv4, Ss5: the place is found by the source map.
  test(`warned of: ${situation}`, async () => {
    assert.deepEqual(await warningsOf({ 'vat.ts': `${root}${text}` }), warned.map((one) => `vat.ts:${one}`))
  })
}

const harmless: Readonly<Record<string, string>> = {
  typeof: 'export const f = typeof process',
  'an && behind typeof':
    'export const f = () => typeof process !== "undefined" && process.env && process.env.HOME',
  'an || behind typeof': 'export const f = () => typeof Buffer === "undefined" || Buffer.from("")',
  'an if behind typeof':
    'export const f = () => { if (typeof setTimeout === "function") { return [1].map(() => setTimeout(f, 1)) } }',
  'an else behind typeof':
    'export const f = () => { if (typeof Buffer === "undefined") return 1; else return Buffer }',
  'a choice behind typeof': 'export const f = () => typeof fetch === "undefined" ? undefined : fetch("x")',
  'a try': 'export const f = () => { try { return process.env.HOME } catch { return undefined } }',
  'an optional chain': 'export const f = () => process?.env?.HOME',
  'a property of globalThis': 'export const f = () => globalThis.process',
  'a property of anything': 'export const f = (x: any) => x.process.Buffer',
  'keys of records and methods':
    'export const f = { process: 1, fetch() {}, get URL() { return 1 } }; export class G { static Buffer = 1; fetch() {} }',
  'an own variable': 'export const process = 1; export const f = () => process',
  'a parameter, of a pattern too':
    'export const f = (fetch: any, { URL, x: [Buffer] }: any, ...global: any[]) => [fetch, URL, Buffer, global]',
  'a function, a class, what is caught, and var in a block':
    'export const f = () => { { var self = 1 } try { fetch() } catch (location) { return location } function fetch() {} class Event {} return [new Event(), self, fetch] }',
  'a label': 'export const f = () => { window: for (;;) { break window } }',
  'an import': `import { process, fetch as Request } from './own.ts'\nexport const f = () => [process, Request]`,
  'process.env.NODE_ENV': 'export const f = () => process.env.NODE_ENV === "production"',
  'code that nothing uses': 'const f = () => process.exit()',
}

for (const [situation, text] of Object.entries(harmless)) {
  // Fg1, Fg2.
  test(`not warned of: ${situation}`, async () => {
    assert.deepEqual(
      await warningsOf({ 'vat.ts': `${root}${text}`, 'own.ts': 'export const process = 1, fetch = 2' }),
      [],
    )
  })
}

// Bv5.
test('dependencies are looked at too, with their own places, CommonJS with what Node gives it', async () => {
  const tree: Tree = {
    'vat.ts': `import old from 'old'\nexport const f = () => old\n${root}`,
    'node_modules/old/index.js': `'use strict'\nconst more = require('./more')\nmodule.exports = { more, dir: __dirname, exit: () => process.exit(1) }`,
    'node_modules/old/more.js': `exports.wait = (ms) => setImmediate(() => exports.wait(ms))`,
  }
  assert.deepEqual(await warningsOf(tree), [
    'node_modules/old/more.js:1:24 setImmediate',
    'node_modules/old/index.js:3:31 __dirname',
    'node_modules/old/index.js:3:54 process',
  ])
})

test("esbuild's own warnings are shown for the author's package, not for others", async () => {
  const odd = `export const f = () => ({ a: 1, a: 2 })`
  const { warnings } = await bundleVat(
    join(
      plant({
        'vat.ts': `import { f } from './own.ts'\nimport { f as g } from 'theirs'\nexport { f, g }\n${root}`,
        'own.ts': `\n${odd}`,
        'node_modules/theirs/index.js': odd,
      }),
      'vat.ts',
    ),
  )
  assert.deepEqual(warnings, [
    { file: 'own.ts', line: 2, column: 33, text: 'Duplicate key "a" in object literal', lineText: odd },
  ])
})

test('process.env.NODE_ENV is "production", and packages choose by it', async () => {
  const tree: Tree = {
    'vat.ts': `import mode from 'choosy'\nexport const buildRootObject = () => [mode, process.env.NODE_ENV]`,
    'node_modules/choosy/index.js': `if (process.env.NODE_ENV === 'production') { module.exports = require('./small.js') } else { module.exports = require('./large.js') }`,
    'node_modules/choosy/small.js': `module.exports = 'small'`,
    'node_modules/choosy/large.js': `module.exports = 'large'`,
  }
  const { source, warnings, inputs } = await bundleVat(join(plant(tree), 'vat.ts'))
  assert.deepEqual(((0, eval)(source) as { buildRootObject(): unknown }).buildRootObject(), [
    'small',
    'production',
  ])
  assert.deepEqual([warnings, inputs.includes('node_modules/choosy/large.js')], [[], false])
})

interface Refused {
  readonly text: string
  readonly code: string
  readonly at: readonly [file: string, line: number, column: number]
  readonly says: RegExp
}

const refused: Readonly<Record<string, Refused>> = {
  'import.meta': {
    text: 'export const f = () => import.meta.url',
    code: 'bundle/import-meta',
    at: ['vat.ts', 2, 24],
    says: /has no import\.meta/,
  },
  'import.meta in a dependency': {
    text: `import { f } from 'meta'\nexport { f }`,
    code: 'bundle/import-meta',
    at: ['node_modules/meta/index.js', 3, 10],
    says: /has no import\.meta/,
  },
  'an await at the top': {
    text: 'export const f = await Promise.resolve(5)',
    code: 'bundle/top-level-await',
    at: ['vat.ts', 2, 18],
    says: /cannot wait while it is loaded. Use await inside buildRootObject/,
  },
  'an await at the top of a for': {
    text: 'for await (const x of []) { }',
    code: 'bundle/top-level-await',
    at: ['vat.ts', 2, 5],
    says: /cannot wait/,
  },
  'an await at the top of a dependency that is required': {
    text: `import f from 'requires'\nexport { f }`,
    code: 'bundle/top-level-await',
    at: ['node_modules/requires/waits.js', 1, 1],
    says: /cannot wait/,
  },
  'with in CommonJS': {
    text: `import f from 'sloppy/with'\nexport { f }`,
    code: 'bundle/not-strict',
    at: ['node_modules/sloppy/with.js', 1, 1],
    says: /With statements cannot be used: the code of a vat is strict/,
  },
  'an octal number': {
    text: 'export const f = 010',
    code: 'bundle/not-strict',
    at: ['vat.ts', 2, 18],
    says: /octal literals cannot be used: the code of a vat is strict/,
  },
  'two parameters of one name in CommonJS': {
    text: `import f from 'sloppy/twice'\nexport { f }`,
    code: 'bundle/not-strict',
    at: ['node_modules/sloppy/twice.js', 2, 26],
    says: /strict/,
  },
}

const dependencies: Tree = {
  'node_modules/meta/index.js':
    'export function f() {\n  // where\n  return import.meta.url\n}\nexport const unused = () => import.meta.resolve("x")',
  'node_modules/requires/index.js': `module.exports = require('./waits.js')`,
  'node_modules/requires/waits.js': 'await 1; export const x = 1',
  'node_modules/sloppy/with.js': 'with (Math) { exports.x = sin(1) }',
  'node_modules/sloppy/twice.js': '\nexports.f = function (a, a) { return a }',
}

for (const [situation, { text, code, at, says }] of Object.entries(refused)) {
  test(`refused: ${situation}`, async () => {
    const error = await bundleVat(
      join(plant({ 'vat.ts': `${root}${text}`, ...dependencies }), 'vat.ts'),
    ).catch((reason: unknown) => reason as Error & { code: string; detail: Record<string, unknown> })
    assert.ok(error instanceof Error)
    assert.equal(error.code, code, error.message)
    assert.match(error.message, says)
    assert.ok(!/iife|esm|output format/.test(error.message), error.message)
    const { file, line, column } = error.detail
    assert.deepEqual([file, line, column], at)
  })
}

test('import.meta in code that nothing uses is dropped with it', async () => {
  const { source } = await bundleFunction(
    join(
      plant({
        'fee.ts': `import { used } from 'meta'\nexport default () => used`,
        'node_modules/meta/index.js': 'export const used = 1\nexport const f = () => import.meta.url',
        'node_modules/meta/package.json': '{ "sideEffects": false }',
      }),
      'fee.ts',
    ),
  )
  assert.ok(!source.includes('import_meta'))
})
