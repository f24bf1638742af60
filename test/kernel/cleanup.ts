/**
 * A store in which a vat with much of everything has just ended, and how a step of cleaning up is measured.
 */
import { openStore } from '../../src/store/store.ts'
import { readRows } from '../kit/rows.ts'
import { openWorld, puppet, type Scope, type World } from '../kit/world.ts'

/** The vat that ends. */
export const dying = 'v2'

export interface Much {
  readonly budget: number
  /** Of exports, imports, promises, parked messages, askers and deliveries each. */
  readonly things: number
  readonly rows: number
}

/** The vat has ended, and its first step is done; nothing is committed since. */
export async function openEnded(scope: Scope, { budget, things, rows }: Much): Promise<World> {
  const world = await openWorld(scope, {
    vats: { friend: puppet, mortal: puppet },
    config: { cleanupBudget: budget, snapshotInterval: 7 },
  })
  const friend = await world.root('friend')
  await world.run('mortal', `const [friend, things] = args
    me.mine = Array.from({ length: things }, (_, n) => Far('mine' + n, {}))
    me.promises = Array.from({ length: things }, () => new Promise(() => {}))
    E.sendOnly(friend).put('held', harden([me.mine, me.promises]))
    me.theirs = E(friend).run('return harden(Array.from({ length: args[0] }, (_, n) => Far("theirs" + n, {})))', things)
    me.asked = Array.from({ length: things }, () => E(friend).run('return new Promise(() => {})'))
    for (const asked of me.asked) asked.catch(() => {})`,
    friend,
    things,
  )
  await world.run(
    'friend',
    'me.broken = 0; for (const promise of me.held[1]) promise.catch(() => { me.broken += 1 })',
  )
  for (let n = 0; n < things; n += 1) await world.ask('mortal', 'echo', BigInt(n))
  const { adminNode } = (await world.create('another')) as { adminNode: unknown }
  await world.controller.suspendVat('mortal', 'about to end')
  for (let n = 0; n < things; n += 1) await world.controller.send('mortal', 'echo', [BigInt(n), adminNode])
  await world.controller.run()
  await world.controller.commit()
  await fill(world, rows)
  await world.controller.terminateVat('mortal', 'too much')
  return world
}

/** Rows in the vat's own space, written by the store itself: a vat would take its time. */
async function fill(world: World, rows: number): Promise<void> {
  await world.controller.shutdown()
  const store = openStore(world.directory, { verify: 'lazy' })
  for (let n = 0; n < rows; n += 1) store.state.set(`vat/${dying}`, `much.${n}`, `what the vat knew of ${n}`)
  store.sealCrank()
  store.commit()
  store.close()
  await world.open()
}

/** All rows of the kernel and of the vat, as of the last block. */
export function allRows(world: World): Map<string, string> {
  return new Map(
    ['kernel', `vat/${dying}`].flatMap((space) =>
      [...readRows(world.directory, space)].map(([key, value]) => [`${space} ${key}`, value]),
    ),
  )
}

/** How many rows differ, but for the count of blocks. */
export function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  const keys = new Set([...before.keys(), ...after.keys()])
  keys.delete('kernel block')
  return [...keys].filter((key) => before.get(key) !== after.get(key)).length
}
