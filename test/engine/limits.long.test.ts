import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryPageSize } from '../../src/protocol/limits.ts'
import { Worker, type RawOutcome } from '../../src/engine/worker.ts'
import { heapLimit, imageOf, noAnswer, outcomeOf, plenty, releases, run } from './engines.ts'

const fill = '(() => { const all = []; for (;;) all.push(new Uint8Array(10_000).fill(all.length)) })()'

for (const release of releases) {
  const start = (pages = heapLimit): Worker => Worker.start(imageOf(release), pages)
  const basePages = (): number => imageOf(release).memory.length / memoryPageSize

  test(`${release}: an endless loop is exhausted at the limit to the unit, and the other workers go on`, () => {
    const good = start()
    assert.equal(run(good, 'state.x = 5'), '5')
    for (const loop of [
      '(() => { for (;;); })()',
      '(() => { try { for (;;); } finally { for (;;); } })()',
      '/(a*)*b/.test("a".repeat(40))',
    ]) {
      const outcome = start().deliver(loop, null, { computrons: 3_000_000n }, noAnswer)
      assert.deepEqual(outcome, { kind: 'exhausted', resource: 'computrons', computrons: 3_000_000n })
    }
    assert.equal(run(good, 'state.x + 1'), '6')
  })

  test(`${release}: an endless chain of jobs is exhausted`, () => {
    const outcome = start().deliver(
      '(function again() { return Promise.resolve().then(again) })()',
      null,
      { computrons: 3_000_000n },
      noAnswer,
    )
    assert.deepEqual(outcome, { kind: 'exhausted', resource: 'computrons', computrons: 3_000_000n })
  })

  test(`${release}: a delivery needs exactly the computrons that it takes`, () => {
    const script = 'Array.from({ length: 50 }, (_, n) => n * n).join()'
    const { computrons } = outcomeOf(start(), script)
    const again = (limit: bigint): RawOutcome => start().deliver(script, null, { computrons: limit }, noAnswer)
    assert.equal(again(computrons).kind, 'done')
    assert.equal(again(computrons).computrons, computrons)
    assert.deepEqual(again(computrons - 1n), {
      kind: 'exhausted',
      resource: 'computrons',
      computrons: computrons - 1n,
    })
    assert.equal(again(0n).kind, 'exhausted')
  })

  test(`${release}: filling the heap is exhausted 16 MiB above the base, at the same computrons each time`, () => {
    const limit = basePages() + 256
    const outcomes = [1, 2].map(() => {
      const worker = start(limit)
      const outcome = outcomeOf(worker, fill)
      assert.ok(
        worker.heapBytes <= limit * memoryPageSize && worker.heapBytes > (limit - 32) * memoryPageSize,
      )
      return outcome
    })
    assert.deepEqual(
      [outcomes[0]?.kind, outcomes[0]?.kind === 'exhausted' && outcomes[0].resource],
      ['exhausted', 'heap'],
    )
    assert.deepEqual(outcomes[0], outcomes[1])
  })

  test(`${release}: one array that is too large is exhausted at once, and cannot be caught`, () => {
    const outcome = outcomeOf(
      start(),
      '(() => { try { return new ArrayBuffer(2 ** 30) } catch { return "caught" } })()',
    )
    assert.deepEqual([outcome.kind, outcome.kind === 'exhausted' && outcome.resource], ['exhausted', 'heap'])
  })

  test(`${release}: what no 32 bits could address is refused by the engine, and 3.7.0 lets nobody catch it`, () => {
    const ends = [
      '(() => { try { return String(new Uint8Array(2 ** 31 - 8)) } catch (error) { return String(error) } })()',
      'Promise.resolve().then(() => new Uint8Array(2 ** 31 - 8)).catch(String)',
    ].map((script) => outcomeOf(start(), script))
    for (const end of ends) {
      if (release === '3.7.0') {
        assert.equal(end.kind, 'trapped')
        assert.match(end.kind === 'trapped' ? end.message : '', /^InternalError: out of memory\n/)
      } else {
        assert.equal(end.kind === 'done' && end.finish, 'InternalError: out of memory')
      }
    }
    const executor = outcomeOf(start(), 'new Promise(() => new Uint8Array(2 ** 31 - 8)).catch(String)')
    assert.equal(executor.kind === 'done' && executor.finish, 'InternalError: out of memory')
  })

  test(`${release}: a heap that must not grow at all still works within what it has`, () => {
    assert.equal(run(start(basePages()), '"x".repeat(1000).length'), '1000')
  })

  test(`${release}: what takes long inside the engine takes computrons`, () => {
    const setUp = 'void (state.numbers = Array.from({ length: 1e5 }, (_, n) => (n * 7919) % 100003))'
    const costs = new Map<string, bigint>()
    for (const script of [
      'state.numbers.sort((a, b) => a - b).length',
      'state.numbers.sort().length',
      '(3n ** 100_000n) > 0n',
      '/(?:a|b)*c/.test("ab".repeat(1000))',
      'JSON.stringify(state.numbers).length',
      '"x".repeat(1e6).split("").length',
      'new Uint8Array(2e7).fill(1).length',
    ]) {
      const worker = start()
      run(worker, setUp)
      const begun = performance.now()
      const outcome = outcomeOf(worker, script)
      assert.equal(outcome.kind, 'done', script)
      costs.set(script, outcome.computrons)
      const nanoseconds = (performance.now() - begun) * 1e6
      assert.ok(
        nanoseconds / Number(outcome.computrons) < 1000,
        `${script}: ${nanoseconds / Number(outcome.computrons)} ns for a computron`,
      )
    }
    for (const [script, computrons] of costs) assert.ok(computrons > 200_000n, `${script}: ${computrons}`)
  })

  test(`${release}: computrons do not depend on how warm the engine is`, () => {
    const script =
      '(() => { let sum = 0; for (let n = 0; n < 20_000; n += 1) sum += [n, n].map((x) => x % 7)[1]; return sum })()'
    const costs = new Set<bigint>()
    for (let round = 0; round < 12; round += 1) costs.add(outcomeOf(start(), script).computrons)
    assert.equal(costs.size, 1)
  })

  test(`${release}: each delivery has the whole of its own limit`, () => {
    const worker = start()
    for (let round = 0; round < 20; round += 1) {
      assert.equal(worker.deliver('1', null, { computrons: 200_000n }, noAnswer).kind, 'done')
    }
    assert.ok(outcomeOf(worker, '1').computrons < 200_000n && plenty.computrons > 200_000n)
  })
}
