/** The rules of the house hold for this project; and each rule finds what it is there to find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayImport } from '../tools/tidy/folders.ts'
import type { Finding, Project } from '../tools/tidy/rule.ts'
import { rules } from '../tools/tidy/rules.ts'
import { parseSource } from '../tools/tidy/source.ts'
import { readProject, report } from '../tools/tidy/tidy.ts'

test('the project is tidy', () => {
  const lines = report(readProject())
  assert.equal(lines.length, 0, `\n${lines.join('\n')}\n`)
})

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
  return rules.flatMap(({ name, check }) => check(project).map((finding) => ({ ...finding, rule: name })))
}

const lines = (count: number): string => 'f()\n'.repeat(count)

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
  [/columns/, 'src/store/a.ts', `\nf(${'a, '.repeat(40)}b)`, 2],
  [/columns/, 'test/a.ts', `// ${'word '.repeat(30)}`, 1],
]

for (const [rule, path, text, line, more = {}] of broken) {
  test(`found by ${rule.source}: ${text.slice(0, 60).replaceAll('\n', ' ')}`, () => {
    const found = findings({ [path]: text, ...more }).filter((finding) => rule.test(finding.rule))
    assert.deepEqual(found.map((finding) => [finding.file, finding.line]), [[path, line]])
    assert.ok(found.every(({ message }) => message.length > 20), 'the message says what to do')
  })
}

test('every rule has an example here that it finds', () => {
  const without = rules.filter(({ name }) => !broken.some(([rule]) => rule.test(name)))
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
]

for (const [situation, files] of sound) {
  test(`left alone: ${situation}`, () => assert.deepEqual(findings(files), []))
}
