/** Spans of a node that is a process of its own: over signals and kills, and at collectors that fail. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCollector, type Collector } from '../kit/collector.ts'
import { heightOf, homeWithKeys, json, startNode, until, untilSaid } from './nodeSupport.ts'

const heightsOf = ({ spans }: Collector): readonly number[] =>
  spans.flatMap(({ name, attributes }) =>
    name === 'heirloom.block' ? [Number(attributes['heirloom.block.height'])] : [],
  )

/** What became of the spans, by the metrics of the node. */
async function countsOf(url: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const rows = [...text.matchAll(/^heirloom_spans_total\{outcome="(\w+)"\} (\d+)$/gm)]
  return Object.fromEntries(rows.map(([, outcome, count]) => [outcome, Number(count)]))
}

const pay = (home: string, url: string): Promise<Record<string, unknown>> =>
  json(['tx', 'ledger/transfer', 'to=bob', 'amount=1', '--key', 'alice', '--home', home, '--node', url])

test('Tel1: over kills and signals no block has two spans, and a node that ends sends the last one', { timeout: 300_000 }, async (t) => {
  const [home, collector] = [await homeWithKeys(t), await openCollector(t)]
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'region=north' }
  for (let round = 1; round <= 3; round += 1) {
    const { url, child, ended } = await startNode(t, home, [], env)
    const before = heightsOf(collector).length
    await pay(home, url)
    await until(() => Promise.resolve(heightsOf(collector).length > before))
    await pay(home, url)
    child.kill('SIGKILL')
    await ended
  }
  const last = await startNode(t, home, ['--otlp', `${collector.url}/`])
  const begins = Number(/at height (\d+)/.exec(last.err())?.[1])
  await pay(home, last.url)
  await until(async () => ((await countsOf(last.url))['sent'] ?? 0) > 0)
  await pay(home, last.url)
  last.child.kill('SIGTERM')
  const { code, out } = await last.ended
  assert.equal(code, 0)
  const height = Number(/at height (\d+)/.exec(out)?.[1])
  const heights = heightsOf(collector)
  assert.equal(new Set(heights).size, heights.length)
  assert.deepEqual([...heights].sort((one, other) => one - other), heights)
  const own = Array.from({ length: height - begins }, (_, at) => begins + 1 + at)
  assert.deepEqual(heights.slice(-own.length), own, 'every block of the process that ended well')
  assert.equal(collector.resources[0]?.['region'], 'north')
})

for (const [situation, mode] of [
  ['cannot be reached', 'nowhere'],
  ['never answers', 'silent'],
] as const)
  test(`a collector that ${situation} stops neither blocks nor the end of a node`, { timeout: 300_000 }, async (t) => {
    const home = await homeWithKeys(t)
    const collector = mode === 'silent' ? await openCollector(t, 'silent') : { url: 'http://127.0.0.1:1' }
    const node = await startNode(t, home, ['--otlp', collector.url])
    await pay(home, node.url)
    await untilSaid(node, /spans are lost, and blocks go on: 127\.0\.0\.1:\d+: /)
    const height = await heightOf(node.url)
    assert.equal((await pay(home, node.url))['kind'], 'included')
    assert.ok((await heightOf(node.url)) > height)
    const { sent, failed = 0 } = await countsOf(node.url)
    assert.deepEqual([sent, failed > 0], [0, true])
    node.child.kill('SIGTERM')
    const { code, out } = await node.ended
    assert.deepEqual([code, /^the node is at height \d+\n$/.test(out)], [0, true])
  })
