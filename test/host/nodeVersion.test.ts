/** Which Nodes are taken: the launcher and what hosts import agree. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSupported, oldestNode, oldestSqlite } from '../../src/host/nodeVersion.ts'

const cases = [
  ['24.15.0', '3.51.3', true],
  ['24.21.0', '3.53.4', true],
  ['26.0.0', '3.51.0', true],
  ['24.14.1', '3.51.2', false],
  ['25.1.0', '3.50.4', false],
  ['24.9.0', undefined, false],
  ['22.22.0', '3.51.3', false],
  ['20.20.2', undefined, false],
] as const

for (const [node, sqlite, isTaken] of cases) {
  test(`Node ${node} with SQLite ${sqlite ?? 'missing'} is ${isTaken ? 'taken' : 'refused'}`, () => {
    assert.equal(isSupported(node, sqlite), isTaken)
  })
}

test('the launcher asks for the same versions', () => {
  const launcher = readFileSync(join(import.meta.dirname, '..', '..', 'bin', 'heirloom.mjs'), 'utf8')
  assert.match(launcher, new RegExp(`node: '${oldestNode}', sqlite: '${oldestSqlite}'`))
})

test('a program that imports heirloom on an older SQLite is refused before it opens anything', () => {
  const entry = join(import.meta.dirname, '..', '..', 'src', 'host', 'index.ts')
  const program = `Object.defineProperty(process.versions, 'sqlite', { value: '3.50.4' }); await import(${JSON.stringify(entry)})`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  assert.match(
    stderr,
    /heirloom needs Node 24\.15\.0 or newer with SQLite 3\.51\.0, and this is v\d+\.\d+\.\d+ with SQLite 3\.50\.4/,
  )
  assert.notEqual(status, 0)
})
