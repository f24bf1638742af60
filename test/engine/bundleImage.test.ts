/** Images of bundles: which bundles have one, and that a start is the same with and without it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseOf, bundleImageBytes, dropBundleImages, evaluationOf } from '../../src/engine/bundleImage.ts'
import { buildImage, type Image } from '../../src/engine/image.ts'
import { Worker } from '../../src/engine/worker.ts'
import { codeOf, engineOf, heapLimit, noAnswer, plenty, releases, run } from './engines.ts'

/** Evaluates a bundle as a script that finds `ask`, `log` and `state`; a start and deliveries are scripts too. */
const supervisor = `
  const ask = globalThis.hostSyscall
  delete globalThis.hostSyscall
  const state = {}
  let batch = []
  let result = 'nothing'
  const log = (text) => void batch.push(text)
  const evaluateScript = (text) => new Function('ask', 'log', 'state', text)(ask, log, state)
  let isEvaluated = false
  const evaluate = (name, source) => {
    state.name = name
    try { evaluateScript(source) } catch (error) { state.failure = String(error) }
    isEvaluated = true
  }
  const dispatch = (delivery, source) => {
    if (source !== '' && !isEvaluated) evaluateScript(source)
    result = String(new Function('state', 'return (' + delivery + ')')(state))
  }
  const finish = () => {
    if (result === 'nothing') return JSON.stringify({ batch, result: { kind: 'ok' } })
    return batch.join() + result
  }
  globalThis.hostEntries = { dispatch, finish, evaluate }
`

const image = (release: (typeof releases)[number]): Image => buildImage(engineOf(release), supervisor)
const code = (source: string) => codeOf(source) ?? assert.fail('the source is empty')

const work = 'state.list = Array.from({ length: 20_000 }, (_, at) => ({ at })); Promise.resolve().then(() => { state.jobs = 1 })'

for (const release of releases) {
  test(`${release}, Bim2: a start on a kept image equals one whose image is made for it, and a restored one`, () => {
    const first = image(release)
    const outcomes = [first, first, image(release)].map((base) => {
      const worker = Worker.start(base, heapLimit)
      const outcome = worker.deliver('state.list.length + state.jobs', code(work), plenty, noAnswer)
      return { outcome, hash: worker.heapHash(), next: [run(worker, 'state.list.push(1)'), worker.heapHash()] }
    })
    assert.equal(outcomes[0]?.outcome.kind === 'done' && outcomes[0].outcome.finish, '20001')
    assert.deepEqual(outcomes[1], outcomes[0])
    assert.deepEqual(outcomes[2], outcomes[0])
  })

  test(`${release}: a heap after a start is told from the image of its bundle, and restored from that`, () => {
    const base = image(release)
    const worker = Worker.start(base, heapLimit)
    worker.deliver('state.list.length', code(work), plenty, noAnswer)
    const { manifest, overlay, heapHash } = worker.changes()
    assert.deepEqual([manifest.image, manifest.bundle], [base.id, code(work).id])
    assert.ok(manifest.pages.length < 60, `${manifest.pages.length} pages of its own`)
    const pages = new Map([...overlay.values()].map(({ hash, bytes }) => [hash, bytes]))
    const snapshot = { manifest, page: (hash: string) => pages.get(hash as never) ?? assert.fail('no such page') }
    for (const other of [base, image(release)]) {
      const restored = Worker.restore(baseOf(other, manifest, () => work), snapshot, heapLimit)
      assert.equal(restored.heapHash(), heapHash)
      assert.equal(run(restored, 'state.list.push(1)'), '20001')
    }
    assert.throws(() => Worker.restore(base, snapshot, heapLimit), /was to be restored on/)
    assert.throws(() => baseOf(base, { bundle: code('ask("x")').id }, () => 'ask("x")'), /Bim1/)
  })

  test(`${release}: a start takes the computrons and the memory of the evaluation within its own limits`, () => {
    const base = image(release)
    const start = (computrons: bigint, heapPages = heapLimit) =>
      Worker.start(base, heapLimit).deliver('1', code(work), { computrons, heapPages }, noAnswer)
    const { computrons } = start(10n ** 9n)
    assert.ok(computrons > 20_000n, `${computrons}`)
    assert.equal(start(computrons).kind, 'done')
    assert.deepEqual(start(computrons - 1n), {
      kind: 'exhausted',
      resource: 'computrons',
      computrons: computrons - 1n,
    })
    assert.deepEqual(start(1_000n), { kind: 'exhausted', resource: 'computrons', computrons: 1_000n })
    const pages = base.memory.length / 65_536
    const outcome = start(10n ** 9n, pages)
    assert.deepEqual([outcome.kind, outcome.kind === 'exhausted' && outcome.resource], ['exhausted', 'heap'])
  })
}

const without = {
  'asks the host': 'ask("x")',
  'asks the host in a job': 'Promise.resolve().then(() => ask("x"))',
  'writes to the console': 'log("x")',
  'needs too much memory': 'state.all = []; for (;;) state.all.push(new Uint8Array(1_000_000))',
}

for (const [what, source] of Object.entries(without))
  test(`Bim1: a bundle that ${what} while it is evaluated has no image, and the start evaluates it`, () => {
    const base = image('3.7.0')
    const outcomeWith = (computrons: bigint, on = base) => {
      const started = Worker.start(on, heapLimit)
      return [started, started.deliver('state.name', code(source), { computrons }, () => 'answer')] as const
    }
    const evaluation = evaluationOf(base, code(source), 10n ** 9n)
    assert.ok(evaluation !== null && evaluation !== 'exhausted' && evaluation.kind === 'no-image')
    const { computrons: spent } = evaluation
    // Bim2: also with less than it takes to know that, kept or not.
    for (const on of [base, image('3.7.0')])
      assert.deepEqual(outcomeWith(spent - 1n, on)[1], {
        kind: 'exhausted',
        resource: 'computrons',
        computrons: spent - 1n,
      })
    const [worker, outcome] = outcomeWith(10n ** 9n)
    if (source.includes('for (;;)')) return assert.equal(outcome.kind, 'exhausted')
    assert.equal(outcome.kind === 'done' && outcome.finish.endsWith('undefined'), true, 'it was not named by an image')
    assert.equal(worker.changes().manifest.bundle, null)
  })

test('the start of a bundle whose evaluation never ends is exhausted by its own limit, each time', () => {
  const base = image('3.7.0')
  for (const computrons of [1_000_000n, 3_000_000n, 2_000_000n]) {
    const outcome = Worker.start(base, heapLimit).deliver('1', code('for (;;) {}'), { computrons }, noAnswer)
    assert.deepEqual(outcome, { kind: 'exhausted', resource: 'computrons', computrons })
  }
})

test('a bundle that throws has an image with its failure', () => {
  const worker = Worker.start(image('3.7.0'), heapLimit)
  const outcome = worker.deliver('state.failure', code('throw Error("no")'), plenty, noAnswer)
  assert.equal(outcome.kind === 'done' && outcome.finish, 'Error: no')
})

test('images are kept up to a budget, made again when they are dropped, and the last one stays', () => {
  const base = image('3.7.0')
  const large = (at: number) => code(`state.large = new Uint8Array(60_000_000).fill(${at})`)
  const imageOf = (at: number) => {
    const evaluation = evaluationOf(base, large(at), 10n ** 9n)
    assert.ok(evaluation !== null && evaluation !== 'exhausted' && evaluation.kind === 'image')
    return evaluation.image
  }
  const made = Array.from({ length: 6 }, (_, at) => imageOf(at))
  assert.ok(base.bundles.size < 6 && base.bundles.has(large(5).id), `${base.bundles.size} are kept`)
  assert.ok(bundleImageBytes(base) <= 256 * 1024 * 1024)
  dropBundleImages(base)
  assert.equal(bundleImageBytes(base), 0)
  assert.ok(imageOf(0).memory.equals(made[0]?.memory ?? Buffer.alloc(0)))
})

test('a supervisor that does not evaluate bundles apart has no images', () => {
  const older = buildImage(engineOf('3.7.0'), supervisor.replace(', evaluate }', ' }'))
  assert.equal(evaluationOf(older, code(work), 10n ** 9n), null)
  const worker = Worker.start(older, heapLimit)
  assert.equal(run(worker, 'state.list.length', noAnswer, work), '20000')
  assert.equal(worker.changes().manifest.bundle, null)
})
