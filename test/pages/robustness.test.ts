/** The tables of what entry points do with bad input are complete, and name tests that exist. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { verbs } from '../../src/cli/verbs.ts'
import { routes } from '../../src/server/index.ts'
import { project } from '../types/pages.ts'

const text = readFileSync(join(project, 'docs', 'robustness.md'), 'utf8')
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split(' | ').length === 6)
  .map((line) => line.slice(2, -2).split(' | '))
const entries = new Set(rows.map(([entry = '']) => entry.replaceAll('`', '')))

test('every route has a row', () => {
  assert.deepEqual(routes.filter(({ method, url }) => !entries.has(`${method} ${url}`)), [])
})

test('every command of nodes has a row', () => {
  const own = verbs.map(({ name }) => name).filter((name) => /^(?:(?:node|key|tx|gov) |query$)/.test(name))
  const rowOf = (name: string) => (name.startsWith('tx ') && name !== 'tx upload' ? 'tx with a kind of message' : name)
  assert.ok(own.length > 15)
  assert.deepEqual(own.filter((name) => !entries.has(rowOf(name))), [])
})

test('every row names tests, and they exist', () => {
  for (const [entry, , , , , by = ''] of rows.filter(([entry]) => entry !== 'entry point')) {
    const tests = [...by.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path)
    assert.ok(tests.length > 0, `${entry} names a test`)
    for (const path of tests) assert.ok(existsSync(join(project, path)), path)
  }
})
