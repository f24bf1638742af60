/** The benchmark against the peer, from beginning to end at small sizes, where the peer is installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import type { Compared } from '../../bench/peer/comparison.ts'
import { isInstalled } from '../../bench/peer/install.ts'
import { rows } from '../../bench/peer/rows.ts'

interface Printed {
  readonly lines: readonly Compared[]
  readonly withoutXs: string | null
}

const skip = isInstalled()
  ? false
  : 'bench/peer/node_modules is missing: `npm run bench:peer -- --quick` installs the peer'

test('every row gives figures of both, and its answers are right', { skip }, () => {
  const run = join(import.meta.dirname, '..', '..', 'bench', 'peer', 'run.ts')
  const { status, stdout, stderr } = spawnSync(execPath, [run, '--quick', '--json'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const { lines, withoutXs } = JSON.parse(stdout) as Printed
  for (const { name } of rows) {
    const [line] = lines.filter(({ row }) => row === name)
    assert.ok((line?.values.heirloom ?? 0) > 0, name)
    // Vats in SwingSet's own process have no snapshots.
    if (name !== 'snapshot') assert.ok((line?.ratios['swingset-v8'] ?? 0) > 0, name)
    if (withoutXs === null) assert.ok((line?.ratios['swingset-xs'] ?? 0) > 0, name)
  }
})
