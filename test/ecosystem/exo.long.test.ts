/** `@endo/exo`, `@endo/patterns` and `@endo/far` as published. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { forTheFile, openWorld } from '../kit/world.ts'
import { fixture } from './support.ts'

const world = await openWorld(forTheFile, { vats: { guarded: { file: fixture('guarded') }, guest: {} } })
const point = (x: number, y: number): Promise<unknown> => world.ask('guarded', 'makePoint', x, y)

test('guarded methods take what they should, awaited arguments included', async () => {
  const a = (await point(0, 0)) as Remote
  const b = (await point(3, 4)) as Remote
  assert.equal(await world.ask(a, 'distance', b), 5)
  assert.equal(await world.ask(a, 'move', 3, 0, 'walk'), 'walk: 3,0')
  assert.equal(await world.ask(a, 'move', 0, 4), 'no reason: 3,4')
  assert.equal(await world.ask(a, 'distance', b), 0)
  assert.equal(await world.run('guest', 'return E(args[0]).distance(args[1])', a, b), 0)
})

/** What a guard refuses → what it says. */
const refused: Readonly<
  Record<string, readonly [method: string, args: readonly unknown[], message: RegExp]>
> = {
  'a bigint for a number': ['move', [1n, 0], /arg 0: bigint \(a bigint\) - Must be a number/],
  'too few': ['move', [1], /at least 2 arguments/],
  'too many': ['move', [1, 2, 'why', 4], /at most 3 arguments/],
  'a record for a remotable': ['distance', [{}], /Must be a remotable/],
}
for (const [name, [method, args, message]] of Object.entries(refused)) {
  test(`a guard refuses ${name}`, async () => {
    const a = (await point(0, 0)) as Remote
    assert.match(String(await world.refusal(a, method, ...args)), message)
    assert.deepEqual(await world.ask(a, 'at'), { x: 0, y: 0 })
  })
}

test('kits, single exos, guards as data', async () => {
  const { hand, lamp } = (await world.ask('guarded', 'makeSwitch')) as { hand: Remote; lamp: Remote }
  await world.ask(hand, 'flip')
  assert.equal(await world.ask(lamp, 'isOn'), true)
  const adder = (await world.ask('guarded', 'adder')) as Remote
  assert.equal(await world.ask(adder, 'add', 1n, 2n), 3n)
  assert.match(String(await world.refusal(adder, 'add', -1n, 2n)), /Must be non-negative/)
  assert.deepEqual(await world.ask('guarded', 'methodsOf'), ['move', 'distance', 'at'])
})

test('copy sets, bags, maps and patterns travel', async () => {
  const there = await world.ask('guest', 'same', await world.ask('guarded', 'values'))
  assert.deepEqual(await world.ask('guarded', 'same', there), [true, true, true])
  const pattern = await world.ask('guest', 'same', await world.ask('guarded', 'pattern'))
  const guest = await world.root('guest')
  await world.ask('guarded', 'check', { a: 1n, b: [guest] }, pattern)
  await world.ask('guarded', 'check', { a: 'x' }, pattern)
  assert.match(String(await world.refusal('guarded', 'check', { a: -1n }, pattern)), /a: -1n|Must/)
  assert.match(String(await world.refusal('guarded', 'check', { a: 1n, b: ['x'] }, pattern)), /remotable/)
})
