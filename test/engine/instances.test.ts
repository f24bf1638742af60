import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionFault } from '../../src/base/errors.ts'
import type { Image } from '../../src/engine/image.ts'
import { Worker } from '../../src/engine/worker.ts'
import {
  heapLimit,
  imageOf,
  noAnswer,
  outcomeOf,
  plenty,
  releases,
  run,
  scriptSupervisor,
} from './engines.ts'

/** How a worker can leave an instance in which another can start. */
const lives: Readonly<Record<string, (worker: Worker) => void>> = {
  'nothing done': () => {},
  'state in its heap': (worker) =>
    void run(worker, 'state.list = Array.from({ length: 100 }, (_, n) => ({ n, text: "abc" + n })), 1'),
  'an exception thrown from deep down': (worker) =>
    void run(
      worker,
      'state.deep = (n) => { if (n === 0) throw Error("deep"); return [state.deep(n - 1)] }, state.deep(50)',
    ),
  'garbage collected': (worker) =>
    void worker.deliver('(() => { const ring = {}; ring.ring = ring })()', null, plenty, noAnswer, 'before'),
}

/** How it can leave one that is of no use any more: calls into it have not returned. */
const deaths: Readonly<Record<string, (worker: Worker) => void>> = {
  'ran out of computrons': (worker) =>
    void worker.deliver(
      '(() => { for (;;) state.n = (state.n ?? 0) + 1 })()',
      null,
      { computrons: 1_000_000n },
      noAnswer,
    ),
  trapped: (worker) => void outcomeOf(worker, '(() => { state.n = 1; ask(5) })()'),
  'had a syscall that was not answered': (worker) => {
    const thrown = new Error('not answered')
    assert.throws(() => worker.deliver('ask("one")', null, plenty, () => { throw thrown }), thrown)
  },
}

const deliveries = [
  'state.count = (state.count ?? 0) + 1',
  'Object.keys(state).join()',
  'Array.from({ length: 500 }, (_, n) => ({ n })).length',
  'ask("question")',
]

/**
 * All that can be told of a worker: its heap at first, then the outcome of each delivery and the heap after
 * it.
 */
function behaviour(worker: Worker): unknown[] {
  const seen: unknown[] = [worker.heapHash()]
  for (const text of deliveries)
    seen.push(
      outcomeOf(worker, text, (question) => `answer to ${question}`),
      worker.heapHash(),
    )
  return seen
}

for (const release of releases) {
  // An image of this file's own: nobody else's workers leave instances in it.
  const image: Image = imageOf(release, `${scriptSupervisor}; globalThis.ofInstances = true`)
  /** One that has its instance. */
  const start = (): Worker => {
    const worker = Worker.start(image, heapLimit)
    worker.heapHash()
    return worker
  }
  const forgetSpares = (): void => void image.spares.splice(0)

  for (const [what, live] of Object.entries(lives)) {
    // Ins1.
    test(`${release}: a worker in an instance that was left with ${what} is equal to one in a fresh instance`, () => {
      forgetSpares()
      const fresh = behaviour(start())
      const first = start()
      live(first)
      first.discard()
      assert.equal(image.spares.length, 1)
      assert.deepEqual(behaviour(start()), fresh)
      assert.equal(image.spares.length, 0, 'it was not taken')
    })
  }

  test(`${release}: a heap that is restored in a used instance goes on as it would have`, () => {
    forgetSpares()
    const straight = start()
    run(straight, deliveries[0] as string)
    const { manifest, overlay } = straight.changes()
    const pages = new Map([...overlay.values()].map(({ hash, bytes }) => [hash, bytes]))
    const used = start()
    run(used, 'state.other = "x".repeat(100), 1')
    used.discard()
    const restored = Worker.restore(
      image,
      { manifest, page: (hash) => pages.get(hash) as Uint8Array },
      heapLimit,
    )
    assert.equal(image.spares.length, 0, 'it was not taken')
    assert.deepEqual(behaviour(restored), behaviour(straight))
  })

  for (const [what, die] of Object.entries(deaths)) {
    test(`${release}: an instance in which a delivery ${what} is not kept`, () => {
      forgetSpares()
      const worker = start()
      die(worker)
      worker.discard()
      assert.equal(image.spares.length, 0)
    })
  }

  test(`${release}: an instance whose memory grew serves heaps of its size and larger ones, and no smaller one`, () => {
    const growth = 'state.large = new Uint8Array(2_000_000).fill(1), 1'
    forgetSpares()
    const straight = start()
    run(straight, growth)
    const { manifest, overlay } = straight.changes()
    const pages = new Map([...overlay.values()].map(({ hash, bytes }) => [hash, bytes]))
    const expected = behaviour(straight)
    const grown = start()
    run(grown, `${growth}, state.large.fill(7), 1`)
    grown.discard()
    assert.equal(image.spares.length, 1)
    assert.deepEqual(behaviour(start()).length, expected.length)
    assert.equal(image.spares.length, 1, 'a smaller heap has not taken it')
    const restored = Worker.restore(
      image,
      { manifest, page: (hash) => pages.get(hash) as Uint8Array },
      heapLimit,
    )
    assert.equal(image.spares.length, 0, 'it was not taken')
    assert.deepEqual(behaviour(restored), expected)
  })

  test(`${release}: an instance whose memory grew far is not kept`, () => {
    forgetSpares()
    const worker = start()
    run(worker, 'state.large = new Uint8Array(20_000_000).fill(1), 1')
    worker.discard()
    assert.equal(image.spares.length, 0)
  })

  test(`${release}: an instance in which something runs is not kept, and one is not kept twice`, () => {
    forgetSpares()
    const running = start()
    running.deliver('ask("now")', null, plenty, () => {
      running.discard()
      return ''
    })
    running.discard()
    assert.equal(image.spares.length, 0)
    const idle = start()
    idle.discard()
    idle.discard()
    assert.equal(image.spares.length, 1)
  })

  test(`${release}: a worker of which nothing was wanted has taken no instance, and can be discarded`, () => {
    forgetSpares()
    start().discard()
    const worker = Worker.start(image, heapLimit)
    assert.deepEqual([worker.heapBytes, image.spares.length], [image.memory.length, 1])
    worker.discard()
    assert.equal(image.spares.length, 1)
    assert.throws(() => worker.heapHash(), AssertionFault)
  })

  test(`${release}: a few instances are kept, however many are left`, () => {
    forgetSpares()
    const workers = Array.from({ length: 12 }, start)
    for (const worker of workers) worker.discard()
    assert.ok(image.spares.length > 0 && image.spares.length < 8, `${image.spares.length}`)
    for (const worker of workers) assert.throws(() => worker.heapHash(), AssertionFault)
  })
}
