/**
 * A scenario whose items are numbered, for hosts whose kernel fails at any point: messages from the host and
 * from vat to vat, items of a port in and out, wakeups, a vat that is created and one that is upgraded.
 *
 * The host notes in its own data, before each input, that it was made: whoever plays on from a block makes
 * each input once.
 */
import assert from 'node:assert/strict'
import type { Controller, Port } from '../../src/host/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { bundleSource } from '../kit/bundles.ts'
import { sameKernel } from '../kit/kernelVariants.ts'
import { answerOf, openWorld, type Scope, type World } from '../kit/world.ts'

export const rounds = 3
const created = 1
const upgraded = 2

/** Notes who sent what, in durable data, and passes notes on. */
const noter = {
  source: `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    if (!baggage.has('notes')) baggage.init('notes', harden([]))
    const note = (from, number) => baggage.set('notes', harden([...baggage.get('notes'), [from, number]]))
    return Far('root', {
      note,
      pass: (to, from, number) => { note('host', number); return E(to).note(from, number) },
      read: () => baggage.get('notes'),
    })
  }`,
}

/** Notes the numbers of what it received and sends each on; counts the times that it was woken at. */
const relay = {
  source: `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    const make = defineKind(baggage, 'Relay', (port) => ({ port, got: [], woken: [] }), {
      receive: ({ state }, data, number) => {
        state.got = [...state.got, number]
        E.sendOnly(state.port).send([number, data])
      },
      wake: ({ state }, { absValue }) => { state.woken = [...state.woken, absValue] },
      read: ({ state }) => [state.got, state.woken],
    })
    return Far('root', {
      begin: (port, timer) => {
        const relay = make(port)
        baggage.init('relay', relay)
        return Promise.all([E(port).onReceive(relay), E(timer).repeatAfter(1n, 1n, relay)]).then(() => {})
      },
      read: () => baggage.get('relay').read(),
    })
  }`,
}

/** Under this key a store's data names the kernel that does not fail. */
const goodKernel = 'good'

/** Puts the kernel in place that does not fail, unless it is. */
export async function upgradeToGood(controller: Controller): Promise<void> {
  const good = (await controller.getHostState(goodKernel)) ?? ''
  if ((await controller.storeStatus()).kernel !== good) await controller.upgradeKernel(good)
}

/** Whether each sender's messages arrive in order, even though an item was put back. */
export type Order = 'in-order' | 'any-order'

/** Makes a closed store in which the scenario can begin, under a kernel that is not that of the release. */
export async function numberedStore(scope: Scope): Promise<string> {
  const world = await openWorld(scope, {
    vats: { relay, one: noter, two: noter, keeper: noter },
    config: { snapshotInterval: 4, collectionInterval: 7 },
  })
  const { controller } = world
  await controller.installBundle(await bundleSource(noter.source), 'noter')
  const port = await controller.openPort('bank')
  await world.ask('relay', 'begin', await port.remote(), await controller.timer())
  await world.forgetAll()
  await controller.upgradeKernel((await controller.installKernel(await sameKernel())).id)
  await controller.setHostState(goodKernel, (await controller.installKernel(await kernelBytes())).id)
  await controller.commit()
  await controller.shutdown()
  world.state = 'ended'
  return world.directory
}

/** Who plays: each input and each run may meet a fault of the kernel, which is then repaired. */
export interface Player {
  /** The controller, which a repair may replace. */
  readonly controller: Controller
  /** Ends the fault that there is. */
  repair(): Promise<void>
  /** Called when all inputs of a round were run, before its block is committed. */
  settle(): Promise<void>
  /** Called for each item of the port; an item may come again after a death. */
  receive(number: number, item: unknown): void
  /** Called after each step. */
  tell(step: string): void
}

type Input = (controller: Controller) => Promise<unknown>

/** All inputs of a round, in order. */
function inputsOf(round: number): readonly Input[] {
  const deliver =
    (number: number): Input =>
    (controller) =>
      bank(controller).deliver(`item ${number}`, { number })
  const note = (to: string): Input => (controller) => controller.sendOnly(to, 'note', ['host', round])
  const inputs: Input[] = [
    deliver(2 * round - 1),
    async (controller) => controller.sendOnly('one', 'pass', [await controller.root('two'), 'one', round]),
    note('two'),
    note('keeper'),
    (controller) => controller.advanceTime(BigInt(round)),
    deliver(2 * round),
  ]
  if (round === created) inputs.push((controller) => controller.createVat('late', 'noter'))
  if (round > created) inputs.push(note('late'))
  if (round === upgraded) inputs.push((controller) => controller.upgradeVat('keeper', 'noter'))
  return inputs
}

const bank = (controller: Controller): Port => controller.port('bank')

/** Plays from where the store's data says it is to the end. */
export async function play(player: Player): Promise<void> {
  for (let round = await noted(player, 'round') + 1; round <= rounds; round += 1) {
    const inputs = inputsOf(round)
    for (let made = await noted(player, 'made'); made < inputs.length; made += 1) {
      await whole(player)
      await player.controller.setHostState('made', String(made + 1))
      await attempt(player, inputs[made]!)
      player.tell(`input ${round}.${made}`)
    }
    await runToEnd(player)
    await player.settle()
    await receiveAll(player)
    await player.controller.setHostState('round', String(round))
    await player.controller.setHostState('made', '0')
    await player.controller.commit()
    player.tell(`committed ${round}`)
  }
  await finish(player)
}

/** A fault at the last acknowledgements may have taken back what was run before. */
async function finish(player: Player): Promise<void> {
  do {
    await runToEnd(player)
    await player.settle()
    await player.controller.commit()
  } while (await receiveAll(player))
}

const noted = async ({ controller }: Player, key: string): Promise<number> =>
  Number((await controller.getHostState(key)) ?? 0)

/** What an input meets is the fault of an earlier call, of which the process may have died. */
async function whole(player: Player): Promise<void> {
  if ((await player.controller.fault()) !== undefined) await player.repair()
}

/** The input counts even if the kernel fails at it: it waits in the inbox. */
async function attempt(player: Player, input: Input): Promise<void> {
  try {
    await input(player.controller)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'kernel/fault')) throw error
    player.tell('fault')
    await player.repair()
  }
}

async function runToEnd(player: Player): Promise<void> {
  for (;;) {
    const { ended } = await player.controller.run({ cranks: 5 })
    if (ended === 'faulted') {
      player.tell('fault')
      await player.repair()
    } else if (ended === 'returned') player.tell('returned')
    else if (ended === 'idle') return
    player.tell('ran')
  }
}

/** Puts back all that is set aside, under the kernel that does not fail, and runs it. */
export async function putBackAll(player: Player): Promise<void> {
  const aside = (await player.controller.setAsideItems()).filter(({ putBack }) => putBack === null)
  if (aside.length === 0) return
  await upgradeToGood(player.controller)
  for (const { sequence } of aside) await player.controller.putBack(sequence)
  await runToEnd(player)
}

/** Receives what the last block has, and acknowledges it. Gives whether there was something. */
async function receiveAll(player: Player): Promise<boolean> {
  const items = await bank(player.controller).receive()
  for (const { number, item } of items) {
    await whole(player)
    player.receive(number, item)
    await attempt(player, (controller) => bank(controller).acknowledge(number))
    player.tell(`acknowledged ${number}`)
  }
  return items.length > 0
}

/** What is to be when all was played: each item once, in order per sender. */
export async function assertPlayed(
  world: World,
  received: readonly (readonly [number, unknown])[],
  order: Order = 'in-order',
): Promise<void> {
  const upTo = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index)
  const numbers = upTo(1, rounds)
  const items = upTo(1, 2 * rounds)
  const arranged = (found: number[]): number[] => (order === 'in-order' ? found : found.sort((a, b) => a - b))
  const notesOf = async (vat: string, from: string): Promise<number[]> => {
    const notes = (await world.ask(vat, 'read')) as [string, number][]
    return arranged(notes.flatMap(([sender, number]) => (sender === from ? [number] : [])))
  }
  assert.deepEqual(await notesOf('one', 'host'), numbers)
  assert.deepEqual(await notesOf('two', 'one'), numbers)
  assert.deepEqual(await notesOf('two', 'host'), numbers)
  assert.deepEqual(await notesOf('keeper', 'host'), numbers)
  assert.deepEqual(await notesOf('late', 'host'), upTo(created + 1, rounds))
  const [got, woken] = (await world.ask('relay', 'read')) as [number[], bigint[]]
  assert.deepEqual(got, items, 'what the vat received')
  assert.deepEqual([...new Set(woken)], woken, 'no time wakes twice')
  assert.equal(woken.at(-1), BigInt(rounds))
  assert.equal(await world.controller.currentTime(), BigInt(rounds))
  const sent = items.map((number) => [number, [number, `item ${number}`]])
  assert.deepEqual(received, sent, 'what the host received')
  assert.equal((await world.controller.vat('keeper')).incarnation, 1)
  const { delivered, waiting, unsettled, lastNumber, acknowledged } = await bank(world.controller).status()
  const all = items.length
  assert.deepEqual([delivered, waiting, unsettled, lastNumber, acknowledged], [all, 0, 0, all, all])
  assert.deepEqual(await world.controller.waitingItems(), [])
  assert.equal(await world.controller.fault(), undefined)
  assert.equal(answerOf(await world.outcome('two', 'note', 'end', 1)), undefined)
}
