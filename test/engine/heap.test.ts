import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { AssertionFault } from '../../src/base/errors.ts'
import { bundleId, type Hash } from '../../src/base/ids.ts'
import { decodeManifest, encodeManifest } from '../../src/engine/heap.ts'
import type { HeapSnapshot, Manifest } from '../../src/protocol/worker/heap.ts'
import { Worker } from '../../src/engine/worker.ts'
import { heapLimit, imageOf, outcomeOf, releases, run, type Release } from './engines.ts'

/** A store of pages, as whoever keeps snapshots has one: it checks what it gives. */
class Pages {
  readonly #pages = new Map<Hash, Uint8Array>()

  /** Keeps the worker's changes and gives what it can be restored from. */
  keep(worker: Worker): HeapSnapshot {
    const changes = worker.changes()
    for (const page of changes.added) this.#pages.set(page.hash, Uint8Array.from(page.bytes))
    worker.adopt(changes)
    return { manifest: decodeManifest(changes.manifestBytes), page: (name) => this.page(name) }
  }

  page(name: Hash): Uint8Array {
    const bytes = this.#pages.get(name)
    assert.ok(bytes !== undefined, `no page ${name}`)
    assert.equal(hash('sha256', bytes, 'hex'), name)
    return Uint8Array.from(bytes)
  }
}

/** A generator of numbers that is the same each time. */
function* chances(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

const scripts = [
  'state.count = (state.count ?? 0) + 1',
  '(state.list ??= []).push({ n: state.count, text: "abc".repeat(20) })',
  '(state.map ??= new Map()).set(String(state.count), [state.count]).size',
  'state.list?.splice(0, 3).length',
  'Array.from({ length: 300 }, (_, n) => ({ n })).filter(({ n }) => n % 2).length',
  'Promise.resolve(1).then((n) => { state.last = n; return ask("question") })',
  '(() => { const ring = {}; ring.ring = ring; return 1 })()',
  'new Uint8Array(3000).fill(7).length',
]
const growing = '(state.large ??= []).push(new Uint8Array(400_000).fill(state.large.length + 1))'

/** Runs the scripts, restoring the worker before those deliveries that `restoreBefore` names. */
function course(
  release: Release,
  texts: readonly string[],
  restoreBefore: ReadonlySet<number>,
): { hash: Hash; computrons: bigint[] } {
  const image = imageOf(release)
  const pages = new Pages()
  let worker = Worker.start(image, heapLimit)
  const computrons = texts.map((text, index) => {
    if (restoreBefore.has(index)) {
      const snapshot = pages.keep(worker)
      worker.discard()
      worker = Worker.restore(image, snapshot, heapLimit)
    }
    const outcome = outcomeOf(worker, text, (question) => `answer to ${question}`)
    assert.equal(outcome.kind, 'done')
    return outcome.computrons
  })
  return { hash: worker.heapHash(), computrons }
}

for (const release of releases) {
  const start = (): Worker => Worker.start(imageOf(release), heapLimit)

  // Hpg2.
  test(`${release}: a heap restored in the middle has the same hash, for the same computrons, as one that ran straight through`, () => {
    const chance = chances(7)
    const next = (): number => chance.next().value as number
    const texts = Array.from({ length: 120 }, () => scripts[Math.floor(next() * scripts.length)]!)
    const straight = course(release, texts, new Set())
    for (let round = 0; round < 4; round += 1) {
      const points = new Set(Array.from({ length: 1 + round * 4 }, () => Math.floor(next() * texts.length)))
      assert.deepEqual(course(release, texts, points), straight)
    }
  })

  // Gst3.
  test(`${release}: the same holds when the heap grew before, between and after the snapshots`, () => {
    const texts = Array.from({ length: 24 }, (_, index) =>
      index % 3 === 1 ? growing : scripts[index % scripts.length]!,
    )
    const straight = course(release, texts, new Set())
    assert.deepEqual(course(release, texts, new Set([2, 3, 11, 20])), straight)
    assert.deepEqual(course(release, texts, new Set(texts.keys())), straight)
  })

  test(`${release}: heaps that differ in one value have different hashes`, () => {
    const [first, second] = [start(), start()]
    assert.equal(first.heapHash(), second.heapHash())
    run(first, 'state.x = 1000001')
    run(second, 'state.x = 1000002')
    assert.notEqual(first.heapHash(), second.heapHash())
  })

  test(`${release}: a worker that has done nothing differs from its image in nothing`, () => {
    const changes = start().changes()
    assert.deepEqual([changes.added.length, changes.manifest.pages.length], [0, 0])
    assert.equal(changes.manifest.image, imageOf(release).id)
  })

  test(`${release}: a snapshot after 100 small deliveries is small, and one after nothing more is empty`, () => {
    const worker = start()
    const pages = new Pages()
    run(worker, 'state.count = 0')
    pages.keep(worker)
    for (let round = 0; round < 100; round += 1) run(worker, 'state.count += 1')
    const changes = worker.changes()
    assert.ok(changes.added.length > 0 && changes.added.length <= 30, `${changes.added.length} pages`)
    assert.ok(changes.manifestBytes.length < 4000)
    worker.adopt(changes)
    assert.equal(worker.changes().added.length, 0)
    assert.equal(worker.changes().heapHash, changes.heapHash)
  })

  test(`${release}: Hpg3: asking for the changes changes nothing, and they stay what they were`, () => {
    const worker = start()
    run(worker, 'state.x = 1')
    const before = worker.changes()
    const pages = before.added.map(({ bytes }) => hash('sha256', bytes, 'hex'))
    assert.deepEqual(worker.changes().added.map(({ hash: name }) => name), pages)
    run(worker, 'state.x = { y: 2 }')
    assert.deepEqual(before.added.map(({ bytes }) => hash('sha256', bytes, 'hex')), pages)
    worker.adopt(before)
    const after = worker.changes()
    assert.ok(after.added.length > 0)
    assert.notEqual(after.heapHash, before.heapHash)
    assert.throws(() => worker.adopt(before), AssertionFault)
  })

  test(`${release}: equal pages are kept once`, () => {
    const worker = start()
    run(worker, 'void (state.large = new Uint8Array(1_000_000).fill(9))')
    const { added, manifest } = worker.changes()
    assert.ok(manifest.pages.length > 240)
    assert.ok(added.length < 60, `${added.length} different pages`)
    assert.equal(new Set(added.map(({ hash: name }) => name)).size, added.length)
  })

  test(`${release}: memory that grew and is all zero is not listed, but its size is`, () => {
    const worker = start()
    run(worker, 'void (state.large = new Uint8Array(4_000_000))')
    const { manifest } = worker.changes()
    assert.ok(
      manifest.memoryPages * 65_536 === worker.heapBytes &&
        worker.heapBytes > imageOf(release).memory.length + 3_000_000,
    )
    assert.ok(manifest.pages.length < 100, `${manifest.pages.length} pages`)
    const restored = Worker.restore(imageOf(release), new Pages().keep(worker), heapLimit)
    assert.deepEqual([restored.heapBytes, restored.heapHash()], [worker.heapBytes, worker.heapHash()])
  })

  test(`${release}: a heap is not restored on another image`, () => {
    const other = imageOf(releases.find((each) => each !== release)!)
    assert.throws(() => Worker.restore(other, new Pages().keep(start()), heapLimit), AssertionFault)
  })
}

const sample: Manifest = {
  image: bundleId('ab'.repeat(32) as Hash),
  bundle: null,
  memoryPages: 3,
  globals: [1_048_576, -5n, 0.5],
  pages: [{ index: 0, hash: '01'.repeat(32) as Hash }, { index: 47, hash: 'ff'.repeat(32) as Hash }],
}

test('a manifest is read back as it was written', () => {
  assert.deepEqual(decodeManifest(encodeManifest(sample)), sample)
  const onBundle = { ...sample, bundle: bundleId('cd'.repeat(32) as Hash) }
  assert.deepEqual(decodeManifest(encodeManifest(onBundle)), onBundle)
  const empty = { ...sample, globals: [], pages: [] }
  assert.deepEqual(decodeManifest(encodeManifest(empty)), empty)
})

test('bytes that are not a manifest are refused', () => {
  const bytes = Buffer.from(encodeManifest(sample))
  const refused = (broken: Uint8Array, what: string): void =>
    assert.throws(() => decodeManifest(broken), { code: 'store/corrupt-snapshot' }, what)
  for (let length = 0; length < bytes.length; length += 1)
    refused(bytes.subarray(0, length), `cut at ${length}`)
  refused(Buffer.concat([bytes, Buffer.alloc(1)]), 'longer')
  refused(Buffer.concat([Buffer.from('HLH2'), bytes.subarray(4)]), 'another format')
  refused(Buffer.alloc(200, 0xff), 'garbage')
  /** The two pages of the sample, at other indexes (Hpg1). */
  const withIndexes = (first: number, second: number): Buffer => {
    const changed = Buffer.from(bytes)
    changed.writeUInt32LE(first, bytes.length - 72)
    changed.writeUInt32LE(second, bytes.length - 36)
    return changed
  }
  assert.deepEqual(withIndexes(0, 47), bytes)
  refused(withIndexes(47, 0), 'out of order')
  refused(withIndexes(0, 0), 'twice')
  refused(Buffer.from(encodeManifest({ ...sample, memoryPages: 2 })), 'behind the end of the memory')
  const oddGlobal = Buffer.from(bytes)
  oddGlobal[44] = 9
  refused(oddGlobal, 'a global of no kind')
})
