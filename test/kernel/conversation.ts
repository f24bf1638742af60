/**
 * A busy conversation of three vats, in the middle of which any of them is upgraded: at each crank of it.
 *
 * A buyer orders from a shop, which reserves at a bank, and delivers to the buyer, who opens what it got and
 * orders again. Each vat writes down in its baggage what it did, entry by entry. In the *watched*
 * conversation all that a vat has to remember is durable: answers are given at once, and what is awaited is
 * watched. In the *awaited* one it is in the heap: asynchronous functions, open promises, ephemeral goods.
 */
import assert from 'node:assert/strict'
import type { UpgradeMode } from '../../src/protocol/host/inbox.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import { answerOf, openWorld, type Scope, type World } from '../kit/world.ts'

export const speakers = ['buyer', 'shop', 'bank'] as const
export type Speaker = (typeof speakers)[number]
export type Manner = 'watched' | 'awaited'

/** What each vat wrote down. */
export type Logs = Readonly<Record<Speaker, readonly string[]>>

const common = `
  me.log = provide(baggage, 'log', () => VatData.makeScalarBigMapStore('log', { durable: true }))
  const note = (...entry) => me.log.init(me.log.getSize(), entry.join(' '))
  const peer = (name) => baggage.get(name)
`

const watched = `${common}
  const steps = {
    confirmed: (said, n) => note('confirmed', n, said),
    reserved: (left, n) => { note('reserved', n, left); watch(E(peer('buyer')).deliver(n, makeGood(n)), 'delivered', n) },
    delivered: (said, n) => note('delivered', n, said),
    opened: (said, n) => { note('opened', n, said); if (n % 10n > 0n) order(n - 1n) },
  }
  const makeWatcher = defineKind(baggage, 'Watcher', () => ({}), {
    onFulfilled: (_context, value, step, n) => steps[step](value, n),
    onRejected: (_context, reason, step, n) => note('rejected', step, n, String(reason)),
  })
  const watcher = provide(baggage, 'the watcher', () => makeWatcher())
  const watch = (promise, step, n) => VatData.watchPromise(promise, watcher, step, n)
  const makeGood = defineKind(baggage, 'Good', (n) => ({ n }), { open: ({ state }) => { note('open', state.n); return 'good ' + state.n } })
  const makeTicket = defineKind(baggage, 'Ticket', (n) => ({ n }), { confirm: ({ state }) => { note('confirm', state.n); return 'ticket ' + state.n } })
  const order = (n) => { note('ask', n); watch(E(E(peer('shop')).order(n)).confirm(), 'confirmed', n) }
  const makeDesk = defineKind(baggage, 'Desk', () => ({ balance: 100n }), {
    start: (_context, n) => { for (let line = 0n; line < 2n; line += 1n) order(10n * line + n) },
    order: (_context, n) => { note('order', n); watch(E(peer('bank')).reserve(n), 'reserved', n); return makeTicket(n) },
    reserve: ({ state }, n) => { note('reserve', n); return (state.balance -= 1n) },
    deliver: (_context, n, good) => { note('deliver', n); watch(E(good).open(), 'opened', n); return 'thanks' },
    clear: ({ state }) => { me.log.clear(); state.balance = 100n },
  })
  me.desk = provide(baggage, 'desk', () => makeDesk())
`

const awaited = `${common}
  const order = async (n) => {
    note('ask', n)
    try { note('done', n, await E(peer('shop')).order(n)) } catch (reason) { note('rejected', n, reason.name) }
    if (n % 10n > 0n) await order(n - 1n)
  }
  const calling = async (what, n, answer) => { try { const said = await answer; note(what, n, said); return said } catch (reason) { note('rejected', what, n, reason.name); throw reason } }
  const makeDesk = defineKind(baggage, 'Desk', () => ({ balance: 100n }), {
    start: (_context, n) => { for (let line = 0n; line < 2n; line += 1n) order(10n * line + n) },
    order: async (_context, n) => {
      note('order', n)
      const left = await calling('reserved', n, E(peer('bank')).reserve(n))
      return left + ' ' + await calling('delivered', n, E(peer('buyer')).deliver(n, Far('good', { open: () => { note('open', n); return 'good' } })))
    },
    reserve: async ({ state }, n) => { note('reserve', n); const left = state.balance -= 1n; await calling('checked', n, E(peer('shop')).check(n)); return left },
    check: (_context, n) => { note('check', n); return true },
    deliver: async (_context, n, good) => { note('deliver', n); return calling('opened', n, E(good).open()) },
    clear: ({ state }) => { me.log.clear(); state.balance = 100n },
  })
  me.desk = provide(baggage, 'desk', () => makeDesk())
`
const setups: Readonly<Record<Manner, string>> = { watched, awaited }

export interface Table {
  readonly world: World
  readonly manner: Manner
  readonly same: string
}

export async function openTable(scope: Scope, manner: Manner): Promise<Table> {
  const setup = setups[manner]
  const vats = Object.fromEntries(speakers.map((name) => [name, { setup }]))
  const world = await openWorld(scope, { vats, config: { collectionInterval: 9, snapshotInterval: 25 } })
  for (const name of speakers) {
    const desk = await world.run(name, 'return me.desk')
    for (const other of speakers)
      if (other !== name) await world.run(other, 'baggage.init(args[0], args[1])', name, desk)
  }
  await world.forgetAll()
  return { world, manner, same: await world.installBundle(withSpace(await bundleFile(puppetFile))) }
}

/** A conversation from its begin to its end. After so many cranks of it the upgrade is asked for. */
export async function converse(
  table: Table,
  upgrade?: { readonly vat: Speaker; readonly mode: UpgradeMode; readonly after: number },
): Promise<{ readonly logs: Logs; readonly wasOver: boolean }> {
  const { world, manner, same } = table
  for (const name of speakers) {
    // What a replay goes through is what this conversation has done.
    if (upgrade?.mode === 'replay' && upgrade.vat === name)
      answerOf(await world.upgrade(name, { setup: setups[manner] }))
    await world.run(name, 'me.desk.clear()')
  }
  await world.controller.sendOnly('buyer', 'run', ['me.desk.start(1n)'])
  const begun = await world.controller.run({ cranks: upgrade?.after ?? 1 })
  if (upgrade !== undefined) {
    const parameters = upgrade.mode === 'replay' ? {} : { parameters: { setup: setups[manner] } }
    const request = await world.controller.upgradeVat(upgrade.vat, same, {
      mode: upgrade.mode,
      ...parameters,
    })
    answerOf(await world.settle(request))
  }
  await world.controller.run()
  const logs = {
    buyer: await logOf(world, 'buyer'),
    shop: await logOf(world, 'shop'),
    bank: await logOf(world, 'bank'),
  }
  await world.forgetAll()
  return { logs, wasOver: begun.ended === 'idle' }
}

const logOf = async (world: World, name: Speaker): Promise<readonly string[]> =>
  (await world.run(name, 'return [...me.log.values()]')) as string[]

/**
 * Upgrades at every `stride`th crank, until the conversation is over before; gives how often, after it looked
 * at the logs of each.
 */
export async function upgradeAtEachCrank(
  table: Table,
  vat: Speaker,
  mode: UpgradeMode,
  stride: number,
  look: (logs: Logs, after: number) => void,
): Promise<number> {
  for (let after = 1; ; after += stride) {
    const { logs, wasOver } = await converse(table, { vat, mode, after })
    look(logs, after)
    await table.world.audit()
    if (wasOver) return after
  }
}

/** Nothing was done twice. */
export function assertOnce(logs: Logs, where: string): void {
  for (const name of speakers)
    assert.equal(
      new Set(logs[name]).size,
      logs[name].length,
      `${where}: ${name} did something twice: ${logs[name].join('; ')}`,
    )
}

const ends = { ask: ['done'], order: ['reserved'], reserve: ['checked'], deliver: ['opened'] } as const

/** Whoever was not upgraded was told the end of all that it waited for: an answer or a rejection. */
export function assertToldOf(logs: Logs, upgraded: Speaker, where: string): void {
  for (const name of speakers.filter((speaker) => speaker !== upgraded)) {
    for (const entry of logs[name]) {
      const [what = '', n = ''] = entry.split(' ')
      const expected = Object.hasOwn(ends, what) ? ends[what as keyof typeof ends] : []
      for (const end of expected) {
        const told = logs[name].filter(
          (other) =>
            other.startsWith(`${end} ${n} `) ||
            other.startsWith(`rejected ${end} ${n} `) ||
            (end === 'done' && other.startsWith(`rejected ${n} `)),
        )
        assert.equal(
          told.length,
          1,
          `${where}: ${name} was told ${told.length} times how ${entry} ended: ${logs[name].join('; ')}`,
        )
      }
    }
  }
}
