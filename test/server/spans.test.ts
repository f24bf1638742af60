/** Spans of blocks: what they say, that each block has one, and that a collector holds up nothing. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { openSpanExport } from '../../src/cli/session/node/spanExport.ts'
import { SpanQueue } from '../../src/cli/session/node/spanQueue.ts'
import { Application } from '../../src/node/index.ts'
import { openCollector, type CollectedSpan, type Collector } from '../kit/collector.ts'
import { alice, bob, genesisOf, openNode, temporaryDirectory, transactionOf, transfer } from './kit.ts'

const vote = { 'governance.period': 2 }

async function open(t: TestContext) {
  const collector = await openCollector(t)
  const telemetry = openSpanExport({ url: `${collector.url}/v1/traces`, onChange: (failure) => assert.fail(String(failure)) })
  const genesis = await genesisOf({ vats: true, parameters: vote })
  const node = await openNode(t, { genesis, server: { telemetry } })
  const include = async (bytes: Uint8Array): Promise<void> => {
    const { hash } = node.sequencer.submit(bytes)
    assert.equal((await node.sequencer.included(hash, 900, AbortSignal.timeout(60_000))).kind, 'included')
  }
  return { ...node, collector, telemetry, include }
}

const blocksOf = ({ spans }: Collector): readonly CollectedSpan[] => spans.filter(({ name }) => name === 'heirloom.block')

const heightsOf = (collector: Collector): readonly number[] =>
  blocksOf(collector).map(({ attributes }) => Number(attributes['heirloom.block.height']))

const upTo = (height: number): readonly number[] => Array.from({ length: height }, (_, at) => at + 1)

const suspend = { kind: 'kernel/suspend', vat: 'mirror', reason: 'a test' }

test('Tel1, Tel2: each block has a span with its parts, and the app hash that it has without', async (t) => {
  const node = await open(t)
  const { collector, sequencer, include } = node
  const spin = { kind: 'kernel/send', to: 'mirror', method: 'spin', args: [10_000] } as const
  await include(transactionOf(alice, spin))
  const wrong = transfer(alice, bob, '1', { chain: 'other' })
  sequencer.submit(wrong)
  await include(transfer(alice, bob, '2000000000'))
  await include(transactionOf(alice, { kind: 'governance/propose', title: '', messages: [suspend] }))
  for (const member of [alice, bob])
    await include(transactionOf(member, { kind: 'governance/vote', proposal: 1, choice: 'yes' }))
  while (sequencer.application.hasWork) await sleep(10)
  const { height } = sequencer.application.info
  await sequencer.stop()
  await node.telemetry.close()
  assert.deepEqual(heightsOf(collector), upTo(height))
  for (const block of blocksOf(collector)) checkParts(block, collector)
  const attributes = blocksOf(collector).map((block) => block.attributes)
  const sum = (name: string): number => attributes.reduce((all, each) => all + Number(each[name] ?? 0), 0)
  assert.equal(sum('heirloom.block.transactions'), 5)
  assert.equal(sum('heirloom.block.code.ok'), 4)
  assert.equal(sum('heirloom.block.code.ledger/insufficient'), 1)
  assert.ok(sum('heirloom.block.computrons') > 10_000 && sum('heirloom.block.deliveries') > 1)
  const operations = collector.spans.filter(({ name }) => name === 'heirloom.operation')
  assert.deepEqual(operations.map(({ attributes: each }) => each['heirloom.operation.kind']), ['kernel/suspend'])
  assert.equal(collector.resources[0]?.['service.name'], 'heirloom-node')

  const directory = join(temporaryDirectory(t), 'store')
  const untold = await Application.open({ directory, genesis: node.genesis })
  t.after(() => untold.close())
  for (const each of attributes) {
    const block = sequencer.blocks.block(Number(each['heirloom.block.height']))
    assert.ok(block !== undefined)
    assert.equal((await untold.deliver(block)).appHash, each['heirloom.block.app_hash'])
    await untold.commit()
  }
})

/** The parts of a block follow each other without gaps, from its beginning to its end. */
function checkParts(block: CollectedSpan, { spans }: Collector): void {
  const parts = spans.filter(({ parent }) => parent === block.id)
  const names = parts.map(({ name }) => name.replace('heirloom.block.', ''))
  const all = ['transactions', 'operations', 'handing', 'run', 'settling', 'commit']
  assert.deepEqual(names, all.filter((name) => name !== 'operations' || names.includes('operations')))
  for (const [at, part] of parts.entries()) {
    assert.equal(part.trace, block.trace)
    assert.equal(part.to, parts[at + 1]?.from ?? block.to)
    for (const inner of spans.filter(({ parent }) => parent === part.id))
      assert.deepEqual([inner.name, part.from <= inner.from && inner.to <= part.to], ['heirloom.operation', true])
  }
  assert.ok((parts[0]?.from ?? 0n) >= block.from)
}

test('Tel1: a block that fails and is delivered again has one span, when it is committed', async (t) => {
  const { application, sequencer, collector, telemetry, include } = await open(t)
  await include(transfer(alice, bob))
  const { height } = application.info
  const { commit } = application
  let failures = 0
  application.commit = () => {
    failures += 1
    if (failures === 2) application.commit = commit
    return Promise.reject(new Error('the disk is full'))
  }
  await include(transfer(alice, bob))
  while (application.hasWork) await sleep(10)
  await sequencer.stop()
  await telemetry.close()
  assert.equal(failures, 2)
  assert.ok(application.info.height > height)
  assert.deepEqual(heightsOf(collector), upTo(application.info.height))
})

const limits = { queue: 5, batch: 2, delay: 0, closing: 50 }

/** A queue to the collector, and a function that ends spans. */
function queueTo(collector: Collector) {
  const changes: (string | null)[] = []
  const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces`, timeoutMillis: 500 })
  const queue = new SpanQueue(exporter, limits, (failure) => void changes.push(failure))
  const tracer = new BasicTracerProvider({ spanProcessors: [queue] }).getTracer('test')
  const end = (count: number): void => {
    for (let at = 0; at < count; at += 1) tracer.startSpan('a span').end()
  }
  return { queue, changes, end }
}

test('Spq1, Spq2: a collector that never answers holds up nothing, and each span is counted once', async (t) => {
  const collector = await openCollector(t, 'silent')
  const { queue, end } = queueTo(collector)
  end(20)
  assert.deepEqual(queue.counts, { sent: 0, full: 15, failed: 0 })
  while (collector.requests === 0) await sleep(1)
  end(4)
  assert.deepEqual(queue.counts, { sent: 0, full: 17, failed: 0 }, 'two are on their way')
  await queue.shutdown()
  end(1)
  assert.equal(queue.counts.full, 18)
  while (queue.counts.failed < 7) await sleep(5)
  assert.deepEqual(queue.counts, { sent: 0, full: 18, failed: 7 })
})

test('Spq3: spans that a collector refuses are lost, once it takes them again they arrive', async (t) => {
  const collector = await openCollector(t, 'refusing')
  const { queue, changes, end } = queueTo(collector)
  end(2)
  await queue.forceFlush()
  end(1)
  await queue.forceFlush()
  assert.deepEqual([queue.counts.failed, changes.length], [3, 1])
  assert.equal(typeof changes[0], 'string')
  collector.mode = 'taking'
  end(5)
  await queue.shutdown()
  assert.deepEqual([queue.counts, collector.spans.length], [{ sent: 5, full: 0, failed: 3 }, 5])
  assert.deepEqual(changes.slice(1), [null])
})
