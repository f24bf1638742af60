/** The page of a report: complete, self-contained, and no text of a vat is read as HTML. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportPage, type ReplayReport, type VatReplay } from '../../src/replay/index.ts'
import type { BundleId, VatId, WorkerId } from '../../src/base/ids.ts'

const nasty = `<script>alert("1")</script>&'\u202e\u0007`
const own = {
  name: nasty,
  worker: 'w1-0' as WorkerId,
  bundle: 'b1-0' as BundleId,
  deliveries: 10,
  matched: 7,
  computrons: { recorded: 100n, replayed: 150n },
  ms: 1_000,
}
const difference = {
  position: 1_234,
  why: 'differs',
  delivery: nasty,
  message: 'it sent something else',
  recorded: nasty,
  sent: null,
  syscall: 5_678,
  stop: nasty,
  lines: [{ level: 'log', text: nasty, after: 0 }],
} as const
const vats: readonly VatReplay[] = [
  { ...own, vat: 'v1' as VatId, class: 'identical' },
  { ...own, vat: 'v2' as VatId, class: 'metering-only', metering: { first: 3, deliveries: 4 } },
  { ...own, vat: 'v3' as VatId, class: 'divergent', difference },
  { ...own, vat: 'v4' as VatId, class: 'exhausts', difference },
  { ...own, vat: 'v5' as VatId, class: 'cannot-load', message: nasty, difference },
  { ...own, vat: 'v6' as VatId, class: 'unavailable', code: 'store/pruned', message: nasty },
]
const report: ReplayReport = {
  passed: false,
  height: 42,
  worker: 'w1-0' as WorkerId,
  threads: 2,
  ms: 5_000,
  vats,
  rollout: {
    vats: 1,
    deliveries: 10,
    serialMs: 7_000,
    parallelMs: 4_000,
    ofVats: [{ vat: 'v1' as VatId, name: nasty, ms: 7_000 }],
  },
}

test('it says everything, for every class', () => {
  const page = reportPage(report)
  for (const text of ['failed', 'w1-0', '7 of 10', '× 1.5000', 'Delivery 1234', 'syscall 5678', 'store/pruned'])
    assert.ok(page.includes(text), text)
  for (const vat of vats) assert.ok(page.includes(`<td class="${vat.class}">`), vat.class)
  assert.match(page, /about 7\.00 s one after another, and 4\.00 s/)
  assert.match(reportPage({ ...report, passed: true }), /passed/)
})

test('Rpp1, Rpp2: no text is read as HTML, and nothing outside of the page is referred to', () => {
  const page = reportPage(report)
  assert.ok(page.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\\u202e\\u0007'))
  assert.doesNotMatch(page, /<script|<link|<img|src=|href=|url\(|@import|\u202e|\u0007/)
  assert.deepEqual(
    [...new Set([...page.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag))].toSorted(),
    ['body', 'h1', 'h2', 'h3', 'head', 'html', 'meta', 'p', 'pre', 'style', 'table', 'td', 'th', 'title', 'tr'],
  )
})

test('what is not known is said', () => {
  const rollout = { ...report.rollout, serialMs: null, parallelMs: null }
  assert.match(reportPage({ ...report, worker: null, vats: [], rollout }), /could not be built[^]*nothing was replayed/)
})
