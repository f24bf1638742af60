/** A short soak, from beginning to end. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { temporaryDirectory } from '../kit/world.ts'

test('a minute of load with a kill leaves a sound store, a table and a plot', (t) => {
  const out = join(temporaryDirectory(t), 'soak')
  const { status, stderr } = spawnSync(
    execPath,
    [
      join(import.meta.dirname, '..', '..', 'bench', 'soak.ts'),
      '--minutes',
      '1',
      '--seconds',
      '2',
      '--out',
      out,
    ],
    { encoding: 'utf8' },
  )
  const found = JSON.parse(readFileSync(`${out}.json`, 'utf8')) as {
    deviations: unknown[]
    kills: number
    samples: number
  }
  assert.deepEqual(found.deviations, [], stderr)
  assert.ok(found.kills >= 1 && found.samples >= 3, stderr)
  assert.ok(status === 0 || status === 1, 'whether it grows cannot be seen in so short a time')
  assert.equal(readFileSync(`${out}.csv`, 'utf8').trim().split('\n').length, found.samples + 1)
  assert.match(readFileSync(`${out}.svg`, 'utf8'), /^<svg /)
})
