/**
 * A random walk over everything that moves references: after each leg the store audits clean, to its last
 * page.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviationsOf } from '../kit/audit.ts'
import { openWorld, puppet, type World } from '../kit/world.ts'
import { Dice } from '../store/support.ts'

const names = ['a', 'b', 'c', 'd'] as const
const setup =
  'me.list = provide(baggage, "list", () => VatData.makeScalarBigMapStore("list", { durable: true })); me.held = []; me.weak = new WeakMap()'

/** What a puppet does with two roots, when it is told to. */
const moves: readonly string[] = [
  'me.held.push(args[0])',
  'me.held.length = 0',
  'for (const name of ["x", "y", "z", "u", "v"]) E(args[0]).run("me.held.push(args[0])", Far(name, { f: () => 1n }))',
  'E(args[0]).run("me.held.push(...args)", ...[1, 2, 3].map(() => Far("given", {})), args[1])',
  'me.list.init(`${args[2]}`, args[0])',
  'for (const key of [...me.list.keys()].slice(1)) me.list.delete(key)',
  'me.weak.set(args[0], 1); me.held.push(new WeakSet([args[1]]))',
  'me.held.push(E(args[0]).run("return new Promise((resolve) => { me.held.push(resolve) })"))',
  'for (const each of me.held) if (typeof each === "function") each(args[0])',
  'E.sendOnly(E(args[0]).run("return new Promise(() => {})")).f(args[1], Promise.resolve(args[0]))',
  'return E(E(args[0]).same(args[1])).run("throw Error(String(args.length))").catch(() => {})',
  'const p = E(args[0]).echo(args[1]); E(args[1]).run("return args[0]", p)',
  'E(args[0]).same(Far("a", {})).then((x) => me.held.push(x)); for (const n of [1, 2, 3]) me.held.push(E(args[1]).same({ x: Promise.resolve(n) }))',
]

async function step(world: World, dice: Dice, number: number): Promise<void> {
  const [vat, one, other] = [dice.pick(names), dice.pick(names), dice.pick(names)]
  if (dice.roll(40) === 0) return void (await world.upgrade(vat, { ...puppet, setup }))
  if (dice.roll(15) === 0) return world.forgetAll()
  if (dice.roll(20) === 0) return void (await world.controller.evictWorkers())
  const request = await world.controller.send(vat, 'run', [
    dice.pick(moves),
    await world.root(one),
    await world.root(other),
    BigInt(number),
  ])
  // Some stops in the middle: an audit is right between any two cranks.
  await world.controller.run(dice.roll(3) === 0 ? { cranks: 1 + dice.roll(3) } : {})
  await world.take(request)
}

for (const seed of [1, 20_261_120]) {
  test(`a walk of 200 steps, seed ${seed}`, async (t) => {
    const vats = Object.fromEntries(names.map((name) => [name, { ...puppet, setup }]))
    const world = await openWorld(t, {
      vats,
      config: { snapshotInterval: 7, collectionInterval: 6 },
      open: { residentWorkers: 2 },
    })
    const dice = new Dice(seed)
    const most = { objects: 0, promises: 0, waiting: 0 }
    for (let number = 0; number < 200; number += 1) {
      await step(world, dice, number)
      if (number % 10 === 0) {
        const { deviations, counted } = await world.controller.audit()
        assert.deepEqual(deviations, [], `step ${number}`)
        for (const name of ['objects', 'promises', 'waiting'] as const)
          most[name] = Math.max(most[name], counted?.[name] ?? 0)
      }
      if (number % 60 === 0) await world.controller.commit()
    }
    assert.ok(
      most.objects > 20 && most.promises > 20 && most.waiting > 0,
      `there was something to count: ${JSON.stringify(most)}`,
    )
    await world.controller.commit()
    assert.deepEqual(await deviationsOf(world.controller, 'all'), [])
  })
}
