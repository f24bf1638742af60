/**
 * What becomes of what a vat holds or gave away, when its code is replaced: as data.
 *
 * A cell is a thing, who refers to it, and how the vat was upgraded; `expected` says what must hold then.
 * All cells of one way of upgrading go through one world together: every thing is made in the vat, each for
 * one holder; some are under way when the upgrade comes; then each is asked for by its holder.
 */
import assert from 'node:assert/strict'
import type { EndoBundle, Remote, ResultHandle, Status } from '../../src/host/index.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import {
  answerOf,
  hasCode,
  openWorld,
  readsAsDisconnection,
  show,
  type Scope,
  type World,
} from '../kit/world.ts'

// --- the table

/**
 * `make`: code that makes the thing `name` in the vat; promises in a record. `say`: code that has `held` say
 * its name, a promise what it comes to. `own`: the vat's own objects, which it knows again.
 */
export const things = {
  'an ephemeral object': {
    make: 'Far("ephemeral", { said: () => name })',
    life: 'incarnation',
    say: 'said()',
    own: true,
  },
  'a virtual object': { make: 'me.makeVirtual(name)', life: 'incarnation', say: 'said()', own: true },
  'a virtual collection': {
    make: 'me.collection(name, false)',
    life: 'incarnation',
    say: 'get("said")',
    own: true,
  },
  'a durable object': { make: 'me.makeDurable(name)', life: 'estate', say: 'said()', own: true },
  'a facet of a durable object': { make: 'me.makePair(name).b', life: 'estate', say: 'said()', own: true },
  'a durable collection': {
    make: 'me.collection(name, true)',
    life: 'estate',
    say: 'get("said")',
    own: true,
  },
  'an object of a kind that the upgrade abandons': {
    make: 'me.makeLeft(name)',
    life: 'left',
    say: 'said()',
    own: true,
  },
  'a named export': { make: 'me.nameIt(name)', life: 'estate', say: 'said()', own: true },
  'an object of another vat': {
    make: `E(me.owner).run("return Far('theirs', { said: () => args[0] })", name)`,
    life: 'estate',
    say: 'said()',
    own: false,
  },
  'a bundle cap': { make: 'me.cap', life: 'estate', say: 'cap', own: false },
  'a promise that it decides': { make: 'me.open(name)', life: 'decided', say: 'said()', own: false },
  'a promise that it waits for': {
    make: 'harden({ promise: E(me.owner).run("return me.open(args[0]).promise", name) })',
    life: 'awaited',
    say: 'said()',
    own: false,
  },
  'a promise that it decides and watches': {
    make: 'me.watch(name, me.open(name))',
    life: 'decided and watched',
    say: 'said()',
    own: false,
  },
  'a promise of another vat that it watches': {
    make: 'me.watch(name, { promise: E(me.owner).run("return me.open(args[0]).promise", name) })',
    life: 'watched',
    say: 'said()',
    own: false,
  },
  'a port': { make: 'me.ports.plain', life: 'estate', say: 'send(1n)', own: false },
  'a wakeup of a durable object': {
    make: 'me.wake(name, me.makeHandler(name))',
    life: 'registered',
    say: 'said()',
    own: true,
  },
  'a wakeup of a named export': {
    make: 'me.wake(name, me.nameIt(name))',
    life: 'registered',
    say: 'said()',
    own: true,
  },
  'a wakeup of an ephemeral object': {
    make: 'me.wake(name, me.heapHandler(name))',
    life: 'registered by the heap',
    say: 'said()',
    own: true,
  },
  'a durable object that receives at a port': {
    make: 'me.receive(me.ports.durable, me.makeHandler(name))',
    life: 'registered',
    say: 'said()',
    own: true,
  },
  'an ephemeral object that receives at a port': {
    make: 'me.receive(me.ports.heap, me.heapHandler(name))',
    life: 'registered by the heap',
    say: 'said()',
    own: true,
  },
} as const
export type Thing = keyof typeof things

export const holders = [
  'its own baggage', 'its own heap', 'the heap of another vat', 'the baggage of another vat',
  'an argument under way', 'a message under way to it', 'an argument that is parked', 'the host',
] as const
export type Holder = (typeof holders)[number]

/** What ends: `nothing` goes on as it was, or the vat begins its next incarnation. */
type Ends = 'nothing' | 'incarnation'

interface Mode {
  readonly ends: Ends
  /**
   * Asks for the upgrades; `fly` sends the messages that are under way when what was asked for before comes.
   */
  ask(stage: Stage, fly: () => Promise<void>): Promise<readonly ResultHandle[]>
  /** How each request ends. */
  readonly outcomes: readonly Status['kind'][]
}

/** Of the kind that no heir defines. */
const abandonKinds = ['Left']

type Ask = (stage: Stage) => Promise<ResultHandle>
const durable: Ask = ({ world, same }) =>
  world.controller.upgradeVat('v', same, { parameters: { setup }, abandonKinds })
const failing: Ask = ({ world, same }) =>
  world.controller.upgradeVat('v', same, {
    parameters: { setup: `${setup}; throw Error("no")` },
    abandonKinds,
  })
const suspending: Ask = ({ world, same }) =>
  world.controller.upgradeVat('v', same, {
    parameters: { setup: `${setup}; throw Error("no")` },
    onFailure: 'suspend',
    abandonKinds,
  })
const replay: Ask = ({ world, same }) => world.controller.upgradeVat('v', same, { mode: 'replay' })
const differing: Ask = ({ world, broken }) => world.controller.upgradeVat('v', broken, { mode: 'replay' })
const auto: Ask = ({ world, same }) =>
  world.controller.upgradeVat('v', same, { parameters: { setup }, mode: 'auto', abandonKinds })
const suspend = async ({ world }: Stage): Promise<void> =>
  void answerOf(await world.take(await world.controller.suspendVat('v', 'matrix')))
const resume = async ({ world }: Stage): Promise<void> =>
  void answerOf(await world.take(await world.controller.resumeVat('v')))

/** The requests, one right behind the other. */
const inARow = (...asks: readonly Ask[]): Mode['ask'] => async (stage, fly) => {
  const requests = []
  for (const ask of asks) requests.push(await ask(stage))
  await fly()
  return requests
}

/** The vat is suspended when its upgrade comes, while messages are under way to it. */
const suspendedFirst = (ask: Ask): Mode['ask'] => async (stage, fly) => {
  const requests = await inARow(ask)(stage, fly)
  await suspend(stage)
  return requests
}

/** The messages to it are parked when its upgrade is asked for. */
const parkedFirst =
  (ask: Ask): Mode['ask'] =>
  async (stage, fly) => {
    await fly()
    await suspend(stage)
    await stage.world.controller.run()
    assert.ok(
      (await stage.world.controller.vat('v')).parked >= namesOf('a message under way to it').length / 2,
      'messages are parked',
    )
    return [await ask(stage)]
  }

/** The upgrade fails and leaves the vat suspended, with what was under way parked; from there it goes on. */
const failedAndSuspended =
  (goOn: (stage: Stage) => Promise<readonly ResultHandle[]>): Mode['ask'] =>
  async (stage, fly) => {
    const requests = await inARow(suspending)(stage, fly)
    await stage.world.controller.run()
    const { status, parked, incarnation } = await stage.world.controller.vat('v')
    assert.deepEqual([status.kind, incarnation], ['suspended', 0], 'the old incarnation is there, and waits')
    assert.ok(parked >= namesOf('a message under way to it').length / 2, `${parked} messages are parked`)
    return [...requests, ...(await goOn(stage))]
  }
const resumed = async (stage: Stage): Promise<readonly ResultHandle[]> => {
  await resume(stage)
  return []
}
const upgraded =
  (...asks: readonly Ask[]) =>
  (stage: Stage): Promise<readonly ResultHandle[]> =>
    inARow(...asks)(stage, async () => {})

export const modes = {
  'durable': { ends: 'incarnation', ask: inARow(durable), outcomes: ['fulfilled'] },
  'by replay': { ends: 'nothing', ask: inARow(replay), outcomes: ['fulfilled'] },
  'failed': { ends: 'nothing', ask: inARow(failing), outcomes: ['rejected'] },
  'by replay, which differs': { ends: 'nothing', ask: inARow(differing), outcomes: ['rejected'] },
  'auto, where a replay is not to be had': {
    ends: 'incarnation',
    ask: inARow(auto),
    outcomes: ['fulfilled'],
  },
  'durable twice': {
    ends: 'incarnation',
    ask: inARow(durable, durable),
    outcomes: ['fulfilled', 'fulfilled'],
  },
  'by replay twice': { ends: 'nothing', ask: inARow(replay, replay), outcomes: ['fulfilled', 'fulfilled'] },
  'failed, then durable': {
    ends: 'incarnation',
    ask: inARow(failing, durable),
    outcomes: ['rejected', 'fulfilled'],
  },
  'by replay, then durable': {
    ends: 'incarnation',
    ask: inARow(replay, durable),
    outcomes: ['fulfilled', 'fulfilled'],
  },
  'durable, suspended before': { ends: 'incarnation', ask: suspendedFirst(durable), outcomes: ['fulfilled'] },
  'by replay, suspended before': { ends: 'nothing', ask: suspendedFirst(replay), outcomes: ['fulfilled'] },
  'durable, with messages parked': {
    ends: 'incarnation',
    ask: parkedFirst(durable),
    outcomes: ['fulfilled'],
  },
  'by replay, with messages parked': { ends: 'nothing', ask: parkedFirst(replay), outcomes: ['fulfilled'] },
  'failed with suspension, then resumed': {
    ends: 'nothing',
    ask: failedAndSuspended(resumed),
    outcomes: ['rejected'],
  },
  'failed with suspension, then durable': {
    ends: 'incarnation',
    ask: failedAndSuspended(upgraded(durable)),
    outcomes: ['rejected', 'fulfilled'],
  },
  'failed with suspension, then by replay': {
    ends: 'nothing',
    ask: failedAndSuspended(upgraded(replay)),
    outcomes: ['rejected', 'fulfilled'],
  },
  'failed with suspension twice, then durable': {
    ends: 'incarnation',
    ask: failedAndSuspended(upgraded(suspending, durable)),
    outcomes: ['rejected', 'rejected', 'fulfilled'],
  },
  'failed, with messages parked, then resumed': {
    ends: 'nothing', outcomes: ['rejected'],
    ask: async (stage, fly) => {
      const requests = await parkedFirst(failing)(stage, fly)
      await stage.world.controller.run()
      await resume(stage)
      return requests
    },
  },
} as const satisfies Readonly<Record<string, Mode>>
export type ModeName = keyof typeof modes

/** What nobody has to hold: the kernel tells the vat, by itself. */
const isRegistered = (thing: Thing): boolean =>
  ['watched', 'decided and watched', 'registered', 'registered by the heap'].includes(things[thing].life)

/** Why a thing cannot be held so; undefined when it can. The vat itself says so where there is a pattern. */
export function impossible(
  thing: Thing,
  holder: Holder,
): { readonly why: string; readonly refusal?: RegExp } | undefined {
  const { life } = things[thing]
  const promise = life === 'decided' || life === 'awaited'
  if (isRegistered(thing)) {
    const own = life === 'registered by the heap' ? 'its own heap' : 'its own baggage'
    return holder === own
      ? undefined
      : {
          why: 'watches, wakeups and handlers of ports are between the vat and the kernel; nobody else has them',
        }
  }
  if (promise && (holder === 'its own baggage' || holder === 'the baggage of another vat'))
    return { why: 'durable data refers to no promises', refusal: /durable/ }
  if (holder === 'its own baggage' && life === 'incarnation')
    return { why: 'durable data refers to nothing that ends with the incarnation', refusal: /durable/ }
  if (holder === 'a message under way to it' && thing === 'a bundle cap')
    return { why: 'bundle caps take no messages' }
  return undefined
}

/** What the holder finds. */
export type Found =
  | 'lives'
  | 'an object without methods'
  | 'lost with the heap'
  | 'abandoned'
  | 'disconnected'
  | 'told'
  | 'told of the disconnection'

/** What must hold afterwards. */
export function expected(thing: Thing, holder: Holder, { ends }: Mode): Found {
  const { life } = things[thing]
  if (ends === 'nothing') return isRegistered(thing) ? 'told' : 'lives'
  if (holder === 'its own heap') return 'lost with the heap'
  switch (life) {
    case 'estate':
      return 'lives'
    case 'incarnation':
      return 'abandoned'
    case 'left':
      return holder === 'its own baggage' ? 'an object without methods' : 'abandoned'
    case 'decided':
      return 'disconnected'
    case 'awaited':
      // The host has the promise of an answer, which the vat was to give when its own wait was over.
      return holder === 'the host' ? 'disconnected' : 'lives'
    case 'watched':
    case 'registered':
      return 'told'
    case 'registered by the heap':
      return 'lost with the heap'
    case 'decided and watched':
      return 'told of the disconnection'
  }
}

export interface Cell {
  readonly name: string
  readonly thing: Thing
  readonly holder: Holder
}

/** Every pair that can be; the name of each is short enough for a label. */
export const cells: readonly Cell[] = (Object.keys(things) as Thing[])
  .flatMap((thing) => holders.map((holder) => ({ thing, holder })))
  .filter(({ thing, holder }) => impossible(thing, holder) === undefined)
  .map(({ thing, holder }, index) => ({ name: `c${index}`, thing, holder }))

// --- the world

interface Stage {
  readonly world: World
  readonly bundleCap: Remote
  /** The bundle of the vat under another hash. */
  readonly same: string
  /** Code that does nothing that the vat did. */
  readonly broken: string
}

const setup = `
  me.made = new Map(); me.heap = new Map(); me.log = []
  me.makeDurable = defineKind(baggage, 'Durable', (name) => ({ name }), { said: ({ state }) => state.name })
  me.handle = provide(baggage, 'pair', () => makeKindHandle('Pair'))
  me.makePair = VatData.defineDurableKindMulti(me.handle, (name) => ({ name }), { a: { x: () => 1 }, b: { said: ({ state }) => state.name } })
  me.makeVirtual = VatData.defineKind('Virtual', (name) => ({ name }), { said: ({ state }) => state.name })
  me.collection = (name, durable) => { const c = VatData.makeScalarBigMapStore(name, { durable }); c.init('said', name); return c }
  if (!baggage.has('labels')) me.makeLeft = VatData.defineDurableKind(makeKindHandle('Left'), (name) => ({ name }), { said: ({ state }) => state.name })
  me.labels = provide(baggage, 'labels', () => VatData.makeScalarBigSetStore('labels', { durable: true }))
  me.named = (label) => Far('named', { said: () => label, wake: () => me.told.init(label, 'told') })
  me.nameIt = (label) => { const named = me.named(label); vatPowers.nameExport(label, named); me.labels.add(label); return named }
  for (const label of me.labels.keys()) vatPowers.reconnectExport(label, me.named(label))
  me.kits = new Map()
  me.open = (name) => { const kit = Promise.withResolvers(); me.kits.set(name, kit); return harden({ promise: kit.promise }) }
  me.settle = () => { for (const [name, { resolve }] of me.kits) resolve(Far('kept', { said: () => name })) }
  me.told = provide(baggage, 'told', () => VatData.makeScalarBigMapStore('told', { durable: true }))
  me.watchHandle = provide(baggage, 'watcher', () => makeKindHandle('Watcher'))
  me.watcher = VatData.providePromiseWatcher(me.watchHandle, (value, name) => me.told.init(name, 'told'), (reason, name) => me.told.init(name, reason.name === 'vatUpgraded' ? 'told of the disconnection' : String(reason)))
  me.makeHandler = defineKind(baggage, 'Handler', (name) => ({ name }), { wake: ({ state }) => me.told.init(state.name, 'told'), receive: ({ state }) => me.told.init(state.name, 'told') })
  me.heapHandler = (name) => Far('handler', { wake: () => me.told.init(name, 'told'), receive: () => me.told.init(name, 'told') })
  me.wake = (name, handler) => E(me.timer).setWakeup(100n, handler).then(() => undefined)
  me.receive = (port, handler) => E(port).onReceive(handler)
  me.watch = (name, { promise }) => { VatData.watchPromise(promise, me.watcher, name); return undefined }
  me.why = (reason) => reason.name === 'vatUpgraded' ? 'disconnected' : reason.code === 'object-abandoned' ? 'abandoned' : /no method/.test(reason.message) ? 'an object without methods' : 'rejected: ' + String(reason)
  me.capSays = (held, name) => vatPowers.D(held).getBundleID() === baggage.get('id') ? name : 'another bundle'
  me.note = (name, saying) => Promise.resolve(saying).then((said) => { me.log.push(harden([name, said === name ? 'lives' : 'said ' + String(said)])) }, (reason) => { me.log.push(harden([name, me.why(reason)])) })
`

const cap: EndoBundle = { moduleFormat: 'getExport', source: '() => ({})' }

/** The code of each holder to take the thing, in the vat; what goes to others goes at once. */
const giving: Readonly<Record<Holder, string>> = {
  'its own baggage': 'if (thing !== undefined) baggage.init(name, thing)',
  'its own heap': 'if (thing !== undefined) me.heap.set(name, thing)',
  'the heap of another vat': 'E(me.guest).run("me.heap.set(...args)", name, thing)',
  'the baggage of another vat': 'E(me.guest).run("baggage.init(...args)", name, thing)',
  'an argument under way': 'E(me.guest).run("me.heap.set(...args)", name, thing)',
  'a message under way to it': 'E(me.guest).run("me.targets.set(...args)", name, thing)',
  'an argument that is parked': 'E(me.sleeper).run("me.heap.set(...args)", name, thing)',
  'the host': '',
}


async function openStage(scope: Scope): Promise<Stage> {
  const vats = {
    owner: { setup },
    guest: { setup: `${setup}; me.targets = new Map()` },
    sleeper: { setup },
    v: { setup },
  }
  const world = await openWorld(scope, { vats, config: { snapshotInterval: 20 } })
  const { id } = await world.controller.installBundle(cap)
  for (const other of ['owner', 'guest', 'sleeper']) {
    await world.ask('v', 'put', other, await world.root(other))
    await world.ask(other, 'put', 'v', await world.root('v'))
  }
  for (const vat of ['guest', 'sleeper', 'v']) await world.run(vat, 'baggage.init("id", args[0])', id)
  const bundleCap = (await world.ask(await world.controller.vatAdmin(), 'getBundleCap', id)) as Remote
  await world.ask('v', 'put', 'cap', bundleCap)
  await world.ask('v', 'put', 'timer', await world.controller.timer())
  const [plain, durable, heap] = [
    await world.controller.openPort('plain'),
    await world.controller.openPort('durable'),
    await world.controller.openPort('heap'),
  ]
  await world.ask('v', 'put', 'ports', {
    plain: await plain.remote(),
    durable: await durable.remote(),
    heap: await heap.remote(),
  })
  return {
    world,
    bundleCap,
    same: await world.installBundle(withSpace(await bundleFile(puppetFile))),
    broken: await world.install({ source: 'export const buildRootObject = () => Far("nothing", {})' }),
  }
}

const cellsOf = (...held: readonly Holder[]): Cell[] => cells.filter(({ holder }) => held.includes(holder))
const namesOf = (...held: readonly Holder[]): string[] => cellsOf(...held).map(({ name }) => name)
const give = (given: readonly Cell[]): string =>
  given
    .map(
      ({ name, holder }) =>
        `{ const name = '${name}'; const thing = me.made.get(name); me.made.delete(name); ${giving[holder]} }`,
    )
    .join('\n')

/** Makes all things, gives them to their holders, upgrades the vat, and tells what each holder finds. */
export async function walk(
  scope: Scope,
  mode: ModeName,
  between: (world: World) => Promise<void> = async () => {},
): Promise<Record<string, string>> {
  const stage = await openStage(scope)
  const { controller } = stage.world
  await stage.world.run(
    'v',
    cells
      .map(({ name, thing }) => `{ const name = '${name}'; me.made.set(name, await ${things[thing].make}) }`)
      .join('\n'),
  )
  answerOf(await stage.world.take(await controller.suspendVat('sleeper', 'asleep')))
  await stage.world.run(
    'v',
    give(cells.filter(({ holder }) => holder !== 'the host' && holder !== 'an argument under way')),
  )
  const hosted = await giveToHost(stage.world)
  const requests = await upgradeUnderWay(stage, mode)
  for (const [index, request] of requests.entries()) {
    const status = await stage.world.take(request)
    assert.equal(
      status.kind,
      modes[mode].outcomes[index],
      status.kind === 'rejected' ? show(status.reason) : status.kind,
    )
  }
  await between(stage.world)
  return findAll(stage, hosted)
}

/** The host asks for each of its things; what it holds is the answer. */
async function giveToHost(world: World): Promise<ReadonlyMap<string, ResultHandle>> {
  const hosted = new Map<string, ResultHandle>()
  for (const name of namesOf('the host')) {
    hosted.set(
      name,
      await world.controller.send('v', 'run', [
        `const thing = me.made.get('${name}'); me.made.delete('${name}'); return thing.promise ?? thing`,
      ]),
    )
  }
  await world.controller.run()
  return hosted
}

async function upgradeUnderWay(stage: Stage, mode: ModeName): Promise<readonly ResultHandle[]> {
  const { controller } = stage.world
  await controller.sendOnly('v', 'run', [give(cellsOf('an argument under way'))])
  await controller.sendOnly('guest', 'run', [saying(cellsOf('a message under way to it'), 'me.targets')])
  const requests = await modes[mode].ask(stage, async () => {
    await controller.run({ cranks: 2 })
    const { queued } = await controller.storeStatus()
    assert.ok(
      queued >= namesOf('an argument under way', 'a message under way to it').length / 2,
      `${queued} are under way`,
    )
  })
  await controller.run()
  return requests
}

/** Code that has what a vat holds say its name, and notes what came of it. */
const saying = (asked: readonly Cell[], from: string): string =>
  asked.map(({ name, thing }) => sayingOf(name, thing, from)).join('\n')

function sayingOf(name: string, thing: Thing, from: string): string {
  const { say, own } = things[thing]
  const said =
    say === 'cap'
      ? `me.capSays(held, '${name}')`
      : say === 'send(1n)'
        ? `E(held).send(1n).then(() => '${name}')`
        : `E(held).${say}`
  // Only the object itself, and no stand-in for it, can be called by its vat without sending.
  const home =
    from === 'me.targets' || !own
      ? said
      : `${said}.then(() => me.v === undefined ? held.${say} : E(me.v).run('return args[0].${say}', held))`
  return `if (${from}.has('${name}')) { const thing = ${from}.get('${name}'); const held = thing.promise ?? thing; me.note('${name}', ${home}) } else me.note('${name}', Promise.reject('lost'))`
}

async function findAll(
  { world, bundleCap }: Stage,
  hosted: ReadonlyMap<string, ResultHandle>,
): Promise<Record<string, string>> {
  const { controller } = world
  answerOf(await world.take(await controller.resumeVat('sleeper')))
  await controller.run()
  for (const decider of ['v', 'owner']) await world.run(decider, 'me.settle()')
  await world.run('guest', saying(cellsOf('the heap of another vat', 'an argument under way'), 'me.heap'))
  await world.run('guest', saying(cellsOf('the baggage of another vat'), 'baggage'))
  await world.run('sleeper', saying(cellsOf('an argument that is parked'), 'me.heap'))
  await world.run(
    'v',
    saying(
      cellsOf('its own heap').filter(({ thing }) => !isRegistered(thing)),
      'me.heap',
    ),
  )
  await world.run(
    'v',
    saying(
      cellsOf('its own baggage').filter(({ thing }) => !isRegistered(thing)),
      'baggage',
    ),
  )
  await controller.advanceTime(100n)
  for (const name of ['durable', 'heap']) await (await controller.openPort(name)).deliver(1n)
  await controller.run()
  const logged: [string, string][] = []
  for (const vat of ['guest', 'sleeper', 'v'])
    logged.push(...((await world.run(vat, 'return [...me.log]')) as [string, string][]))
  logged.push(
    ...((await world.run('v', 'return [...me.told.entries()].map(([name, how]) => [name, how])')) as [
      string,
      string,
    ][]),
  )
  for (const { name, thing } of cellsOf('its own heap'))
    if (isRegistered(thing) && foundIn(logged, name) === nothing)
      logged.push([name, 'lost with the heap' satisfies Found])
  for (const { name, thing } of cellsOf('the host'))
    logged.push([name, await hostFinds(world, thing, name, hosted.get(name), bundleCap)])
  return Object.fromEntries(
    cells.map(({ name, thing, holder }) => [`${thing} in ${holder}`, foundIn(logged, name)]),
  )
}

const nothing = 'nothing came of it'

function foundIn(logged: readonly (readonly [string, string])[], name: string): string {
  const found = logged.filter(([logName]) => logName === name).map(([, how]) => how)
  return found.length === 0
    ? nothing
    : found.join(', and again ').replace('rejected: lost', 'lost with the heap' satisfies Found)
}

async function hostFinds(
  world: World,
  thing: Thing,
  name: string,
  request: ResultHandle | undefined,
  bundleCap: Remote,
): Promise<string> {
  assert.ok(request !== undefined)
  const status = await world.take(request)
  if (status.kind !== 'fulfilled') return status.kind === 'rejected' ? whyGone(status.reason) : 'pending'
  const held = status.value as Remote
  if (thing === 'a bundle cap') return held.kref === bundleCap.kref ? 'lives' : 'another'
  if (thing === 'a port') return typeof (await world.ask(held, 'send', 1n)) === 'number' ? 'lives' : 'another'
  const said =
    things[thing].say === 'said()'
      ? await world.outcome(held, 'said')
      : await world.outcome(held, 'get', 'said')
  if (said.kind !== 'fulfilled') return said.kind === 'rejected' ? whyGone(said.reason) : 'pending'
  return said.value === name ? 'lives' : `said ${show(said.value)}`
}

function whyGone(reason: unknown): string {
  if (readsAsDisconnection(reason)) return 'disconnected' satisfies Found
  return hasCode(reason) && reason.code === 'object-abandoned' ? ('abandoned' satisfies Found) : show(reason)
}

/** The cells in which something else was found than must be, a line each. */
export const wrongCells = (mode: ModeName, found: Readonly<Record<string, string>>): string[] =>
  cells.flatMap(({ thing, holder }) => {
    const [cell, must] = [`${thing} in ${holder}`, expected(thing, holder, modes[mode])]
    return found[cell] === must ? [] : [`${cell}: ${must}, but: ${found[cell]}`]
  })

/** Pairs that cannot be and of which the vat itself says so, tried; gives what is said to each. */
export async function tryImpossible(
  scope: Scope,
): Promise<readonly (readonly [Thing, Holder, RegExp, unknown])[]> {
  const { world } = await openStage(scope)
  const tried: (readonly [Thing, Holder, RegExp, unknown])[] = []
  for (const thing of Object.keys(things) as Thing[]) {
    for (const holder of ['its own baggage', 'the baggage of another vat'] as const) {
      const refusal = impossible(thing, holder)?.refusal
      if (refusal === undefined) continue
      const give = holder === 'its own baggage' ? giving[holder] : `return ${giving[holder]}`
      tried.push([
        thing,
        holder,
        refusal,
        await world.refusal(
          'v',
          'run',
          `const name = 'x${tried.length}'; const thing = await ${things[thing].make}; ${give}`,
        ),
      ])
    }
  }
  return tried
}
