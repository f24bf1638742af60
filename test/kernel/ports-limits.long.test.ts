/** Ports and the timer at their limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld, puppet } from '../kit/world.ts'

test('a vat that answers nothing is given so many items and no more, and goes on with each answer', async (t) => {
  const world = await openWorld(t, { vats: { vat: puppet } })
  const port = await world.controller.openPort('bank')
  const most = 10_000
  await world.run(
    'vat',
    'me.got = 0; me.answers = []; E.sendOnly(args[0]).onReceive(Far("slow", { receive: (_data, number) => { me.got = number; return new Promise((yes) => { if (me.answers.length < 2) me.answers.push(yes) }) } }))',
    await port.remote(),
  )
  for (let number = 1; number <= most; number += 1) await port.deliver(number)
  await assert.rejects(port.deliver('more'), { code: 'port/full' })
  await world.controller.run()
  for (const item of ['a', 'b', 'c']) await port.deliver(item)
  await world.controller.run()
  assert.deepEqual(
    [await world.run('vat', 'return me.got'), (await port.status()).waiting, (await port.status()).unsettled],
    [most, 3, most],
  )
  await world.run('vat', 'me.answers.pop()()')
  assert.deepEqual([await world.run('vat', 'return me.got'), (await port.status()).waiting], [most + 1, 2])
})

test('100,000 wakeups that are due at once are set off in order, in steps of a hundred', async (t) => {
  const world = await openWorld(t, {
    vats: { vat: { setup: 'me.count = 0; me.handler = Far("h", { wake: () => { me.count += 1 } })' } },
  })
  const timer = await world.controller.timer()
  for (let batch = 0; batch < 100; batch += 1) {
    await world.controller.sendOnly('vat', 'run', [
      'for (let n = 0; n < 1000; n += 1) E.sendOnly(args[0]).setWakeup(BigInt(1 + (n * 7) % 1000), me.handler)',
      timer,
    ])
    await world.controller.run()
  }
  await world.controller.advanceTime(2_000n)
  await world.controller.run({ cranks: 1 })
  assert.equal((await world.controller.storeStatus()).queued, 101, 'a hundred, and one that goes on')
  await world.controller.run()
  assert.equal(await world.run('vat', 'return me.count'), 100_000)
})
