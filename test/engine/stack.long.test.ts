import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker as Thread } from 'node:worker_threads'
import { releases } from './engines.ts'
import type { Order } from './stack-thread.ts'

/** How the scripts end, each as often as asked, on a thread with such a stack. */
function endsOn(stackSizeMb: number, order: Order): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    const thread = new Thread(new URL('./stack-thread.ts', import.meta.url), {
      workerData: order,
      resourceLimits: { stackSizeMb },
    })
    thread.once('message', resolve)
    thread.once('error', reject)
  })
}

const caught = (expression: string): string =>
  `(() => { try { return String(${expression}).slice(0, 40) } catch (error) { return String(error) } })()`
const nested = (inner: string): string =>
  `(() => { let deep = []; for (let n = 0; n < 50_000; n += 1) deep = [deep]; ${inner} })()`

/** Recursions by the guest's own functions: each counts how deep it comes. */
const recursions: Readonly<Record<string, string>> = {
  functions:
    '(() => { let depth = 0; const dive = () => { depth += 1; dive() }; try { dive() } catch (error) { return error.name + depth } })()',
  map: '(() => { let depth = 0; const dive = () => { depth += 1; [1].map(dive) }; try { dive() } catch (error) { return error.name + depth } })()',
  replace:
    '(() => { let depth = 0; const dive = () => { depth += 1; "a".replace(/a/, dive) }; try { dive() } catch (error) { return error.name + depth } })()',
  getter:
    '(() => { let depth = 0; const o = { get x() { depth += 1; return o.x } }; try { o.x } catch (error) { return error.name + depth } })()',
}

/** Recursions inside of the engine. */
const natives: Readonly<Record<string, string>> = {
  'parsing nested JSON': caught('JSON.parse("[".repeat(1e6) + "]".repeat(1e6))'),
  'writing nested arrays': nested(`return ${caught('JSON.stringify(deep)')}`),
  'text of nested arrays': nested(`return ${caught('deep')}`),
  'letting go of nested arrays': nested('deep = null; return "gone"'),
  'a nested regular expression': caught('new RegExp("(?:".repeat(1e6) + ")".repeat(1e6)).test("")'),
  'a nested class of characters': caught('new RegExp("[".repeat(1e6) + "]".repeat(1e6), "v").test("")'),
  'nested source': caught('new Function("(".repeat(1e5) + ")".repeat(1e5))'),
  'nested arrays in source': caught('new Function("[".repeat(1e6) + "]".repeat(1e6))'),
  'a chain of proxies': `(() => { let p = {}; for (let n = 0; n < 20_000; n += 1) p = new Proxy(p, {}); return ${caught('p.x')} })()`,
  'a chain of iterators': `(() => { let i = [1].values(); for (let n = 0; n < 50_000; n += 1) i = i.map((x) => x); return ${caught('i.next()')} })()`,
  'a chain of bound constructors': `(() => {
    let f = function () {}; const bind = Function.prototype.bind
    for (let n = 0; n < 100_000; n += 1) { f = bind.call(f); Object.defineProperty(f, 'name', { value: '' }) }
    return ${caught('new f()')} })()`,
}

const tooDeep = 'trapped: Calls were nested too deeply in the engine. '
const overran = 'trapped: The engine trapped. '

for (const release of releases) {
  const scripts = [...Object.values(recursions), ...Object.values(natives)]
  const names = [...Object.keys(recursions), ...Object.keys(natives)]

  test(`${release}: deep recursion ends the same way each time, cold and warm, and never at the host's stack`, async () => {
    const ends = await endsOn(64, { release, scripts, rounds: 4 })
    ends.forEach((rounds, index) => {
      assert.deepEqual([...new Set(rounds)].length, 1, `${names[index]}: ${[...new Set(rounds)].join(' | ')}`)
      assert.match(rounds[0]!, /^(done|trapped): /, names[index])
    })
  })

  test(`${release}: how deep recursion comes does not depend on the size of the thread's stack`, async () => {
    const [larger, smaller] = await Promise.all(
      [64, 16].map((size) => endsOn(size, { release, scripts, rounds: 1 })),
    )
    assert.deepEqual(larger, smaller)
  })
}

for (const release of ['3.6.2', '3.7.0'] as const) {
  test(`${release}: endless recursion of functions is a RangeError that the guest can catch`, async () => {
    const ends = await endsOn(64, { release, scripts: Object.values(recursions), rounds: 1 })
    for (const [end] of ends) assert.match(end!, /^done: RangeError[1-9][0-9]{2,3} /)
  })
}

test('3.5.0, which does not watch its stack: endless recursion of functions traps', async () => {
  const ends = await endsOn(64, { release: '3.5.0', scripts: Object.values(recursions), rounds: 1 })
  for (const [end] of ends) assert.ok(end!.startsWith(tooDeep) || end!.startsWith(overran), end)
})

test('recursion that no engine watches traps before the host does', async () => {
  const script = natives['a chain of bound constructors']!
  for (const release of releases) {
    const [[end]] = (await endsOn(64, { release, scripts: [script], rounds: 1 })) as [[string]]
    assert.ok(end.startsWith(tooDeep), `${release}: ${end}`)
  }
})

// Wkr3.
test('on a thread whose stack is too small the host is told so, and the vat is not blamed', async () => {
  const script = natives['a chain of bound constructors']!
  const [[end]] = (await endsOn(1, { release: '3.6.2', scripts: [script], rounds: 1 })) as [[string]]
  assert.equal(end, 'refused: engine/host-stack')
})
