/**
 * The pages of `docs/` that are generated: they are complete and up to date, and their links lead somewhere.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { rejectionHints, startHints } from '../../src/cli/output/hints.ts'
import { defaults } from '../../src/host/open.ts'
import { codes } from '../../src/protocol/codes.ts'
import * as wireLimits from '../../src/protocol/limits.ts'
import { warningCodes } from '../../src/protocol/reports/upgradeCheck.ts'
import { limits as storeLimits } from '../../src/store/files/limits.ts'
import { pages } from '../../tools/tables/build.ts'
import { constantOf } from '../../tools/tables/constants.ts'
import { internal, sections } from '../../tools/tables/limitRows.ts'
import { anchorsOf, linksOf } from '../../tools/tables/markdown.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

for (const [path, text] of Object.entries(pages)) {
  test(`${path} is what its sources make of it`, () => {
    assert.equal(read(path), text(), `${path} is stale: run \`npm run pages\``)
  })

  test(`every link in ${path} leads to a file, and to a heading in it`, () => {
    const page = text()
    const broken = linksOf(page).filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchorsOf(file === '' ? page : read(target)).includes(anchor)
    })
    assert.deepEqual(broken, [])
  })

  test(`no two headings in ${path} share an anchor`, () => {
    const anchors = anchorsOf(text())
    assert.deepEqual(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index), [])
  })
}

/** Sources in which a code can come about. The others list or present codes. */
const raising = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(
    (path) => path.endsWith('.ts') && !/^(sim|protocol)\/|^cli\/output\/(hints|problem)\.ts$/.test(path),
  )
  .map((path) => read(join('src', path)))

const unused = (all: readonly string[]): readonly string[] =>
  all.filter((code) => !raising.some((text) => text.includes(`'${code}'`)))

test('every code of a refusal, a rejection, a refused start and a warning is raised somewhere', () => {
  const all = [codes, rejectionHints, startHints].flatMap((texts) => Object.keys(texts))
  assert.deepEqual(unused([...all, ...warningCodes]), [])
})

test('a code that nothing raises is found', () => {
  assert.deepEqual(unused(['store/not-found', 'store/never-raised']), ['store/never-raised'])
})

const listed = new Set([...sections.flatMap(({ rows }) => rows.map(({ name }) => name)), ...internal])
const namesOf = (name: string, value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.keys(value).map((key) => `${name}.${key}`) : [name]

test('every limit of the wires and of the store is on the page, or said to be internal', () => {
  const wire = Object.entries(wireLimits).flatMap(([name, value]) => namesOf(name, value))
  const names = [...wire, ...namesOf('limits', storeLimits)]
  assert.deepEqual(names.filter((name) => !listed.has(name)), [])
})

test('every default of a store is on the page', () => {
  assert.deepEqual(Object.keys(defaults).filter((name) => !listed.has(name)), [])
})

test('a limit that a source does not have is an error, not a hole in the page', () => {
  assert.throws(
    () => constantOf('machine/trace/testLog.ts', 'mostPages'),
    /src\/machine\/trace\/testLog\.ts has no number mostPages/,
  )
})
