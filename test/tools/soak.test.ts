/** What the soak (`bench/soak.ts`) makes of its measurements. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plot } from '../../bench/soak/plot.ts'
import { slopeOf, trendOf } from '../../bench/soak/series.ts'

const points = (value: (minute: number) => number, count = 60) =>
  Array.from({ length: count }, (_, at) => ({ at, value: value(at) }))

test('a series that stays is flat, whatever noise and outliers are in it', () => {
  const noise = (at: number): number => ((at * 7919) % 13) - 6
  assert.equal(trendOf('steady', points(() => 100), 0.1).verdict, 'flat')
  assert.equal(trendOf('noisy', points((at) => 100 + noise(at)), 0.1).verdict, 'flat')
  assert.equal(trendOf('spikes', points((at) => (at % 5 === 0 ? 900 : 100)), 0.1).verdict, 'flat')
  assert.equal(trendOf('falls', points((at) => 200 - at), 0.1).verdict, 'flat')
})

test('a series that grows is found, under noise too', () => {
  const trend = trendOf('leaks', points((at) => 100 + at / 2 + ((at * 7919) % 13)), 0.1)
  assert.equal(trend.verdict, 'grows')
  assert.ok(trend.growthPerHour > 0.2 && trend.growthPerHour < 0.35, `${trend.growthPerHour}`)
  assert.equal(slopeOf(points((at) => 3 * at + 5)), 3)
  assert.equal(trendOf('short', points((at) => at, 9), 0.1).verdict, 'too few points')
})

test('a plot has a line for each series and a mark for each event', () => {
  const lines = [{ name: 'one', points: points((at) => at) }, { name: 'two & more', points: points(() => 2) }]
  const svg = plot('A < B', [{ title: 'Panel', unit: 'MiB', lines }], [5, 10])
  assert.equal([...svg.matchAll(/stroke-dasharray/g)].length, 2)
  assert.equal([...svg.matchAll(/fill="none"/g)].length, 2)
  assert.match(svg, /A &lt; B/)
  assert.match(svg, /two &amp; more/)
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
})
