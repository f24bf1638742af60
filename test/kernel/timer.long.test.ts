/** The timer: time as an input, and what vats are woken for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { openStore } from '../../src/store/store.ts'
import { answerOf, forTheFile, openWorld, puppet, type Scope, type World } from '../kit/world.ts'

const setup =
  'me.woken = []; me.handler = (name) => Far(name, { wake: (time) => { me.woken.push([name, time.absValue]) } }); me.token = Far("token", {})'

interface Timed {
  readonly world: World
  readonly timer: Remote
  /** Runs code in the vat with `timer`. */
  run(code: string, ...args: unknown[]): Promise<unknown>
  /** It is later; runs, and gives who was woken since, and when. */
  at(now: bigint): Promise<unknown>
}

async function timed(scope: Scope): Promise<Timed> {
  const world = await openWorld(scope, { vats: { vat: { setup } } })
  const timer = await world.controller.timer()
  const run = (code: string, ...args: unknown[]): Promise<unknown> =>
    world.run('vat', `const [timer, ...more] = args; ${code}`, timer, ...args)
  const at = async (now: bigint): Promise<unknown> => {
    await world.controller.advanceTime(now)
    await world.controller.run()
    return run('const { woken } = me; me.woken = []; return woken')
  }
  return { world, timer, run, at }
}

const shared = await timed(forTheFile)

test('time is what the host last said', async () => {
  const { world, run, at } = shared
  assert.equal(await run('return (await E(timer).getCurrentTimestamp()).absValue'), 0n)
  await at(5n)
  assert.equal(await run('return (await E(timer).getCurrentTimestamp()).absValue'), 5n)
  assert.equal(await world.controller.currentTime(), 5n)
  const before = await world.activityHash()
  await world.controller.advanceTime(5n)
  assert.equal(await world.activityHash(), before, 'the same time again changes nothing')
})

// Wk1.
test('an earlier time that is in the inbox all the same changes nothing', async (t) => {
  const { world, run, at } = await timed(t)
  await run('await E(timer).setWakeup(4n, me.handler("first"))')
  assert.deepEqual(await at(5n), [['first', 5n]])
  await world.controller.commit()
  await world.controller.shutdown()
  const store = openStore(world.directory, { verify: 'lazy' })
  store.inbox.append(JSON.stringify({ kind: 'advanceTime', now: '3' }))
  store.sealCrank()
  store.commit()
  store.close()
  await world.open()
  // The kernel takes it with the next request.
  assert.equal(await run('return (await E(timer).getCurrentTimestamp()).absValue'), 5n)
  assert.equal(await world.controller.currentTime(), 5n)
})

/** Times that the host cannot give. */
for (const [name, code, now] of [
  ['before the last', 'time/backwards', 4n],
  ['below zero', 'api/bad-argument', -1n],
  ['past the last there is', 'api/bad-argument', 2n ** 64n],
  ['a number', 'api/bad-argument', 5],
  ['a text', 'api/bad-argument', '6'],
  ['nothing', 'api/bad-argument', undefined],
] as const) {
  test(`a time that is ${name} is refused to the host`, async () => {
    const before = await shared.world.activityHash()
    await assert.rejects(shared.world.controller.advanceTime(now as bigint), { code })
    assert.equal(await shared.world.activityHash(), before)
  })
}

test('wakeups happen once, in the order of their times and then of their registration, over restarts', async (t) => {
  const { world, run, at } = await timed(t)
  await run(
    'for (const [name, when] of [["c", 30n], ["a", 10n], ["d", 30n], ["b", 20n], ["late", 100n]]) await E(timer).setWakeup(when, me.handler(name))',
  )
  assert.deepEqual(await at(9n), [])
  await world.reopen({ eviction: 'after-each-crank' })
  assert.deepEqual(await at(50n), [['a', 50n], ['b', 50n], ['c', 50n], ['d', 50n]])
  assert.deepEqual(await at(60n), [])
  assert.deepEqual(await at(100n), [['late', 100n]])
})

test('what was due and not yet done is done after a restart, once', async (t) => {
  const { world, run } = await timed(t)
  await run('for (let n = 0; n < 250; n += 1) E.sendOnly(timer).setWakeup(10n, me.handler(`h${n}`))')
  await world.controller.advanceTime(10n)
  await world.controller.commit()
  await world.controller.run({ cranks: 130 })
  await world.restart()
  await world.controller.run({ cranks: 101 })
  await world.reopen()
  await world.controller.run()
  const woken = (await run('return me.woken')) as [string, bigint][]
  assert.deepEqual(woken.map(([name]) => name), Array.from({ length: 250 }, (_, n) => `h${n}`))
})

test('a wakeup that is due already happens at once', async () => {
  const { run } = shared
  const when = await run('me.woken = []; return (await E(timer).setWakeup(3n, me.handler("past"))).absValue')
  assert.equal(when, 3n)
  assert.deepEqual(await run('const { woken } = me; me.woken = []; return woken'), [['past', 5n]])
  assert.equal(await run('return (await E(timer).wakeAt(5n)).absValue'), 5n)
  assert.equal(await run('return (await E(timer).delay(0n)).absValue'), 5n)
})

test('a promise is kept at its time', async (t) => {
  const { world, run, at } = await timed(t)
  await at(10n)
  await run(
    'E(timer).wakeAt(15n).then((time) => me.woken.push(["at", time.absValue])); E(timer).delay(7n).then((time) => me.woken.push(["after", time.absValue])); E.sendOnly(timer).wakeAt(12n)',
  )
  assert.deepEqual(await at(14n), [])
  await world.reopen()
  assert.deepEqual(await at(15n), [['at', 15n]])
  assert.deepEqual(await at(20n), [['after', 20n]])
})

test('what was registered with a token is cancelled by it', async (t) => {
  const { run, at } = await timed(t)
  const code = `
    await E(timer).setWakeup(10n, me.handler("x"), me.token)
    E(timer).wakeAt(30n, me.token).catch((reason) => me.woken.push([reason instanceof Error, reason.code, reason.message]))
    await E(timer).repeatAfter(20n, 5n, me.handler("r"), me.token)
    await E(timer).setWakeup(10n, me.handler("kept"), Far("other", {}))
    return (await E(timer).cancel(me.token)).map((time) => time.absValue)`
  assert.deepEqual(await run(code), [10n, 30n, 20n])
  assert.deepEqual(await at(100n), [[true, 'timer-cancelled', 'TimerCancelled'], ['kept', 100n]])
  assert.deepEqual(await run('return E(timer).cancel(me.token)'), [], 'a second time there is nothing')
  assert.deepEqual(await run('return E(timer).cancel(Far("new", {}))'), [])
})

test('a token that has woken cancels nothing, and can be used again', async (t) => {
  const { run, at } = await timed(t)
  await run('await E(timer).setWakeup(10n, me.handler("x"), me.token)')
  assert.deepEqual(await at(10n), [['x', 10n]])
  assert.deepEqual(await run('return E(timer).cancel(me.token)'), [])
  await run('await E(timer).setWakeup(20n, me.handler("y"), me.token)')
  assert.deepEqual(await run('return (await E(timer).cancel(me.token)).map((time) => time.absValue)'), [20n])
  assert.deepEqual(await at(30n), [])
})

test('a repetition wakes once for each step of time, at its own times, never for those that were missed', async (t) => {
  const { world, run, at } = await timed(t)
  await run('await E(timer).repeatAfter(10n, 10n, me.handler("r"))')
  assert.deepEqual(await at(9n), [])
  assert.deepEqual(await at(10n), [['r', 10n]])
  assert.deepEqual(await at(19n), [])
  await world.reopen()
  assert.deepEqual(await at(45n), [['r', 45n]])
  assert.deepEqual(await at(49n), [])
  assert.deepEqual(await at(50n), [['r', 50n]])
})

test('a repetition waits for its handler, and ends when the handler rejects', async (t) => {
  const { run, at } = await timed(t)
  await run(
    'await E(timer).repeatAfter(0n, 10n, Far("slow", { wake: (time) => { me.woken.push(time.absValue); return new Promise((yes, no) => { me.yes = yes; me.no = no }) } }), me.token)',
  )
  assert.deepEqual(await at(1n), [0n])
  assert.deepEqual(await at(25n), [], 'it has not answered')
  await run('me.yes()')
  assert.deepEqual(await at(29n), [])
  assert.deepEqual(await at(30n), [30n])
  await run('me.no(Error("enough"))')
  assert.deepEqual(await at(100n), [])
  assert.deepEqual(await run('return E(timer).cancel(me.token)'), [])
})

test('a repetition that is cancelled while its handler works does not go on', async (t) => {
  const { run, at } = await timed(t)
  await run(
    'await E(timer).repeatAfter(0n, 10n, Far("slow", { wake: (time) => { me.woken.push(time.absValue); return new Promise((yes) => { me.yes = yes }) } }), me.token)',
  )
  assert.deepEqual(await at(1n), [0n])
  assert.deepEqual(await run('return E(timer).cancel(me.token)'), [])
  await run('me.yes()')
  assert.deepEqual(await at(50n), [])
})

test('a repeater is set going and stopped, and goes on without being held', async (t) => {
  const { world, run, at } = await timed(t)
  await at(3n)
  await run(
    'me.repeater = await E(timer).makeRepeater(7n, 10n, me.token); await E(me.repeater).schedule(me.handler("r"))',
  )
  assert.match(
    String(
      (
        (await run('return E(me.repeater).schedule(me.handler("twice")).catch((reason) => reason)')) as {
          message: string
        }
      ).message,
    ),
    /already scheduled/,
  )
  assert.deepEqual(await at(10n), [['r', 10n]])
  await run('await E(me.repeater).disable(); await E(me.repeater).disable()')
  assert.deepEqual(await at(20n), [])
  await run('await E(me.repeater).schedule(me.handler("s"))')
  assert.deepEqual(await at(30n), [['s', 30n]])
  await world.forgetAll()
  await run('me.repeater = undefined')
  await world.reopen()
  assert.deepEqual(await at(40n), [['s', 40n]])
  assert.deepEqual(await run('return (await E(timer).cancel(me.token)).map((time) => time.absValue)'), [50n])
  assert.deepEqual(await at(60n), [])
})

// Wk3.
test('a repeater that nobody holds lets go of its token', async (t) => {
  const world = await openWorld(t, { vats: { vat: puppet }, config: { collectionInterval: 2 } })
  const timer = await world.controller.timer()
  await world.run('vat', 'me.r = await E(args[0]).makeRepeater(1n, 1n, Far("token", {}))', timer)
  await world.forgetAll()
  await world.controller.run()
  assert.equal(
    [...(await world.rows('kernel'))].filter(([, value]) => value.includes('"repeater"')).length,
    1,
  )
  await world.run('vat', 'me.r = undefined')
  await world.forgetAll()
  for (let times = 0; times < 6; times += 1) await world.ask('vat', 'echo')
  const rows = await world.rows('kernel')
  assert.equal([...rows].filter(([, value]) => value.includes('"repeater"')).length, 0)
  assert.equal([...rows].filter(([key]) => /^c\.v1\.o\+[1-9]/.test(key)).length, 0, 'the token is dropped')
})

const sleeper = {
  source: `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    const make = defineKind(baggage, 'Sleeper', () => ({ log: [] }), {
      wake: ({ state }, time) => { state.log = [...state.log, ['wake', time.absValue]] },
      onFulfilled: ({ state }, time) => { state.log = [...state.log, ['kept', time.absValue]] },
      onRejected: ({ state }, reason) => { state.log = [...state.log, ['broken', reason.name]] },
      read: ({ state }) => state.log,
    })
    const sleeper = provide(baggage, 'sleeper', make)
    let heap = []
    return Far('root', {
      durable: (timer) => Promise.all([E(timer).setWakeup(10n, sleeper), E(timer).repeatAfter(20n, 10n, sleeper)]).then(() => {}),
      fleeting: (timer) => {
        const handler = Far('h', { wake: (time) => { heap = [...heap, time.absValue] } })
        return Promise.all([E(timer).setWakeup(10n, handler), E(timer).repeatAfter(5n, 10n, handler)]).then(() => {})
      },
      watched: (timer) => { VatData.watchPromise(E(timer).wakeAt(15n), sleeper) },
      unwatched: (timer) => { E(timer).wakeAt(15n).then(() => { heap = [...heap, 'unwatched'] }) },
      slow: (timer) => E(timer).repeatAfter(0n, 10n, sleeper).then(() => {}),
      read: () => sleeper.read(),
      heap: () => heap,
    })
  }`,
}

// Wk3.
test('durable handlers and watched promises outlive an upgrade; handlers of the heap end with it, and their wakeups too', async (t) => {
  const world = await openWorld(t, { vats: { vat: sleeper } })
  const timer = await world.controller.timer()
  for (const method of ['durable', 'fleeting', 'watched', 'unwatched']) await world.ask('vat', method, timer)
  await world.controller.advanceTime(5n)
  await world.controller.run()
  assert.deepEqual(await world.ask('vat', 'heap'), [5n])
  await world.upgrade('vat', sleeper)
  for (const now of [10n, 15n, 20n, 30n]) {
    await world.controller.advanceTime(now)
    await world.controller.run()
    await world.reopen()
  }
  assert.deepEqual(await world.ask('vat', 'read'), [
    ['wake', 10n],
    ['kept', 15n],
    ['wake', 20n],
    ['wake', 30n],
  ])
  assert.deepEqual(await world.ask('vat', 'heap'), [])
  const wakeups = [...(await world.rows('kernel'))].filter(([key]) => key.startsWith('wakeup.'))
  assert.equal(wakeups.length, 1, 'the durable repetition is all that is left')
})

test('an upgrade while a handler works does not end its repetition', async (t) => {
  const source = sleeper.source.replace(
    "state.log = [...state.log, ['wake', time.absValue]] }",
    "state.log = [...state.log, ['wake', time.absValue]]; return new Promise(() => {}) }",
  )
  const world = await openWorld(t, { vats: { vat: { source } } })
  await world.ask('vat', 'slow', await world.controller.timer())
  answerOf(await world.upgrade('vat', sleeper))
  for (const now of [10n, 20n]) {
    await world.controller.advanceTime(now)
    await world.controller.run()
  }
  assert.deepEqual(await world.ask('vat', 'read'), [['wake', 0n], ['wake', 10n], ['wake', 20n]])
})

/** What vats ask of the timer and are refused. */
const refusals: Readonly<Record<string, readonly [call: string, message: RegExp]>> = {
  'a wakeup without a time': ['E(timer).setWakeup()', /when is a bigint/],
  'a wakeup at a number with a fraction': ['E(timer).setWakeup(5.5, me.handler("x"))', /when is a bigint/],
  'a wakeup at a span of time': [
    'E(timer).setWakeup({ timerBrand: await E(timer).getTimerBrand(), relValue: 50n }, me.handler("x"))',
    /when is a bigint .* or a record \{ timerBrand, absValue \}/,
  ],
  'a wakeup at a time with more to it': [
    'E(timer).setWakeup({ timerBrand: await E(timer).getTimerBrand(), absValue: 50n, at: 1n }, me.handler("x"))',
    /when is a bigint/,
  ],
  'a wakeup at a time with a number': [
    'E(timer).setWakeup({ timerBrand: await E(timer).getTimerBrand(), absValue: 50 }, me.handler("x"))',
    /when is a bigint/,
  ],
  'a wakeup at a time without a brand': [
    'E(timer).setWakeup({ timerBrand: "x", absValue: 50n }, me.handler("x"))',
    /when is a bigint/,
  ],
  // Ti1.
  'a wakeup at a time of another timer': [
    'E(timer).setWakeup({ timerBrand: me.token, absValue: 50n }, me.handler("x"))',
    /TimerBrands must match/,
  ],
  'a wakeup at a time whose brand is the timer': [
    'E(timer).setWakeup({ timerBrand: timer, absValue: 50n }, me.handler("x"))',
    /TimerBrands must match/,
  ],
  'a delay of a point in time': [
    'E(timer).delay(await E(timer).getCurrentTimestamp())',
    /delay is a bigint .* or a record \{ timerBrand, relValue \}/,
  ],
  'a delay of another timer': [
    'E(timer).delay({ timerBrand: me.token, relValue: 5n })',
    /TimerBrands must match/,
  ],
  'an interval of another timer': [
    'E(timer).repeatAfter(1n, { timerBrand: me.token, relValue: 5n }, me.handler("x"))',
    /TimerBrands must match/,
  ],
  'a notifier with an interval of nothing': ['E(timer).makeNotifier(1n, 0n)', /interval/],
  'a notifier without a delay': ['E(timer).makeNotifier(undefined, 1n)', /delay is a bigint/],
  'a wakeup before all times': ['E(timer).setWakeup(-1n, me.handler("x"))', /when is a bigint/],
  'a wakeup after all times': ['E(timer).setWakeup(2n ** 64n, me.handler("x"))', /when is a bigint/],
  'a wakeup at a time that does not end': [
    'E(timer).setWakeup(2n ** 9999n, me.handler("x"))',
    /when is a bigint/,
  ],
  'a wakeup of nobody': ['E(timer).setWakeup(50n)', /handler/],
  'a wakeup of data': ['E(timer).setWakeup(50n, "x")', /handler/],
  'a wakeup of a promise': ['E(timer).setWakeup(50n, Promise.resolve(me.handler("x")))', /handler/],
  'a wakeup of the timer': ['E(timer).setWakeup(50n, timer)', /object of the kernel/],
  'a token that is data': ['E(timer).setWakeup(50n, me.handler("x"), "token")', /cancel token/],
  'a promise at no time': ['E(timer).wakeAt()', /when is a bigint/],
  'a promise with a token that is data': ['E(timer).wakeAt(50n, 5)', /cancel token/],
  'a delay below nothing': ['E(timer).delay(-1n)', /delay is a bigint/],
  'a delay past all times': ['E(timer).delay(2n ** 64n - 1n)', /time after the delay/],
  'a repetition without an interval': ['E(timer).repeatAfter(1n)', /interval/],
  'a repetition with an interval of nothing': ['E(timer).repeatAfter(1n, 0n, me.handler("x"))', /interval/],
  'a repetition of nobody': ['E(timer).repeatAfter(1n, 1n)', /handler/],
  'a repeater with an interval of nothing': ['E(timer).makeRepeater(1n, 0n)', /interval/],
  'a repeater that is given data to wake': ['E(E(timer).makeRepeater(1n, 1n)).schedule(5)', /handler/],
  'a method that there is not': ['E(timer).setNow(5n)', /no method "setNow"/],
}
for (const [name, [call, message]] of Object.entries(refusals)) {
  test(`${name} is refused to a vat`, async () => {
    const reason = (await shared.run(
      `return Promise.resolve(${call}).then(() => 'taken', (reason) => reason)`,
    )) as { code: string; message: string }
    assert.equal(reason.code, 'service-refused')
    assert.match(reason.message, message)
    assert.equal(
      [...(await shared.world.rows('kernel'))].filter(([key]) => key.startsWith('wakeup.')).length,
      0,
    )
  })
}

test('a token cancels a thousand wakeups and is refused more', async (t) => {
  const { run } = await timed(t)
  await run(
    'for (let n = 0n; n < 1000n; n += 1n) E.sendOnly(timer).setWakeup(10n + n, me.handler("x"), me.token)',
  )
  const reason = (await run('return E(timer).wakeAt(5n, me.token).catch((reason) => reason)')) as {
    message: string
  }
  assert.match(reason.message, /1000 wakeups/)
  assert.equal(((await run('return E(timer).cancel(me.token)')) as unknown[]).length, 1000)
})

test('the timer is asked for as SwingSet has it', async () => {
  assert.equal(
    await shared.run(
      'return (await E(E(timer).createTimerService(undefined)).getCurrentTimestamp()).absValue',
    ),
    5n,
  )
})

// Wk3.
test('a vat that has ended is woken no more, and nothing is left of what it asked for when its time has come', async (t) => {
  const { world, at, timer } = await timed(t)
  await world.create('mortal', { setup })
  await world.run(
    'mortal',
    'const [timer] = args; await E(timer).setWakeup(10n, me.handler("once"), me.token); await E(timer).repeatAfter(5n, 5n, me.handler("again")); E(timer).wakeAt(10n)',
    timer,
  )
  await world.run('vat', 'await E(args[0]).setWakeup(10n, me.handler("mine"))', timer)
  await at(5n)
  await world.controller.terminateVat('mortal', 'enough')
  await world.controller.run()
  await world.reopen()
  assert.deepEqual(await at(10n), [['mine', 10n]])
  const left = [...(await world.rows('kernel')).keys()].filter((key) =>
    /^(wakeup|alarm|tokens?|reaction)\./.test(key),
  )
  assert.deepEqual(left, [])
})
