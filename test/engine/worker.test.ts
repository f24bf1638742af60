import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionFault } from '../../src/base/errors.ts'
import { decodeImage, encodeImage } from '../../src/engine/image.ts'
import { Worker, type RawOutcome } from '../../src/engine/worker.ts'
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

/** A supervisor whose entries are these two expressions. */
const entries = (dispatch: string, finish: string): string =>
  `globalThis.hostEntries = { dispatch: ${dispatch}, finish: ${finish} }`

for (const release of releases) {
  const start = (supervisor?: string): Worker => Worker.start(imageOf(release, supervisor), heapLimit)

  test(`${release}: a delivery runs to its end and its text comes back`, () => {
    const worker = start()
    assert.equal(run(worker, '1 + 1'), '2')
    assert.equal(run(worker, 'state.count = 1'), '1')
    assert.equal(run(worker, 'state.count += 1'), '2')
  })

  test(`${release}: all jobs have run before the delivery is finished`, () => {
    const hops =
      'Array.from({ length: 100 }).reduce((promise) => promise.then((n) => n + 1), Promise.resolve(0))'
    assert.equal(run(start(), hops), '100')
    assert.equal(run(start(), 'new Promise(() => {})'), 'still pending')
  })

  test(`${release}: the second text reaches the supervisor, empty or not`, () => {
    assert.equal(run(start(), 'source', noAnswer, 'the source'), 'the source')
    assert.equal(run(start(), 'JSON.stringify(source)'), '""')
  })

  test(`${release}: a question goes out and its answer comes back, in the middle of a delivery`, () => {
    const asked: string[] = []
    const answer = (text: string): string => {
      asked.push(text)
      return `${text}!`
    }
    const script =
      '(async () => { const first = ask("one"); await null; return first + ask("two" + first) })()'
    assert.equal(run(start(), script, answer), 'one!twoone!!')
    assert.deepEqual(asked, ['one', 'twoone!'])
  })

  test(`${release}: texts of every kind and size cross unchanged in all four directions`, () => {
    const kinds = [
      '',
      'ascii',
      'é',
      '€uro',
      '𝔘𝔫𝔦',
      '\u0000zero\u0000',
      '\ufeffmark',
      '\ufffd',
      'x'.repeat(4031),
      '€'.repeat(1400),
      '𝔘'.repeat(40_000),
    ]
    const worker = start()
    for (const text of kinds) {
      const asked: string[] = []
      const answer = (question: string): string => {
        asked.push(question)
        return text
      }
      const literal = JSON.stringify(text)
      assert.equal(
        run(worker, `ask(source) === source && source === ${literal} && ask(${literal})`, answer, text),
        text,
      )
      assert.deepEqual(asked, [text, text])
    }
  })

  test(`${release}: a salvage runs as a delivery does, and the heap is of no use after it`, () => {
    const supervisor = `${scriptSupervisor}; globalThis.hostEntries.salvage = (source) => dispatch(source, 'salvage')`
    const salvage = (script: string, limits = plenty): readonly [unknown, Worker] => {
      const worker = start(supervisor)
      assert.equal(run(worker, 'state.count = 5'), '5')
      assert.equal(worker.salvages, true)
      return [worker.salvage(script, limits, (text) => `${text}!`), worker]
    }
    const [outcome, worker] = salvage('Promise.resolve().then(() => ask(source) + state.count)')
    assert.deepEqual(
      [(outcome as RawOutcome).kind, (outcome as { finish: string }).finish],
      ['done', 'salvage!5'],
    )
    assert.throws(() => run(worker, '1'), AssertionFault)
    assert.throws(() => worker.changes(), AssertionFault)
    assert.throws(() => worker.salvage('1', plenty, noAnswer), AssertionFault)
    assert.equal(
      (salvage('(() => { for (;;); })()', { computrons: 1_000n })[0] as RawOutcome).kind,
      'exhausted',
    )
  })

  test(`${release}: a supervisor without the entry cannot salvage, and its image is as it was before there was one`, () => {
    const worker = start()
    assert.equal(worker.salvages, false)
    assert.throws(() => worker.salvage('1', plenty, noAnswer), AssertionFault)
    assert.equal(run(worker, '1'), '1')
    const image = imageOf(release)
    const bytes = Buffer.from(encodeImage(image))
    assert.equal(bytes.includes('"salvage"'), false)
    assert.deepEqual(decodeImage(bytes, image.engine).roots, image.roots)
    assert.throws(() => imageOf(release, `${scriptSupervisor}; globalThis.hostEntries.salvage = 5`), {
      code: 'engine/supervisor-broken',
    })
  })

  test(`${release}: a delivery of 5 MB goes in and comes out`, () => {
    const text = JSON.stringify({ long: 'abcdefgh'.repeat(655_360) })
    assert.equal(run(start(), 'JSON.stringify(JSON.parse(source))', noAnswer, text), text)
  })

  test(`${release}: Gst2: text that is not well-formed is our fault on the way in and the supervisor's on the way out`, () => {
    assert.throws(() => run(start(), 'source', noAnswer, '\ud800'), AssertionFault)
    const outcome = outcomeOf(start(), '"\\ud800"')
    assert.equal(outcome.kind, 'trapped')
    assert.match(outcome.kind === 'trapped' ? outcome.message : '', /not well-formed/)
    assert.equal(run(start(), 'JSON.stringify("\\ud800")'), '"\\ud800"')
  })

  test(`${release}: what the answer throws comes out unchanged, and the worker is dead`, () => {
    const thrown = new RangeError('Maximum call stack size exceeded')
    for (const value of [thrown, 'a text', undefined]) {
      const worker = start()
      let caught: unknown = 'nothing'
      try {
        outcomeOf(worker, '(() => { try { ask("x") } catch { return "caught in the guest" } })()', () => {
          throw value
        })
      } catch (error) {
        caught = error
      }
      assert.equal(caught, value)
      assert.throws(() => run(worker, '1'), AssertionFault)
      assert.throws(() => worker.changes(), AssertionFault)
    }
  })

  test(`${release}: a delivery inside of a delivery is our fault`, () => {
    const worker = start()
    assert.throws(() => run(worker, 'ask("x")', () => run(worker, '1')), AssertionFault)
  })

  test(`${release}: what the supervisor throws traps with message and stack, from either entry`, () => {
    const broken = {
      dispatch: entries('() => { inner() }', '() => ""'),
      finish: entries('() => {}', '() => { inner() }'),
    }
    for (const supervisor of Object.values(broken)) {
      const worker = start(`function inner() { throw Error('no luck') }\n${supervisor}`)
      const outcome = outcomeOf(worker, '')
      assert.equal(outcome.kind, 'trapped')
      assert.match(
        outcome.kind === 'trapped' ? outcome.message : '',
        /^Error: no luck\n.*at inner \(supervisor:1/,
      )
      assert.ok(outcome.computrons > 0n && outcome.computrons < plenty.computrons)
      assert.throws(() => run(worker, '1'), AssertionFault)
    }
  })

  test(`${release}: values without a text trap all the same`, () => {
    for (const value of [
      'Symbol("s")',
      'null',
      '{ toString() { throw 1 } }',
      'Object.create(null)',
      '{ get stack() { throw 2 }, toString: () => "odd" }',
    ]) {
      assert.equal(
        outcomeOf(start(entries(`() => { throw (${value}) }`, '() => ""')), '').kind,
        'trapped',
        value,
      )
    }
  })

  test(`${release}: a finish that is not a text traps`, () => {
    for (const value of ['undefined', '5', '{ toString: () => "text" }']) {
      const outcome = outcomeOf(start(entries('() => {}', `() => (${value})`)), '')
      assert.deepEqual(
        [outcome.kind, outcome.kind === 'trapped' && outcome.message],
        ['trapped', 'The supervisor gave something other than a text.'],
      )
    }
  })

  test(`${release}: a syscall that is not one text traps`, () => {
    for (const call of ['ask()', 'ask(1)', 'ask("a", "b")', 'ask({ toString: () => "a" })']) {
      assert.equal(outcomeOf(start(), `(() => { try { ${call} } catch {} })()`).kind, 'trapped', call)
    }
  })

  test(`${release}: a discarded worker takes nothing more`, () => {
    const worker = start()
    worker.discard()
    assert.throws(() => run(worker, '1'), AssertionFault)
  })

  test(`${release}: garbage is collected before the delivery when asked, under its limits`, () => {
    const setUp = `(() => {
      state.registry = new FinalizationRegistry((name) => { state.gone = name })
      const cycle = {}; cycle.self = cycle
      state.registry.register(cycle, 'the cycle')
    })()`
    const [kept, collected] = [start(), start()]
    run(kept, setUp)
    run(collected, setUp)
    assert.equal(run(kept, 'state.gone'), 'undefined')
    const outcome = collected.deliver('state.gone', null, plenty, noAnswer, 'before')
    assert.deepEqual([outcome.kind, outcome.kind === 'done' && outcome.finish], ['done', 'the cycle'])
    assert.deepEqual(start().deliver('1', null, { computrons: 100n }, noAnswer, 'before'), {
      kind: 'exhausted', resource: 'computrons', computrons: 100n,
    })
  })

  test(`${release}: there is no time and no chance`, () => {
    const script =
      'JSON.stringify([Date.now(), new Date().toString(), performance.now(), Math.random(), Math.random()])'
    const first = run(start(), script)
    assert.equal(run(start(), script), first)
    const [now, date, clock] = JSON.parse(first)
    assert.deepEqual([now, date, clock], [0, 'Thu Jan 01 1970 00:00:00 GMT+0000', 0])
  })

  test(`${release}: there is no way out: no module can be imported, and no name of the host is there`, () => {
    assert.match(run(start(), 'import("x")'), /^rejected: /)
    assert.match(run(start(), 'import("node:fs")'), /^rejected: /)
    const names = [
      'process',
      'require',
      'fetch',
      'setTimeout',
      'std',
      'os',
      'hostSyscall',
      'WebAssembly',
      'Worker',
      'print',
    ]
    assert.equal(run(start(), `${JSON.stringify(names)}.filter((name) => name in globalThis).join()`), '')
  })
}
