/** What is legal one by one and too large together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from '../kit/world.ts'

test('settled promises that are too large to be told at once are told one after the other', async (t) => {
  const roomy = { heapLimitBytes: 1024 * 1024 * 1024 }
  const large = await openWorld(t, { vats: { asker: roomy, giver: roomy, hearer: roomy } })
  const [giver, hearer] = [await large.root('giver'), await large.root('hearer')]
  const code = `me.parts = Array.from({ length: 5 }, () => E(args[0]).run("me.keep ??= []; return new Promise((r) => { me.keep.push(r) })"))
    const whole = new Promise((r) => { me.end = () => r(harden({ parts: me.parts })) })
    E(args[1]).run("args[0].whole.then(({ parts }) => { me.lengths = []; for (const part of parts) part.then((text) => me.lengths.push(text.length)) })", { whole })`
  await large.run('asker', code, giver, hearer)
  await large.controller.sendOnly('asker', 'run', ['me.end()'])
  for (let part = 0; part < 5; part += 1)
    await large.controller.sendOnly('giver', 'run', ['me.keep.pop()("x".repeat(14_000_000))'])
  await large.controller.run()
  assert.deepEqual(
    await large.run('hearer', 'return [...me.lengths]'),
    [14_000_000, 14_000_000, 14_000_000, 14_000_000, 14_000_000],
  )
})
