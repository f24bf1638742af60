/** The rules of the house hold for this project; and each rule finds what it is there to find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayImport } from '../tools/tidy/folders.ts'
import type { Finding, Project } from '../tools/tidy/rule.ts'
import { rules } from '../tools/tidy/rules.ts'
import { folderLimit } from '../tools/tidy/shape.ts'
import { parseSource } from '../tools/tidy/source.ts'
import { readProject, report } from '../tools/tidy/tidy.ts'

test('the project is tidy', () => {
  const lines = report(readProject())
  assert.equal(lines.length, 0, `\n${lines.join('\n')}\n`)
})

const allRules = rules

const folderFile = (folder: string): string => `src/${folder}/tsconfig.json`
const referring = (...folders: readonly string[]): string =>
  JSON.stringify({ references: folders.map((folder) => ({ path: `../${folder}` })) })

/**
 * A project of a few files; each folder among them gets the tsconfig.json that it must have, unless one is
 * given.
 */
function projectOf(files: Readonly<Record<string, string>>): Project {
  const entries = Object.entries(files)
  const folders = [...new Set(entries.flatMap(([path]) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []))]
  const configs = folders.map((folder): [string, string] => [
    folderFile(folder), referring(...(mayImport[folder] ?? []).filter((name) => folders.includes(name))),
  ])
  return {
    sources: entries.filter(([path]) => path.endsWith('.ts')).map(([path, text]) => parseSource(path, text)),
    texts: new Map([...configs, ...entries.filter(([path]) => !path.endsWith('.ts'))]),
  }
}

const findings = (files: Readonly<Record<string, string>>): (Finding & { readonly rule: string })[] => {
  const project = projectOf(files)
  return allRules.flatMap(({ name, check }) => check(project).map((finding) => ({ ...finding, rule: name })))
}

const lines = (count: number): string => 'f()\n'.repeat(count)

/** A header with these lines below its first. */
const labelled = (...labels: readonly string[]): string =>
  `/**\n${labels.map((label) => ` * ${label}\n`).join('')} */`
const citing = (text: string): Readonly<Record<string, string>> => ({ 'test/citing.test.ts': text })
const filesIn = (folder: string, count: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/f${index}.ts`, '/** F. */']))

/** rule → files that break it, each with the line on which it must be found. */
const broken: readonly (readonly [
  rule: RegExp,
  path: string,
  text: string,
  line: number,
  more?: Readonly<Record<string, string>>,
])[] = [
  [/clock/, 'src/kernel/a.ts', '\nexport const now = () => Date.now()', 2],
  [/clock/, 'src/kernel/a.ts', 'export const now = new Date()', 1],
  [/clock/, 'src/base/a.ts', 'export const chance = Math.random()', 1],
  [/clock/, 'src/protocol/a.ts', 'export const text = (5).toLocaleString()', 1],
  [/clock/, 'src/supervisor/a.ts', 'export const order = (a: string, b: string) => a.localeCompare(b)', 1],
  [/clock/, 'src/vat/a.ts', 'export const format = new Intl.NumberFormat()', 1],
  [/clock/, 'src/kernel/a.ts', 'setTimeout(() => {}, 1)', 1],
  [/clock/, 'src/kernel/a.ts', 'setImmediate(() => {})', 1],
  [/clock/, 'src/kernel/a.ts', 'export const env = process.env', 1],
  [/clock/, 'src/kernel/a.ts', 'export const t = performance.now()', 1],
  [/clock/, 'src/kernel/a.ts', 'export const text = `at ${Date.now()}`', 1],
  [/clock/, 'src/kernel/a.ts', "import { readFileSync } from 'node:fs'\nreadFileSync('x')", 1],
  [/clock/, 'src/kernel/a.ts', "import type { Stats } from 'node:fs'", 1],
  [/^no any/, 'src/store/a.ts', 'export const f = (x: number,\n  y: any) => [x, y]', 2],
  [/^no any/, 'src/store/a.ts', 'export type T = Record<string, any>', 1],
  [/^no any/, 'src/store/a.ts', 'export const x = 1 as any', 1],
  [/^no any/, 'src/store/a.ts', 'export const x: any[] = []', 1],
  [/^no cast/, 'src/store/a.ts', 'export const x = 1 as unknown as string', 1],
  [/^no silenced/, 'src/store/a.ts', '// @ts-ignore\nexport const x = 1', 1],
  [/^no silenced/, 'test/a.test.ts', '\n// @ts-expect-error because\nf()', 2],
  [/^no silenced/, 'test/a.test.ts', '/* @ts-nocheck */', 1],
  [/^no test left/, 'test/a.test.ts', 'test.only("x", () => {})', 1],
  [/^no test left/, 'test/a.test.ts', 'test("x", () => {\n})\ndescribe.skip("y", () => {})', 3],
  [/^no function/, 'src/store/a.ts', `\nexport function long() {\n${lines(69)}}`, 2],
  [/^no function/, 'src/store/a.ts', `export class A {\n  long(): void {\n${lines(69)}}\n}`, 2],
  [/^no function/, 'src/store/a.ts', `export const long = () => {\n${lines(69)}}`, 1],
  [/^no file/, 'src/store/a.ts', lines(451), 451],
  [
    /imports between/,
    'src/base/a.ts',
    "import { b } from '../protocol/b.ts'\nb()",
    1,
    { 'src/protocol/b.ts': 'export const b = f' },
  ],
  [
    /imports between/,
    'src/kernel/a.ts',
    "import type { B } from '../store/b.ts'",
    1,
    { 'src/store/b.ts': '' },
  ],
  [
    /imports between/,
    'src/kernel/a.ts',
    "export type T = import('../store/b.ts').B",
    1,
    { 'src/store/b.ts': '' },
  ],
  [/imports between/, 'src/kernel/a.ts', "export * from '../store/b.ts'", 1, { 'src/store/b.ts': '' }],
  [/imports between/, 'src/kernel/a.ts', "import '../../tools/b.ts'", 1],
  [
    /imports between/,
    'src/machine/a.ts',
    "import type { Kernel } from '../kernel/b.ts'",
    1,
    { 'src/kernel/b.ts': '' },
  ],
  [/imports between/, 'src/kernel/a.ts', "import '../sim/b.ts'", 1, { 'src/sim/b.ts': '' }],
  [
    /table and the tsconfig/,
    'src/kernel/tsconfig.json',
    referring('base', 'store'),
    1,
    { 'src/kernel/a.ts': '', 'src/base/a.ts': '', 'src/store/a.ts': '' },
  ],
  [
    /table and the tsconfig/,
    'src/kernel/tsconfig.json',
    referring(),
    1,
    { 'src/kernel/a.ts': '', 'src/base/a.ts': '' },
  ],
  [
    /table and the tsconfig/,
    'src/unheard/tsconfig.json',
    referring('unheard'),
    1,
    { 'src/unheard/a.ts': '' },
  ],
  [
    /no circular/,
    'src/base/b.ts',
    "import { a } from './a.ts'\na()",
    1,
    { 'src/base/a.ts': "import type { B } from './b.ts'\nexport const a = (): B => f()" },
  ],
  [/no circular/, 'src/base/a.ts', "import './a.ts'", 1],
  [
    /map of the code/,
    'docs/architecture.md',
    'only src/store-like things and src/basement',
    1,
    { 'src/base/a.ts': '' },
  ],
  [/comments name/, 'src/base/a.ts', '/**\n * See `past.ts`.\n */', 2],
  [/columns/, 'src/store/a.ts', `\nf(${'a, '.repeat(40)}b)`, 2],
  [/columns/, 'test/a.ts', `// ${'word '.repeat(30)}`, 1],
  [/one import/, 'src/store/a.ts', "import { a } from './b.ts'\nimport type { B } from './b.ts'", 2],
  [/one import/, 'test/a.ts', "import a from 'b'\nimport {\n  c,\n} from 'b'", 2],
  [/one form/, 'src/store/a.ts', '\n// Reading ----------', 2],
  [/one form/, 'src/store/a.ts', '// --- reading ---', 1],
  [/one form/, 'test/a.ts', '// ==== reading', 1],
  [/one form/, 'test/a.ts', '// ----------', 1],
  [/no folder/, 'src/store/rooms', '', 1, filesIn('src/store/rooms', folderLimit + 1)],
  [
    /begins with a comment/,
    'src/store/a.ts',
    "import './b.ts'\n/** Too late. */",
    1,
    { 'src/store/b.ts': '/** B. */' },
  ],
  [/begins with a comment/, 'src/store/a.ts', '// A line is not enough.', 1],
  [
    /names every file/,
    'docs/architecture.md',
    '## `src/base`\n\n| `ids.ts` | names |',
    1,
    { 'src/base/other.ts': '', 'src/base/ids.ts': '' },
  ],
  [
    /names every file/,
    'docs/architecture.md',
    '## `src/base`\n| `ids.ts` `past.ts` | names |',
    2,
    { 'src/base/ids.ts': '' },
  ],
  [
    /names every file/,
    'docs/architecture.md',
    '## `src/base`\n| `ids.ts` | a |\n| `ids.ts` | b |',
    3,
    { 'src/base/ids.ts': '' },
  ],
  [
    /belongs to one file/,
    'src/store/a.ts',
    '/**\n *\n * Ab1. Again.\n */',
    3,
    { 'src/base/a.ts': labelled('Ab1. Once.') },
  ],
  [/in order/, 'src/store/a.ts', labelled('Ab1. Once.', 'Ab3. Thrice.'), 3],
  [/in order/, 'src/store/a.ts', labelled('Ab2. Twice.'), 2],
  [/every label/, 'src/store/a.ts', labelled('Ab1. Ab1 is not cited.', 'Ab2. Cited.'), 3, citing('// (Ab1)')],
  [/every label/, 'src/store/a.ts', labelled('Ab1. Once.'), 2],
  [/every label/, 'src/store/a.ts', `${labelled('Ab1. Once.')}\n/** Ab1. */\nf('Ab1')`, 2],
  [/every label/, 'src/store/a.ts', `${labelled('Ab1. Once.')}\n// Ab1.\nf()\nassert(x)\n// Ab1.`, 2],
  [/every label/, 'src/store/a.ts', `${labelled('Ab1. Once.')}\n// Ab1.\nfunction assertOnce() {}`, 2],
  [/every label/, 'src/store/a.ts', '\n// Ab2.', 2, { 'src/base/a.ts': labelled('Ab1. A.'), ...citing('// Ab1') }],
  [
    /every label/,
    'test/a.ts',
    "\ntest('keeps (Ab2)', f)",
    2,
    { 'src/store/a.ts': labelled('Ab1. Once.'), ...citing('// (Ab1)') },
  ],
  [/plain technical/, 'src/store/a.ts', '/**\n * Once.\n * The host is told.\n */', 3],
  [/plain technical/, 'src/store/a.ts', 'f(`${x}: whoever asked`)', 1],
  [/plain technical/, 'src/store/a.ts', '// It gives a name.', 1],
  [/plain technical/, 'src/store/a.ts', '// The item has ended.', 1],
  [/plain technical/, 'src/store/a.ts', "f('this is no value')", 1],
  [/plain technical/, 'docs/a.md', 'One.\n\nNobody cares.', 3],
  [/plain technical/, 'README.md', 'It waits for ever.', 1],
  [/max… and min…/, 'src/store/a.ts', '\nconst mostKeys = 5', 2],
  [/max… and min…/, 'src/store/a.ts', 'f(limits.longestKey)', 1],
]

for (const [rule, path, text, line, more = {}] of broken) {
  test(`found by ${rule.source}: ${text.slice(0, 60).replaceAll('\n', ' ')}`, () => {
    const found = findings({ [path]: text, ...more }).filter((finding) => rule.test(finding.rule))
    assert.deepEqual(found.map((finding) => [finding.file, finding.line]), [[path, line]])
    assert.ok(found.every(({ message }) => message.length > 20), 'the message says what to do')
  })
}

test('every rule has an example here that it finds', () => {
  const without = allRules.filter(({ name }) => !broken.some(([rule]) => rule.test(name)))
  assert.deepEqual(without.map(({ name }) => name), [])
})

/** What looks like a breach and is none. */
const sound: readonly (readonly [situation: string, files: Readonly<Record<string, string>>])[] = [
  ['a clock in a comment', { 'src/kernel/a.ts': '// Date.now() is banned\n/* new Date */' }],
  [
    'a clock in a text',
    { 'src/kernel/a.ts': "export const banned = ['Date.now', `Math.random`, /new Date/]" },
  ],
  [
    'a clock in the host',
    {
      'src/host/a.ts':
        "import { hostname } from 'node:os'\nexport const now = [Date.now(), hostname()]",
    },
  ],
  [
    'a property named process',
    { 'src/kernel/a.ts': 'export const f = (x: { process: { y: number } }) => x.process.y' },
  ],
  [
    'any as a word, a name and a key',
    {
      'src/store/a.ts':
        "// any\n/** any */\nexport interface A { readonly any: 'any'; many: number }\nexport const any = 'any'",
    },
  ],
  ['a comment that speaks of @ts-ignore', { 'src/store/a.ts': '// never write @ts-ignore' }],
  ['a function at the limit', { 'src/store/a.ts': `export function f() {\n${lines(68)}}` }],
  [
    'a long class of short functions',
    { 'src/store/a.ts': `export class A {\n${'  f() {\n    g()\n  }\n'.repeat(30)}}` },
  ],
  ['a line at the limit', { 'src/store/a.ts': `f(${'a, '.repeat(35)}bb)` }],
  ['a long message', { 'src/store/a.ts': `  const text = \`${'${name} word '.repeat(20)}\`` }],
  ['a wide table in a comment', { 'src/store/a.ts': `/**\n * | ${'a | '.repeat(40)}\n */` }],
  ['a file at the limit', { 'src/store/a.ts': lines(450) }],
  [
    'the simulator imports everything',
    {
      'src/sim/a.ts': "import '../kernel/a.ts'\nimport '../store/a.ts'",
      'src/kernel/a.ts': '',
      'src/store/a.ts': '',
    },
  ],
  [
    'a diamond of imports',
    {
      'src/base/a.ts': "import './b.ts'\nimport './c.ts'",
      'src/base/b.ts': "import './c.ts'",
      'src/base/c.ts': '',
    },
  ],
  ['a map that mentions the folder', { 'docs/architecture.md': '`src/base`: ids', 'src/base/a.ts': '' }],
  ['no map yet', { 'src/base/a.ts': '' }],
  ['two imports of two modules', { 'src/base/a.ts': "import { a } from 'a'\nimport type { B } from 'b'" }],
  ['a namespace beside names', { 'src/base/a.ts': "import * as a from 'a'\nimport { b } from 'a'" }],
  [
    'an import and an export of a module',
    { 'src/base/a.ts': "import { a } from 'a'\nexport { b } from 'a'" },
  ],
  ['a mark of a section', { 'src/base/a.ts': '// --- reading\n// -0 is 0 -- always' }],
  ['a folder at the limit', filesIn('src/store/rooms', folderLimit)],
  ['a folder of files of one shape', filesIn('src/cli/verbs', 40)],
  ['a header below a hashbang', { 'src/cli/a.ts': '#!/usr/bin/env node\n/** A. */' }],
  ['tests without headers', { 'test/a.ts': 'f()' }],
  [
    'a map with rows of several files',
    {
      'docs/architecture.md':
        '`ids.ts`\n## `src/base`\n| `a.ts` `b.ts` | both, as `c.ts` |\n## Else\n| `d.ts` |',
      'src/base/a.ts': '',
      'src/base/b.ts': '',
    },
  ],
  [
    'labels cited as a range',
    { 'src/base/a.ts': labelled('Ab1. A.', 'Ab2. B.', 'Ab3. C.'), ...citing('// (Ab1–3)') },
  ],
  ['labels cited in an assertion', { 'src/base/a.ts': `${labelled('Ab1. A.')}\nassert(\n  f(x),\n  'sorted (Ab1)',\n)` }],
  ['labels cited above an assertion', { 'src/base/a.ts': `${labelled('Ab1. A.')}\n// Sorted (Ab1),\n// as always.\nthis.assertSorted(x)` }],
  ['words that look like labels', { 'src/base/a.ts': '// SHA1, H2O, UTF8 and V8' }],
  ['a word that is a name', { 'src/base/a.ts': "const told = 'told' // `told` is stored" }],
  ['a vat that has ended', { 'src/base/a.ts': '// A vat that has ended gives up; there is no vat.' }],
  ['words in code of a page', { 'docs/a.md': '`told`\n\n```console\nnobody is told\n```\n' }],
  ['words in decisions', { 'docs/decisions/0001-a.md': 'Nobody is told.' }],
]

/** Most files of these examples have no header, and most maps are not whole. */
const besides = (situation: string): RegExp =>
  situation.includes('header')
    ? /names every file/
    : situation.includes('rows')
      ? /begins/
      : /begins|names every file/

for (const [situation, files] of sound) {
  test(`left alone: ${situation}`, () =>
    assert.deepEqual(findings(files).filter(({ rule }) => !besides(situation).test(rule)), []))
}
