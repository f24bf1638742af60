/** How the figures of the benchmark against the peer are put side by side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, table, type Measured } from '../../bench/peer/comparison.ts'
import type { Unit } from '../../bench/peer/row.ts'
import type { SystemName } from '../../bench/peer/system.ts'

const measured = (round: number, system: SystemName, value: number, unit: Unit): Measured => ({
  row: 'row',
  round,
  system,
  outcome: { kind: 'figures', figures: [{ what: 'work', value, unit }] },
})

/** The second round is on a machine that has become half as fast. */
const rounds = (ours: number, theirs: number, unit: Unit): readonly Measured[] =>
  [1, 2].flatMap((slower, round) => {
    const scaled = (value: number): number => (unit === '/s' ? value / slower : value * slower)
    return [
      measured(round, 'heirloom', scaled(ours), unit),
      measured(round, 'swingset-v8', scaled(theirs), unit),
    ]
  })

test('a ratio is what Heirloom needs as a multiple of what the other needs, for rates too', () => {
  const [rate] = compare(rounds(1_000, 250, '/s'))
  assert.equal(rate?.ratios['swingset-v8'], 0.25)
  const [time] = compare(rounds(30, 20, 'ms'))
  assert.equal(time?.ratios['swingset-v8'], 1.5)
})

test('ratios are those of each round, and values the medians of all', () => {
  const [line] = compare([
    ...rounds(10, 20, 'ms'),
    measured(2, 'heirloom', 1_000, 'ms'),
    measured(2, 'swingset-v8', 2_000, 'ms'),
  ])
  assert.equal(line?.values.heirloom, 20)
  assert.equal(line?.ratios['swingset-v8'], 0.5)
})

test('a system that failed or has no such figure leaves a gap, and no ratio', () => {
  const lines = compare([
    measured(0, 'heirloom', 10, 'ms'),
    { row: 'row', round: 0, system: 'swingset-xs', outcome: { kind: 'failed', message: 'no compiler' } },
  ])
  assert.deepEqual(lines[0]?.values, { heirloom: 10, 'swingset-v8': null, 'swingset-xs': null })
  assert.equal(lines[0]?.ratios['swingset-xs'], null)
  assert.match(table(lines, ['heirloom', 'swingset-xs']), /^\| work \| 10\.0 ms \| – \| – \|$/m)
})
