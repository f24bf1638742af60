/**
 * The load of a soak: seeded operations on a few vats, for ever. How far it is stands in the store, so that a
 * host that was killed goes on from its last block.
 */
import { join } from 'node:path'
import { bundleVat, type Controller } from 'heirloom'
import { Random } from '../../src/sim/program/random.ts'
import { ask, settle } from '../world.ts'

export const names = ['ada', 'ben', 'cay', 'dot'] as const
/** Of each ring of a vat. */
const slots = 60
/** Versions of the code that take turns: more would be more bundles in the store. */
const versions = 3
const source = join(import.meta.dirname, '..', 'vats', 'soaker.ts')

/** Makes the vats and introduces them to each other. */
export async function found(controller: Controller): Promise<void> {
  const bundle = await bundleVat(source)
  const text = Buffer.from(bundle.bytes).toString('utf8')
  for (let version = 0; version < versions; version += 1) {
    await controller.installBundle(
      { ...bundle, bytes: Buffer.from(text + ' '.repeat(version)) },
      `soaker${version}`,
    )
  }
  await controller.advanceTime(1n)
  for (const name of names)
    await settle(
      controller,
      await controller.createVat(name, 'soaker0', { computronsPerDelivery: 200_000_000n }),
    )
  const { bundle: id } = await controller.vat(names[0])
  for (const name of names) {
    const port = await (await controller.openPort(name)).remote()
    const others = await Promise.all(
      names.filter((other) => other !== name).map((other) => controller.root(other)),
    )
    await ask(controller, name, 'meet', {
      others,
      timer: await controller.timer(),
      port,
      vatAdmin: await controller.vatAdmin(),
      bundle: id,
    })
  }
  await controller.setHostState('operation', '0')
  await controller.commit()
}

type Operation = (controller: Controller, dice: Random, name: string) => Promise<unknown>

const message =
  (method: string, ...args: ((dice: Random) => unknown)[]): Operation =>
  async (controller, dice, name) =>
    settle(
      controller,
      await controller.send(
        name,
        method,
        args.map((arg) => arg(dice)),
      ),
    )

const slot = (dice: Random): number => dice.below(slots)
const peer = (dice: Random): number => dice.below(names.length)
const text = (dice: Random): string => 'x'.repeat(10 + dice.below(400))

/** Messages, whose time is taken, by how often they come. */
const messages: Readonly<Record<string, readonly [weight: number, Operation]>> = {
  put: [20, message('put', slot, text)],
  write: [20, message('write', slot, text)],
  drop: [8, message('drop', slot)],
  virtual: [8, message('virtual', slot, text)],
  sum: [2, message('sum')],
  give: [20, message('give', slot, peer)],
  touch: [20, message('touch', slot)],
  promise: [15, message('promise', slot, peer)],
  chain: [10, message('chain', peer)],
  watch: [5, message('watch', slot, peer)],
  sleep: [6, message('sleep', slot, (dice) => BigInt(1 + dice.below(50)))],
  send: [6, message('send', text)],
}

/** What else happens, of ten thousand operations so many times. */
const events: Readonly<Record<string, readonly [weight: number, Operation]>> = {
  time: [
    200,
    async (controller) =>
      controller.advanceTime((await controller.currentTime()) + 1n).then(() => controller.run()),
  ],
  deliver: [
    150,
    async (controller, dice, name) => {
      const port = controller.port(name)
      await port.deliver(text(dice))
      await controller.run()
      const [last] = (await port.receive({ limit: 1_000 })).slice(-1)
      if (last !== undefined) await port.acknowledge(last.number)
      const [failure] = (await port.failures({ limit: 1_000 })).slice(-1)
      if (failure !== undefined) await port.dismissFailures(failure.number)
    },
  ],
  breed: [10, message('breed')],
  upgrade: [6, upgrade],
  collect: [4, (controller) => controller.collectAll().then(() => controller.run())],
  evict: [6, (controller) => controller.evictWorkers()],
}

/** By restart, and now and then by replay at once. */
async function upgrade(controller: Controller, dice: Random, name: string): Promise<void> {
  await ask(controller, name, 'barren')
  await settle(controller, await controller.upgradeVat(name, `soaker${dice.below(versions)}`))
  if (dice.chance(50))
    await settle(
      controller,
      await controller.upgradeVat(name, `soaker${dice.below(versions)}`, { mode: 'replay' }),
    )
}

export interface Done {
  /** Of a message; undefined for what is none. */
  readonly milliseconds: number | undefined
}

/** The next operation of the load. */
export async function operate(controller: Controller, seed: number, number: number): Promise<Done> {
  const dice = new Random(seed, `operation ${number}`)
  const name = dice.pick(names)
  const event = chosen(events, dice.below(10_000))
  if (event !== undefined) {
    await event(controller, dice, name)
    return { milliseconds: undefined }
  }
  const operation = chosen(messages, dice.below(weightOf(messages))) as Operation
  const began = performance.now()
  await operation(controller, dice, name)
  return { milliseconds: performance.now() - began }
}

type Table = Readonly<Record<string, readonly [weight: number, Operation]>>

const weightOf = (table: Table): number => Object.values(table).reduce((sum, [weight]) => sum + weight, 0)

/** The entry that the roll falls on, or none past the last. */
function chosen(table: Table, roll: number): Operation | undefined {
  let left = roll
  for (const [weight, operation] of Object.values(table)) {
    left -= weight
    if (left < 0) return operation
  }
  return undefined
}
