/** Bundling vats: what comes out, what is refused, and that SES takes it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { CodedError } from '../../src/base/errors.ts'
import { bundleFunction, bundleVat } from '../../src/bundler/bundleVat.ts'

const fixture = join(import.meta.dirname, 'fixtures', 'counter')
const scratch = await mkdtemp(join(tmpdir(), 'heirloom-bundler-'))
after(() => rm(scratch, { recursive: true }))

let trees = 0
/** Writes the files into a fresh folder and gives the path of the first. */
async function tree(files: Readonly<Record<string, string>>): Promise<string> {
  trees += 1
  const folder = join(scratch, `tree${trees}`)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return join(folder, Object.keys(files)[0] ?? '')
}

/**
 * Evaluates the script in a compartment of a process of its own, under lockdown, and gives what the probe
 * gives of its exports.
 */
async function inCompartment(source: string, probe: string): Promise<unknown> {
  const program = `
    import 'ses'
    lockdown({ reporting: 'none' })
    let source = ''
    for await (const chunk of process.stdin) source += chunk
    const exports = new Compartment().evaluate(source)
    process.stdout.write(JSON.stringify((${probe})(exports)))`
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
  })
  running.child.stdin?.end(source)
  return JSON.parse((await running).stdout)
}

/** What the same probe gives without bundling, where that can be: the module as Node runs it. */
async function asModule(path: string, probe: string): Promise<unknown> {
  const exports: unknown = await import(path)
  const look = new Function('exports', `return (${probe})(exports)`) as (exports: unknown) => unknown
  return JSON.parse(JSON.stringify(look(exports)))
}

// Bv1.
test('a TypeScript entry with a dependency, a library and JSON becomes a script whose value is its exports', async () => {
  const { source, bytes, inputs, warnings } = await bundleVat(join(fixture, 'counter.ts'))
  assert.deepEqual(warnings, [])
  assert.deepEqual(inputs, ['counter.ts', 'lib/add.ts', 'node_modules/risky/index.js', 'settings.json'])
  assert.equal(new TextDecoder().decode(bytes), source)
  assert.equal(
    await inCompartment(
      source,
      '(e) => { const root = e.buildRootObject(); root.increment(); return root.increment() }',
    ),
    42,
  )
})

test('a JavaScript entry that re-exports a default', async () => {
  const entry = await tree({
    'vat.js': `export * from './root.js'; export { default as other } from './root.js'`,
    'root.js': `export const buildRootObject = () => ({}); export default 7`,
  })
  const { source } = await bundleVat(entry)
  assert.equal(await inCompartment(source, '(e) => typeof e.buildRootObject + e.other'), 'function7')
})

test('a CommonJS dependency', async () => {
  const entry = await tree({
    'vat.js': `import dep from './dep.cjs'; export const buildRootObject = () => dep.value`,
    'dep.cjs': `module.exports = { value: require('./more.cjs') + 1 }`,
    'more.cjs': `module.exports = 1`,
  })
  const { source } = await bundleVat(entry)
  assert.equal(await inCompartment(source, '(e) => e.buildRootObject()'), 2)
})

const riskyProbe = `({ risky = undefined, ...own }) => {
  const r = risky ?? own
  return {
    string: r.string, template: r.template, tagged: r.tagged,
    regexp: [r.regexp.source, r.regexp.flags, 'a<!--b'.replace(r.regexp, '|')],
    divided: r.divided, countDown: r.countDown(4), compare: [r.compare(0, 1), r.compare(5, 1)],
    object: [r.object.import(1), r.object.eval(2), Object.keys(r.object), r.object.import.name],
    host: [new r.Host().import(1), r.Host.eval(4), new r.Host()['<!--']],
    evaluated: [r.indirect(), r.direct()], pure: r.pure, lines: r.lines() === undefined,
  }
}`

// Bv3, Ss1, Ss3.
test('texts that SES rejects keep their meaning in strings, templates, regular expressions, names and operators', async () => {
  const { source } = await bundleVat(join(fixture, 'counter.ts'))
  const expected = await asModule(join(fixture, 'node_modules/risky/index.js'), riskyProbe)
  assert.deepEqual(await inCompartment(source, riskyProbe), expected)
})

test('a regular expression is a fresh object each time, whatever the name RegExp means there', async () => {
  const entry = await tree({
    'vat.js': `const RegExp = 1; export const buildRootObject = () => { const make = () => /import()/g; return [make() !== make(), make().source, make().flags, RegExp] }`,
  })
  const { source } = await bundleVat(entry)
  assert.deepEqual(await inCompartment(source, '(e) => e.buildRootObject()'), [true, 'import()', 'g', 1])
})

// Ss2.
test('comments are dropped, legal ones too', async () => {
  const { source } = await bundleVat(join(fixture, 'counter.ts'))
  assert.ok(!source.includes('legal') && !source.includes('__PURE__') && !source.includes('//'))
})

// Bv2, Mg1, Mg2.
test('the same tree in two folders gives the same bytes', async () => {
  const deep = join(scratch, 'a', 'deeper', 'folder', 'than', 'the-other')
  const copies = [join(scratch, 'copy'), deep]
  for (const copy of copies) await cp(fixture, copy, { recursive: true })
  // What stands above the tree changes nothing.
  await writeFile(
    join(scratch, 'a', 'tsconfig.json'),
    '{ "compilerOptions": { "target": "ES5", "jsx": "react" } }',
  )
  const [first, second] = await Promise.all(copies.map((copy) => bundleVat(join(copy, 'counter.ts'))))
  assert.deepEqual(first?.bytes, second?.bytes)
  assert.deepEqual(first?.inputs, second?.inputs)
  assert.ok(!first?.source.includes(scratch))
})

test('the same entry by way of a link and of a relative path gives the same bytes', async () => {
  const link = join(scratch, 'link')
  await symlink(fixture, link)
  const original = await bundleVat(join(fixture, 'counter.ts'))
  assert.deepEqual((await bundleVat(join(link, 'counter.ts'))).bytes, original.bytes)
  const cwd = process.cwd()
  process.chdir(fixture)
  try {
    assert.deepEqual((await bundleVat('counter.ts')).bytes, original.bytes)
  } finally {
    process.chdir(cwd)
  }
})

interface Refusal {
  readonly files: Readonly<Record<string, string>>
  readonly code: string
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
  readonly says: RegExp
}

const root = 'export const buildRootObject = () => 1\n'
const refusals: Readonly<Record<string, Refusal>> = {
  'a syntax error': {
    files: { 'vat.ts': `${root}export const = 3` },
    code: 'bundle/syntax',
    place: { file: 'vat.ts', line: 2, column: 14 },
    says: /vat\.ts:2:14: Expected identifier but found "="\n {4}export const = 3/,
  },
  'a syntax error in a library': {
    files: { 'vat.ts': `import './lib/bad.js'; ${root}`, 'lib/bad.js': '\n\nlet x = ;' },
    code: 'bundle/syntax',
    place: { file: 'lib/bad.js', line: 3, column: 9 },
    says: /lib\/bad\.js:3:9/,
  },
  'an await at the top': {
    files: { 'vat.js': `await 1; ${root}` },
    code: 'bundle/top-level-await',
    place: { file: 'vat.js', line: 1, column: 1 },
    says: /cannot wait while it is loaded/,
  },
  'operators that are a comment elsewhere': {
    files: { 'vat.js': `${root}export const f = (x) => 1<!--x` },
    code: 'bundle/syntax',
    place: { file: 'vat.js', line: 2, column: 26 },
    says: /put a space/,
  },
  'a package that is not there': {
    files: { 'vat.ts': `import 'nowhere'\n${root}` },
    code: 'bundle/missing-import',
    place: { file: 'vat.ts', line: 1, column: 8 },
    says: /Could not resolve "nowhere"/,
  },
  'a file that is not there': {
    files: { 'vat.ts': `import './nowhere.ts'\n${root}` },
    code: 'bundle/missing-import',
    place: { file: 'vat.ts', line: 1, column: 8 },
    says: /\.\/nowhere\.ts/,
  },
  'a name that the other file does not export': {
    files: { 'vat.js': `import { b } from './a.ts'\nexport { b }\n${root}`, 'a.ts': 'export const a = 1' },
    code: 'bundle/missing-import',
    place: { file: 'vat.js', line: 1, column: 10 },
    says: /No matching export in "a\.ts" for import "b"/,
  },
  'a module of Node': {
    files: { 'vat.ts': `import fs from 'node:fs'\nexport { fs }\n${root}` },
    code: 'bundle/missing-import',
    place: { file: 'vat.ts', line: 1, column: 16 },
    says: /part of Node, and a vat has no files/,
  },
  'a module of Node without its prefix': {
    files: { 'vat.js': `${root}export const p = require('path')` },
    code: 'bundle/missing-import',
    place: { file: 'vat.js', line: 2, column: 26 },
    says: /part of Node/,
  },
  'a dynamic import of a literal': {
    files: { 'vat.ts': `${root}export const f = () => import('./a.ts')`, 'a.ts': 'export const a = 1' },
    code: 'bundle/dynamic-import',
    place: { file: 'vat.ts', line: 2, column: 31 },
    says: /Import it statically/,
  },
  'a dynamic import of a computed name in a library': {
    files: {
      'vat.ts': `import { load } from './lib/load.ts'\nexport { load }\n${root}`,
      'lib/load.ts': 'interface X {}\n\nexport const load = (name: string): unknown =>\n  import(name)',
    },
    code: 'bundle/dynamic-import',
    place: { file: 'lib/load.ts', line: 4, column: 3 },
    says: /lib\/load\.ts:4:3: A vat cannot import at run time/,
  },
  'no buildRootObject': {
    files: { 'vat.ts': 'export const other = 1; export default 2' },
    code: 'bundle/no-build-root-object',
    says: /vat\.ts has no export buildRootObject; it exports default, other/,
  },
  'nothing exported': {
    files: { 'vat.ts': 'const buildRootObject = 1' },
    code: 'bundle/no-build-root-object',
    says: /it exports nothing/,
  },
}

for (const [situation, { files, code, place, says }] of Object.entries(refusals)) {
  // Bv4, Mg4, Ss4.
  test(`refused: ${situation}`, async () => {
    const error = await bundleVat(await tree(files)).catch((reason: unknown) => reason)
    assert.ok(error instanceof CodedError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, says)
    const { file, line, column, text } = error.detail
    if (place !== undefined) assert.deepEqual({ file, line, column }, place)
    if (place !== undefined) assert.ok(typeof text === 'string' && error.message.includes(text))
  })
}

test('a function is bundled with what it imports, and is the default of the exports', async () => {
  const entry = await tree({
    'fee.ts': `import { half } from './half.ts'; export default (n: number) => half(n) + 1`,
    'half.ts': 'export const half = (n: number) => n / 2',
  })
  const { source, inputs } = await bundleFunction(entry)
  assert.deepEqual(inputs, ['fee.ts', 'half.ts'])
  assert.equal(await inCompartment(source, '(e) => e.default(4)'), 3)
})

test('refused: a function whose entry has no default export, or is not there', async () => {
  const entry = await tree({ 'fee.ts': 'export const fee = () => 1' })
  await assert.rejects(bundleFunction(entry), {
    code: 'bundle/no-default-export',
    message: /fee\.ts has no export default; it exports fee/,
  })
  await assert.rejects(bundleFunction(join(scratch, 'nowhere.ts')), { code: 'bundle/entry-not-found' })
})

test('refused: an entry that is not there, or is a folder', async () => {
  await assert.rejects(bundleVat(join(scratch, 'nowhere.ts')), { code: 'bundle/entry-not-found' })
  await assert.rejects(bundleVat(scratch), { code: 'bundle/entry-not-found' })
})

test('refused: a bundle over the limit', async () => {
  const entry = await tree({ 'vat.ts': `${root}export const text = '${'x'.repeat(1000)}'` })
  await assert.rejects(bundleVat(entry, { limitBytes: 1000 }), {
    code: 'bundle/too-large',
    message: /has \d{4} bytes; the limit is 1000/,
  })
  assert.ok((await bundleVat(entry)).bytes.length > 1000)
})
