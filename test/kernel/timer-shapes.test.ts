/** The timer as vats that were written for SwingSet have it: records with a brand, the clock, notifiers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile, openWorld, type Scope, type World } from '../kit/world.ts'

const setup = 'me.seen = []; me.token = Far("token", {})'

interface Timed {
  readonly world: World
  /** Runs code in the vat with `timer`. */
  run(code: string): Promise<unknown>
  /** It is later; runs, and gives what was seen since. */
  at(now: bigint): Promise<unknown>
}

async function timed(scope: Scope): Promise<Timed> {
  const world = await openWorld(scope, { vats: { vat: { setup } } })
  const timer = await world.controller.timer()
  const run = (code: string): Promise<unknown> => world.run('vat', `const [timer] = args; ${code}`, timer)
  const at = async (now: bigint): Promise<unknown> => {
    await world.controller.advanceTime(now)
    await world.controller.run()
    return run('const { seen } = me; me.seen = []; return seen')
  }
  return { world, run, at }
}

const shared = await timed(forTheFile)

/** What vats ask, and the time that the record in the answer is of. */
const answers: Readonly<Record<string, readonly [code: string, time: bigint]>> = {
  'the time': ['E(timer).getCurrentTimestamp()', 0n],
  'the time of the clock': ['E(E(timer).getClock()).getCurrentTimestamp()', 0n],
  'the time of a wakeup': ['E(timer).setWakeup(3n, Far("h", { wake: () => {} }))', 3n],
  'the time of a wakeup at a whole number': ['E(timer).setWakeup(3, Far("h", { wake: () => {} }))', 3n],
  'the time of a wakeup at a record': [
    'E(timer).setWakeup({ timerBrand: brand, absValue: 4n }, Far("h", { wake: () => {} }))',
    4n,
  ],
  'the time at which a wakeup comes at once': [
    'new Promise((resolve) => { E(timer).setWakeup({ timerBrand: brand, absValue: 0n }, Far("h", { wake: resolve }), null) })',
    0n,
  ],
  'a promise of a time that is there': ['E(timer).wakeAt({ timerBrand: brand, absValue: 0n })', 0n],
  'a delay of nothing': ['E(timer).delay({ timerBrand: brand, relValue: 0n })', 0n],
  'the first wake of a repetition': [
    'new Promise((resolve) => { E(timer).repeatAfter({ timerBrand: brand, relValue: 0n }, { timerBrand: brand, relValue: 9n }, Far("h", { wake: resolve }), me.token) })',
    0n,
  ],
  'what was cancelled': [
    'E(timer).setWakeup(8n, Far("h", { wake: () => {} }), me.other = Far("other", {})).then(() => E(timer).cancel(me.other)).then(([time]) => time)',
    8n,
  ],
  'an update of a notifier': [
    'E(E(timer).makeNotifier({ timerBrand: brand, relValue: 0n }, { timerBrand: brand, relValue: 5n })).getUpdateSince().then(({ value }) => value)',
    0n,
  ],
}
for (const [name, [code, time]] of Object.entries(answers)) {
  // Ti1.
  test(`${name} is a hardened record with the brand of the timer`, async () => {
    const read = `const brand = await E(timer).getTimerBrand(); const time = await ${code}
      return [Object.keys(time), time.absValue, time.timerBrand === brand, Object.isFrozen(time)]`
    assert.deepEqual(await shared.run(read), [['absValue', 'timerBrand'], time, true, true])
  })
}

test('a brand knows its timer and its clock, and nothing else', async () => {
  const code = `
    const brand = await E(timer).getTimerBrand()
    const clock = await E(timer).getClock()
    const asked = [[timer, clock], [clock, timer], [me.token, me.token], [undefined, 5n]]
    const same = [await E(timer).getTimerBrand(), await E(clock).getTimerBrand()].every((one) => one === brand) && clock === await E(timer).getClock()
    return [same, await Promise.all(asked.map(([service, clock]) => Promise.all([E(brand).isMyTimerService(service), E(brand).isMyClock(clock)])))]`
  assert.deepEqual(await shared.run(code), [
    true,
    [
      [true, true],
      [false, false],
      [false, false],
      [false, false],
    ],
  ])
})

test('a clock schedules nothing', async () => {
  const reason = (await shared.run('return E(E(timer).getClock()).wakeAt(5n).catch((reason) => reason)')) as {
    message: string
  }
  assert.match(reason.message, /no method "wakeAt"/)
})

test('cancelling what is no token, or cancels nothing, is no mistake', async () => {
  assert.deepEqual(
    await shared.run(
      'return Promise.all([undefined, null, "x", Far("new", {})].map((token) => E(timer).cancel(token)))',
    ),
    [[], [], [], []],
  )
})

test('a notifier tells the last of its times, or the next one to those who know the last, over restarts', async (t) => {
  const { world, run, at } = await timed(t)
  const ask =
    'me.ask = (name, count) => { E(me.notifier).getUpdateSince(count).then(({ value, updateCount }) => me.seen.push([name, value.absValue, updateCount])) }'
  await at(2n)
  await run(
    `${ask}; me.notifier = await E(timer).makeNotifier(8n, 10n); me.ask('unstarted'); me.ask('stale', 7n)`,
  )
  assert.deepEqual(await at(9n), [])
  await world.reopen()
  assert.deepEqual(await at(10n), [['unstarted', 10n, 1n], ['stale', 10n, 1n]])
  await run('me.ask("latest"); me.ask("older", 0n); me.ask("fresh", 1n); me.ask("a number", 1)')
  assert.deepEqual(await at(11n), [
    ['latest', 10n, 1n],
    ['older', 10n, 1n],
    ['a number', 10n, 1n],
  ])
  assert.deepEqual(
    await at(37n),
    [['fresh', 30n, 3n]],
    'the time is that of the update, and those missed are counted',
  )
  await run('me.ask("after", 1n)')
  assert.deepEqual(await at(38n), [['after', 30n, 3n]])
})

test('a notifier that is cancelled tells when, those who wait and those who come later', async (t) => {
  const { world, run, at } = await timed(t)
  await run(`me.ask = (name, count) => { E(me.notifier).getUpdateSince(count).then(({ value, ...rest }) => me.seen.push([name, value.absValue, rest])) }
    me.notifier = await E(timer).makeNotifier(10n, 10n, me.token); me.ask('waits')`)
  await at(7n)
  assert.deepEqual(await run('return (await E(timer).cancel(me.token)).map((time) => time.absValue)'), [10n])
  await world.reopen()
  await run('me.ask("later"); me.ask("with a count", 5n)')
  const last = { updateCount: undefined }
  assert.deepEqual(await at(50n), [['waits', 7n, last], ['later', 7n, last], ['with a count', 7n, last]])
  assert.deepEqual(await run('return E(timer).cancel(me.token)'), [])
})

test('a notifier that nobody asks is cancelled too', async (t) => {
  const { run, at } = await timed(t)
  await run('me.notifier = await E(timer).makeNotifier(1n, 10n, me.token)')
  await at(5n)
  assert.deepEqual(await run('return E(timer).cancel(me.token)'), [])
  await at(20n)
  assert.deepEqual(
    await run(
      'const { value, updateCount } = await E(me.notifier).getUpdateSince(); return [value.absValue, updateCount]',
    ),
    [5n, undefined],
  )
})

test('the iterator of a notifier tells each update that is there when it is asked, one at a time, and ends when the notifier is cancelled', async (t) => {
  const { world, run, at } = await timed(t)
  await run(`me.notifier = await E(timer).makeNotifier(10n, 10n, me.token); me.iterator = await E(me.notifier)[Symbol.asyncIterator]()
    me.next = () => { E(me.iterator).next().then(({ value, done }) => me.seen.push([value.absValue, done]), ({ message }) => me.seen.push(message)) }; me.next(); me.next()`)
  assert.deepEqual(await at(9n), [
    'timer iterator dislikes overlapping next(): ask when the last answer is there',
  ])
  await run('me.notifier = undefined')
  await world.reopen()
  assert.deepEqual(await at(12n), [[10n, false]])
  await run('me.next()')
  assert.deepEqual(await at(35n), [[30n, false]])
  await at(41n)
  await run('me.next()')
  assert.deepEqual(await at(42n), [[40n, false]])
  await run('me.next()')
  await run('await E(timer).cancel(me.token); me.next()')
  assert.deepEqual(await at(60n), [[42n, true], [42n, true]])
})

test('a notifier that nobody holds leaves nothing with its token, and who waits for it is answered', async (t) => {
  const world = await openWorld(t, { vats: { vat: { setup } }, config: { collectionInterval: 2 } })
  const timer = await world.controller.timer()
  await world.run(
    'vat',
    'const notifier = await E(args[0]).makeNotifier(5n, 5n, me.token); me.told = E(notifier).getUpdateSince(); await E(args[0]).makeNotifier(1n, 1n, me.token)',
    timer,
  )
  await world.controller.advanceTime(1n)
  await world.controller.run()
  await world.forgetAll()
  for (let times = 0; times < 6; times += 1) await world.ask('vat', 'echo')
  const rows = [...(await world.rows('kernel'))]
  assert.equal(rows.filter(([, value]) => value.includes('"timerNotifier"')).length, 0)
  assert.equal(rows.filter(([key]) => /^wakeup\./.test(key)).length, 1, 'the update that is waited for')
  await world.controller.advanceTime(5n)
  await world.controller.run()
  assert.deepEqual(
    await world.run(
      'vat',
      'const { value, updateCount } = await me.told; return [value.absValue, updateCount]',
    ),
    [5n, 1n],
  )
  assert.deepEqual(
    [...(await world.rows('kernel')).keys()].filter((key) => /^(wakeup|alarm|tokens?)\./.test(key)),
    [],
  )
})

test('a notifier in durable data outlives an upgrade; a promise of it ends only for those who did not watch it', async (t) => {
  const source = `
    export const buildRootObject = (_powers, _parameters, baggage) => {
      const watcher = provide(baggage, 'watcher', defineKind(baggage, 'Watcher', () => ({ log: [] }), {
        onFulfilled: ({ state }, { value, updateCount }) => { state.log = [...state.log, [value.absValue, updateCount]] },
        onRejected: ({ state }, reason) => { state.log = [...state.log, reason.name] },
        read: ({ state }) => state.log,
      }))
      return Far('root', {
        begin: async (timer) => { baggage.init('notifier', await E(timer).makeNotifier(10n, 10n)) },
        watch: (count) => { VatData.watchPromise(E(baggage.get('notifier')).getUpdateSince(count), watcher) },
        read: () => watcher.read(),
      })
    }`
  const world = await openWorld(t, { vats: { vat: { source } } })
  await world.ask('vat', 'begin', await world.controller.timer())
  await world.ask('vat', 'watch')
  await world.upgrade('vat', { source: `${source} ` })
  for (const now of [10n, 20n]) {
    await world.controller.advanceTime(now)
    await world.controller.run()
    if (now === 10n) await world.ask('vat', 'watch', 1n)
  }
  assert.deepEqual(await world.ask('vat', 'read'), [[10n, 1n], [20n, 2n]])
})

test('a repeater whose handler failed is scheduled again once it was disabled', async (t) => {
  const { run, at } = await timed(t)
  await run(
    'me.repeater = await E(timer).makeRepeater(5n, 5n); await E(me.repeater).schedule(Far("h", { wake: () => { throw Error("enough") } }))',
  )
  await at(5n)
  await at(7n)
  const again = 'E(me.repeater).schedule(Far("h", { wake: (time) => { me.seen.push(time.absValue) } }))'
  assert.match(
    ((await run(`return ${again}.catch((reason) => reason)`)) as { message: string }).message,
    /already scheduled/,
  )
  await run(`await E(me.repeater).disable(); await ${again}`)
  assert.deepEqual(await at(10n), [10n])
})
