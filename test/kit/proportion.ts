/**
 * Situations with N of something, and what they cost: the work must grow with N, not with its square.
 *
 * What is counted is the same on every machine: computrons, cranks, and the characters of the transcripts.
 */
import type { Controller } from '../../src/host/index.ts'
import { answerOf, puppet, type World, type WorldOptions } from './world.ts'
import { query } from './rows.ts'

export interface Cost {
  readonly computrons: number
  readonly cranks: number
  readonly transcript: number
}

/** Two puppets with room for much in one delivery. */
export const proportionWorld: WorldOptions = {
  vats: {
    alice: { ...puppet, computronsPerDelivery: 100_000_000_000n, heapLimitBytes: 1024 * 1024 * 1024 },
    bob: { ...puppet, computronsPerDelivery: 100_000_000_000n, heapLimitBytes: 1024 * 1024 * 1024 },
  },
}

/** Alice's code; `n` is how many, `args[0]` is bob. */
interface Situation {
  readonly before?: string
  readonly code: string
  /** What the host does when alice has answered. */
  readonly then?: (world: World) => Promise<void>
}

const durable = `me.handle = me.handle ?? provide(baggage, "handle", () => makeKindHandle("W"))
  me.make = me.make ?? defineDurableKind(me.handle, () => ({}), { onFulfilled: () => {} });`

/**
 * What was named since the last collection is not looked for in the next
 * (`docs/decisions/0055-kept-promises.md`).
 */
const collect = async ({ controller }: World): Promise<void> => {
  await controller.collectAll()
  await controller.run()
  await controller.collectAll()
}

export const situations: Readonly<Record<string, Situation>> = {
  'links of a chain of promises, each settled to the one before': {
    code: 'let p = E(bob).add(1n, 1n); for (let i = 0; i < n; i += 1) p = E(bob).echo(p).then((x) => x); await p',
  },
  'links of a chain that is passed on once each': {
    code: 'let p = Promise.resolve("end"); for (let i = 0; i < n; i += 1) { p = Promise.resolve(harden([p])); await E(bob).same(harden([p])) }',
  },
  'messages with one promise that was settled before': {
    code: 'const p = E(bob).same("x"); await p; for (let i = 0; i < n; i += 1) E(bob).put("p", harden([p])); await E(bob).echo()',
  },
  'durable watches of one promise': {
    before: durable,
    code: 'me.p = new Promise((resolve) => { me.resolve = resolve }); for (let i = 0; i < n; i += 1) VatData.watchPromise(me.p, me.make())',
    then: async (world) => void (await world.controller.send('alice', 'run', ['me.resolve(1n); return 0n'])),
  },
  'reactions to one promise of another vat': {
    code: 'const p = E(bob).add(1n, 1n); const all = []; for (let i = 0; i < n; i += 1) all.push(p.then((x) => x)); await Promise.all(all)',
  },
  'messages to one promise, before it is settled': {
    code: 'const p = E(bob).same(bob); const all = []; for (let i = 0; i < n; i += 1) all.push(E(p).add(1n, 1n)); await Promise.all(all)',
  },
  'promises settled in one delivery': {
    code: 'const all = []; for (let i = 0; i < n; i += 1) all.push(Promise.resolve(harden({ i }))); for (let i = 0; i < n; i += 1000) await E(bob).put("all", harden(all.slice(i, i + 1000)))',
  },
  'objects that leave in one message': {
    code: 'await E(bob).put("all", harden(Array.from({ length: n }, () => Far("x", {}))))',
  },
  'mentions of one object in one message': {
    code: 'const one = Far("x", {}); await E(bob).put("all", harden(Array.from({ length: n }, () => one)))',
  },
  'objects that are dropped at once, beside as many that are not': {
    code: `const make = () => harden(Array.from({ length: n }, () => Far("x", {}))); await E(bob).put("kept", make()); await E(bob).put("all", make()); await E(bob).put("all", undefined)`,
    then: collect,
  },
  'promises that nobody holds any more': {
    code: 'let p = Promise.resolve("end"); for (let i = 0; i < n; i += 1) { await p; p = Promise.resolve(harden([p])) } await E(bob).same(harden([p])); await E(bob).same(harden([p]))',
    then: collect,
  },
  'wakeups at one time': {
    before: 'me.timer = args[1]; me.woken = Far("handler", { wake: () => {} })',
    code: 'for (let i = 0; i < n; i += 1) E(me.timer).setWakeup(5n, me.woken); await E(bob).echo()',
    then: async ({ controller }) => controller.advanceTime((await controller.currentTime()) + 5n),
  },
  'promises of a vat that ends': {
    code: 'const all = []; for (let i = 0; i < n; i += 1) all.push(E(bob).run("return new Promise(() => {})").catch(() => {})); me.all = Promise.all(all)',
    then: async ({ controller }) => void (await controller.terminateVat('bob', 'over')),
  },
  'promises of a vat that is upgraded': {
    code: 'const all = []; for (let i = 0; i < n; i += 1) all.push(E(bob).run("return new Promise(() => {})").catch(() => {})); me.all = Promise.all(all)',
    then: async (world) => void (await world.controller.upgradeVat('bob', await world.install())),
  },
}

async function runAll(controller: Controller): Promise<Pick<Cost, 'computrons' | 'cranks'>> {
  const { computrons, cranks } = await controller.run()
  return { computrons: Number(computrons), cranks }
}

/** Characters of all transcripts; of vats that have ended nothing is left, so before their end. */
const transcripts = (world: World): number =>
  query<{ sum: number }>(world.directory, 'SELECT coalesce(sum(length(text)), 0) AS sum FROM entry')[0]
    ?.sum ?? 0

/** What the situation costs with so many, in a world that is as `proportionWorld` says. */
export async function costOf(world: World, { before, code, then }: Situation, n: number): Promise<Cost> {
  const { controller } = world
  const bob = await world.root('bob')
  if (before !== undefined) await world.run('alice', `${before}; return 0n`, bob, await controller.timer())
  await controller.commit()
  const start = transcripts(world)
  const asked = await controller.send('alice', 'run', [
    `const [bob, count] = args; const n = Number(count); ${code}; await null; return 0n`,
    bob,
    BigInt(n),
  ])
  const first = await runAll(controller)
  await controller.commit()
  const middle = transcripts(world)
  answerOf(await controller.status(asked))
  await controller.forget(asked)
  await then?.(world)
  const second = await runAll(controller)
  await controller.commit()
  return {
    computrons: first.computrons + second.computrons,
    cranks: first.cranks + second.cranks,
    transcript: Math.max(middle, transcripts(world)) - start,
  }
}
