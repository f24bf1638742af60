/**
 * What becomes of a vat and of all that it has when it is moved between worker versions: as data.
 *
 * A cell is a pair of versions, a way of moving, and a state of the vat; `outcomeOf` says what must come of
 * the move, and `found` what the vat must answer then. All cells from one version go through one world: each
 * has a vat of its own with something of everything, and afterwards everything is asked for.
 */
import assert from 'node:assert/strict'
import type { WorkerUpgradeOptions } from '../../src/host/config/workerOptions.ts'
import type { Remote, ResultHandle, Status } from '../../src/host/index.ts'
import type { WorkerUpgradeResult } from '../../src/protocol/worker/versions.ts'
import { engineNames, type EngineName } from '../../src/protocol/worker/engineNames.ts'
import { supervisorBytes } from '../../src/release/release.ts'
import { notingSupervisor, sameSupervisor } from '../kit/supervisorVariants.ts'
import {
  answerOf,
  hasCode,
  openWorld,
  puppet,
  readsAsDisconnection,
  rejectionOf,
  show,
  type Scope,
  type World,
} from '../kit/world.ts'

// --- versions

/** By what they do: `noting` sends a row more at each message. */
const supervisors = {
  release: supervisorBytes,
  longer: sameSupervisor,
  noting: () => notingSupervisor('message'),
} as const

export interface Version {
  readonly engine: EngineName
  readonly supervisor: keyof typeof supervisors
}

export const versions: readonly Version[] = engineNames.flatMap((engine) =>
  (['release', 'longer', 'noting'] as const).map((supervisor) => ({ engine, supervisor })),
)

export const labelOf = ({ engine, supervisor }: Version): string => `${engine} with the ${supervisor} supervisor`

/** A closed store with all versions, and a friend of the vats. */
export async function prepareVersions(scope: Scope): Promise<string> {
  const world = await openWorld(scope, {
    vats: { friend: { setup: 'me.kits = new Map(); me.kept = new Map()' } },
    config: { snapshotInterval: 6 },
  })
  for (const version of versions) {
    const supervisor = await supervisors[version.supervisor]()
    await world.controller.installWorker({ engine: version.engine, supervisor, label: labelOf(version) })
  }
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  return world.directory
}

// --- the table

/** The state in which the vat is when its move is asked for; `collecting`: its garbage is not gone yet. */
export type Standing = 'running' | 'suspended' | 'collecting'

export interface Cell extends Required<WorkerUpgradeOptions> {
  readonly to: Version
  readonly standing: Standing
  /** Whether its next incarnation can start. */
  readonly heir: 'starts' | 'throws'
}

export type Outcome = 'none' | 'replay' | 'durable' | 'start/threw' | 'replay/diverged'

/** What must come of the move. */
export function outcomeOf(from: Version, { to, mode, onDivergence, heir }: Cell): Outcome {
  if (mode !== 'restart') {
    if (labelOf(from) === labelOf(to)) return 'none'
    const isNoting = ({ supervisor }: Version): boolean => supervisor === 'noting'
    if (isNoting(from) === isNoting(to)) return 'replay'
    if (mode === 'replay' && onDivergence !== 'restart') return 'replay/diverged'
  }
  return heir === 'starts' ? 'durable' : 'start/threw'
}

const isRefused = (outcome: Outcome): outcome is 'start/threw' | 'replay/diverged' => outcome.includes('/')

/** Wu2, Wu3: the status after the move, and why it waits. */
function statusAfter(outcome: Outcome, { onDivergence, standing }: Cell): string {
  if (outcome === 'replay' || outcome === 'durable') return 'running'
  if (standing === 'suspended') return 'suspended: requested'
  return isRefused(outcome) && onDivergence === 'suspend' ? 'suspended: upgrade-refused' : 'running'
}

/** What is asked of each vat, and answered by one that went on as it was and by one that begins anew. */
const answers = {
  'the parked messages, and those behind the move': {
    on: ['parked 1', 'parked 2', 'behind 1', 'behind 2'],
    anew: ['parked 1', 'parked 2', 'behind 1', 'behind 2'],
  },
  'the count in its heap': { on: 8n, anew: 1n },
  'an ephemeral object, by the host': { on: 'far', anew: 'abandoned' },
  'a virtual object, by the host': { on: 'virtual', anew: 'abandoned' },
  'an ephemeral object, by another vat': { on: 'far', anew: 'abandoned' },
  'a durable object, by the host': { on: 'durable', anew: 'durable' },
  'a durable object, in its baggage': { on: 'durable', anew: 'durable' },
  'a durable collection': { on: 'page', anew: 'page' },
  'a promise that it decides': { on: 'decided', anew: 'disconnected' },
  'the same, watched': { on: 'decided', anew: 'vatUpgraded' },
  'a promise that it awaits': { on: 'settled', anew: 'never heard' },
  'the same, watched durably': { on: 'settled', anew: 'settled' },
  'a wakeup': { on: 'told', anew: 'told' },
  'a port': { on: 'told', anew: 'told' },
} as const
type Question = keyof typeof answers

export const questions = Object.keys(answers) as readonly Question[]

const mustAnswer = (outcome: Outcome): Record<Question, unknown> => {
  const life = outcome === 'durable' ? 'anew' : 'on'
  return Object.fromEntries(questions.map((question) => [question, answers[question][life]])) as Record<
    Question,
    unknown
  >
}

// --- the vats

const setup = `
  if (baggage.has('no heir')) throw Error('no heir')
  me.count = 0n
  me.heard = 'never heard'
  me.book = provide(baggage, 'book', () => VatData.makeScalarBigMapStore('book', { durable: true }))
  me.note = (key, value) => me.book.has(key) ? me.book.set(key, value) : me.book.init(key, value)
  me.makeDurable = defineKind(baggage, 'Durable', (name) => ({ name }), { said: ({ state }) => state.name })
  me.makeVirtual = VatData.defineKind('Virtual', (name) => ({ name }), { said: ({ state }) => state.name })
  me.makeHandler = defineKind(baggage, 'Handler', (key) => ({ key }), {
    wake: ({ state }) => me.note(state.key, 'told'), receive: ({ state }) => me.note(state.key, 'told') })
  me.watcher = VatData.providePromiseWatcher(provide(baggage, 'watcher', () => makeKindHandle('Watcher')),
    (value, key) => me.note(key, value), (reason, key) => me.note(key, reason.name))
  me.hear = (text) => me.note('messages', [...(me.book.has('messages') ? me.book.get('messages') : []), text])
  me.open = Promise.withResolvers()`

/** Its arguments: the name of the vat, its friend, the timer, a port, whether it has an heir. */
const prepare = `
  const [name, friend, timer, port, heir] = args
  if (heir === 'throws') baggage.init('no heir', true)
  me.count = 7n
  const [far, virtual, durable] = [Far('far', { said: () => 'far' }), me.makeVirtual('virtual'), me.makeDurable('durable')]
  baggage.init('durable', durable)
  me.book.init('page', 'page')
  VatData.watchPromise(me.open.promise, me.watcher, 'decided')
  const awaited = E(friend).run('const kit = Promise.withResolvers(); me.kits.set(args[0], kit); return kit.promise', name)
  awaited.then((text) => { me.heard = text })
  VatData.watchPromise(awaited, me.watcher, 'awaited')
  E(friend).run('me.kept.set(...args)', name, far)
  E(timer).setWakeup(100n, me.makeHandler('woken'))
  E(port).onReceive(me.makeHandler('received'))
  me.imports = E(friend).run('return Array.from({ length: 5 }, () => Far("junk", {}))')
  return E.when(me.imports, (imports) => { me.imports = imports; return [far, virtual, durable] })`

/** More than one collection deletes. */
const litter =
  'me.junk = VatData.makeScalarBigMapStore("junk", { durable: true }); for (let n = 0n; n < 1500n; n += 1n) me.junk.init(n, n); return 0'
const drop = 'me.imports = undefined; me.junk = undefined'

interface Subject {
  readonly name: string
  readonly cell: Cell
  readonly outcome: Outcome
  /** The ephemeral, the virtual and the durable object. */
  readonly objects: readonly Remote[]
  /** Of the promise that it decides. */
  readonly decided: ResultHandle
}

/** A cell in which something else was found than must be, and what. */
export type Wrong = string

/** Moves a vat for each cell, and tells what is not as it must be. */
export async function walk(
  scope: Scope,
  prepared: string,
  from: Version,
  cells: readonly Cell[],
): Promise<readonly Wrong[]> {
  const world = await openWorld(scope, { from: prepared })
  const subjects = await makeSubjects(world, from, cells)
  await occupy(world, subjects)
  const wrong = await move(world, from, subjects)
  wrong.push(...(await refuseAgain(world, subjects)))
  await reopen(world, subjects)
  wrong.push(...(await answersOf(world, subjects)))
  await collectAll(world, subjects)
  return wrong
}

async function makeSubjects(
  world: World,
  from: Version,
  cells: readonly Cell[],
): Promise<readonly Subject[]> {
  const { controller } = world
  const [friend, timer] = [await controller.root('friend'), await controller.timer()]
  const bundle = await world.install(puppet)
  const { id: worker } = await controller.worker(labelOf(from))
  const names = cells.map((_, index) => `vat${index}`)
  const created = await Promise.all(
    names.map((name) => controller.createVat(name, bundle, { parameters: { setup }, worker })),
  )
  await controller.run()
  for (const request of created) answerOf(await world.take(request))
  const asked = await Promise.all(
    names.map(async (name, index) => {
      const port = await (await controller.openPort(name)).remote()
      return controller.send(name, 'run', [prepare, name, friend, timer, port, cells[index]?.heir])
    }),
  )
  await controller.run()
  return Promise.all(
    cells.map(async (cell, index) => ({
      name: names[index]!,
      cell,
      outcome: outcomeOf(from, cell),
      objects: answerOf(await world.take(asked[index]!)) as readonly Remote[],
      decided: await controller.send(names[index]!, 'run', ['return me.open.promise']),
    })),
  )
}

/** Brings the vats into the state in which their move is asked for. */
async function occupy(world: World, subjects: readonly Subject[]): Promise<void> {
  const { controller } = world
  for (const { name, cell } of subjects)
    if (cell.standing === 'collecting') await controller.sendOnly(name, 'run', [litter])
  await controller.run()
  for (const { name } of subjects) await controller.sendOnly(name, 'run', [drop])
  await controller.run()
  for (const { name, cell } of subjects)
    if (cell.standing === 'suspended') answerOf(await world.take(await controller.suspendVat(name, 'matrix')))
  for (const text of ['parked 1', 'parked 2'])
    for (const { name } of subjects) await controller.sendOnly(name, 'run', ['me.hear(args[0])', text])
  // The others collect their garbage when this run begins.
  await controller.collectAll()
}

async function move(world: World, from: Version, subjects: readonly Subject[]): Promise<Wrong[]> {
  const { controller } = world
  const requests = []
  for (const { name, cell } of subjects) {
    const { to, mode, onDivergence } = cell
    requests.push(await controller.upgradeWorker(name, labelOf(to), { mode, onDivergence }))
    for (const text of ['behind 1', 'behind 2']) await controller.sendOnly(name, 'run', ['me.hear(args[0])', text])
  }
  await controller.run()
  const wrong: Wrong[] = []
  for (const [index, subject] of subjects.entries()) {
    const status = await world.take(requests[index]!)
    const [was, must] = [await standingOf(world, subject, status), await mustStand(world, from, subject)]
    if (was !== must) wrong.push(`${shown(subject)}: ${must}, but: ${was}`)
  }
  return wrong
}

/** How a move ended, and how the vat stands, in words. */
async function standingOf(world: World, { name, outcome }: Subject, request: Status): Promise<string> {
  const { status, worker, incarnation, parked } = await world.controller.vat(name)
  const standing = status.kind === 'suspended' ? `suspended: ${status.cause}` : status.kind
  const came =
    request.kind === 'fulfilled'
      ? told(request.value as WorkerUpgradeResult)
      : isRefused(outcome)
        ? (rejectionOf(request, 'upgrade-refused').reason?.code ?? 'no reason')
        : show(request.kind === 'rejected' ? request.reason : request.kind)
  return [came, standing, worker, incarnation, parked].join(', ')
}

const told = (result: WorkerUpgradeResult): string =>
  result.mode === 'replay' ? `replay, metering ${result.metering}` : result.mode

async function mustStand(world: World, from: Version, { cell, outcome }: Subject): Promise<string> {
  const status = statusAfter(outcome, cell)
  const version = isRefused(outcome) || outcome === 'none' ? from : cell.to
  const metering = from.engine === cell.to.engine ? 'identical' : 'differs'
  // Of a vat that collected, the rest of the collection waits too.
  const waiting = { running: 2, suspended: 4, collecting: 3 }[cell.standing]
  const parked = status === 'running' ? 0 : waiting
  const came = outcome === 'replay' ? `replay, metering ${metering}` : outcome
  const { id } = await world.controller.worker(labelOf(version))
  return [came, status, id, outcome === 'durable' ? 1 : 0, parked].join(', ')
}

const shown = ({ cell: { to, mode, onDivergence, standing, heir } }: Subject): string =>
  `to ${labelOf(to)}, ${mode}, ${onDivergence}, ${standing}, its heir ${heir}`

/** Wu2: tried again when nothing else is under way, each refused vat is as it was, to the byte. */
async function refuseAgain(world: World, subjects: readonly Subject[]): Promise<Wrong[]> {
  const { controller } = world
  await controller.run()
  const refused = subjects.filter(({ outcome }) => isRefused(outcome))
  const before = await imagesOf(world, refused)
  const requests = []
  for (const { name, cell } of refused) {
    const { to, mode } = cell
    const onDivergence = cell.onDivergence === 'restart' ? 'restart' : 'keep'
    requests.push(await controller.upgradeWorker(name, labelOf(to), { mode, onDivergence }))
  }
  await controller.run()
  for (const request of requests) rejectionOf(await world.take(request), 'upgrade-refused')
  const after = await imagesOf(world, refused)
  return refused.filter((_, index) => before[index] !== after[index]).map((each) => `${shown(each)}: changed`)
}

async function imagesOf(world: World, subjects: readonly Subject[]): Promise<readonly string[]> {
  const images: string[] = []
  for (const { name } of subjects) images.push(await world.imageOf(name))
  return images
}

/** Evicted, and in a store that is opened again, each vat has the heap that it had. */
async function reopen(world: World, subjects: readonly Subject[]): Promise<void> {
  const heaps = async (): Promise<readonly string[]> => {
    const hashes: string[] = []
    for (const { name } of subjects) hashes.push(await world.controller.heapHash(name))
    return hashes
  }
  const before = await heaps()
  await world.controller.evictWorkers()
  assert.deepEqual(await heaps(), before, 'after an eviction')
  await world.reopen()
  assert.deepEqual(await heaps(), before, 'in the store that was opened again')
}

async function answersOf(world: World, subjects: readonly Subject[]): Promise<Wrong[]> {
  const found = await askAll(world, subjects)
  return subjects.flatMap((subject) => {
    const must = mustAnswer(subject.outcome)
    const was = found.get(subject.name) ?? assert.fail('it was asked')
    return questions
      .filter((question) => show(was[question]) !== show(must[question]))
      .map((question) => `${shown(subject)}: ${question}: ${show(must[question])}, but: ${show(was[question])}`)
  })
}

async function askAll(
  world: World,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, Readonly<Record<Question, unknown>>>> {
  const { controller } = world
  for (const { name } of subjects) await controller.resumeVat(name)
  await controller.run()
  for (const { name } of subjects) {
    await controller.sendOnly(name, 'run', ["me.open.resolve('decided')"])
    await controller.sendOnly('friend', 'run', ["me.kits.get(args[0]).resolve('settled')", name])
    await (await controller.openPort(name)).deliver(1n)
  }
  await controller.advanceTime(100n)
  await controller.run()
  const asked = await Promise.all(
    subjects.map(async (subject) => ({ subject, requests: await questionsTo(world, subject) })),
  )
  await controller.run()
  return new Map(
    await Promise.all(
      asked.map(async ({ subject, requests }) => [subject.name, await takeAll(world, requests)] as const),
    ),
  )
}

const inBook = (key: string): string => `return me.book.get('${key}')`

async function questionsTo(
  { controller }: World,
  { name, objects: [far, virtual, durable], decided }: Subject,
): Promise<Record<Question, ResultHandle>> {
  const run = (code: string): Promise<ResultHandle> => controller.send(name, 'run', [code])
  const say = (object: Remote | undefined): Promise<ResultHandle> => controller.send(object!, 'said', [])
  return {
    'the parked messages, and those behind the move': await run(inBook('messages')),
    'the count in its heap': await run('return ++me.count'),
    'an ephemeral object, by the host': await say(far),
    'a virtual object, by the host': await say(virtual),
    'an ephemeral object, by another vat': await controller.send('friend', 'run', [
      'return E(me.kept.get(args[0])).said()',
      name,
    ]),
    'a durable object, by the host': await say(durable),
    'a durable object, in its baggage': await run("return baggage.get('durable').said()"),
    'a durable collection': await run(inBook('page')),
    'a promise that it decides': decided,
    'the same, watched': await run(inBook('decided')),
    'a promise that it awaits': await run('return me.heard'),
    'the same, watched durably': await run(inBook('awaited')),
    'a wakeup': await run(inBook('woken')),
    'a port': await run(inBook('received')),
  }
}

async function takeAll(
  world: World,
  requests: Readonly<Record<Question, ResultHandle>>,
): Promise<Readonly<Record<Question, unknown>>> {
  const found: [Question, unknown][] = []
  for (const question of questions) found.push([question, wordOf(await world.take(requests[question]))])
  return Object.fromEntries(found) as Record<Question, unknown>
}

function wordOf(status: Status): unknown {
  if (status.kind !== 'rejected') return status.kind === 'pending' ? 'pending' : status.value
  const { reason } = status
  if (readsAsDisconnection(reason)) return 'disconnected'
  return hasCode(reason) && reason.code === 'object-abandoned' ? 'abandoned' : show(reason)
}

/** What was dropped before the move is gone, and nothing of it is left in the vat. */
async function collectAll(world: World, subjects: readonly Subject[]): Promise<void> {
  await world.controller.collectAll()
  await world.controller.run()
  for (const { name, cell } of subjects) {
    if (cell.standing !== 'collecting') continue
    const { vat } = await world.controller.vat(name)
    const { size } = await world.rows(`vat/${vat}`)
    assert.ok(size < 100, `${name} has ${size} rows`)
  }
}
