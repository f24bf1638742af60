/**
 * Plans of random shape on a small world: a rehearsal from the same block knows each row.
 *
 * fast-check generates plans: `HEIRLOOM_PROPERTY_RUNS` sets how many, `HEIRLOOM_SEED` the seed. A failure
 * reports its seed and the smallest plan that still fails.
 */
import fc, { type Arbitrary } from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CodedError,
  forkStore,
  type Controller,
  type PlanProgress,
  type ResultHandle,
} from '../../src/host/index.ts'
import { codes } from '../../src/protocol/codes.ts'
import { rehearse } from '../../src/rehearsal/index.ts'
import { bundleSource } from '../kit/bundles.ts'
import { sharedDirectory } from '../kit/sharedStores.ts'
import { openWorld, preparedStore, type Scope, type World } from '../kit/world.ts'
import { randomPlan, type RandomPlan } from './randomPlan.ts'

const seed = Number(process.env['HEIRLOOM_SEED'] ?? 1)
const plans = Number(process.env['HEIRLOOM_PROPERTY_RUNS'] ?? 40)

const member = (version: number, first = ''): string => `
import { M, governed } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  ${first}
  const limit = governed(baggage, 'limit', { shape: M.number(), initial: 1 })
  if (!baggage.has('count')) baggage.init('count', 0)
  const settle = []
  return Far('member', {
    version: () => ${version},
    add: () => { baggage.set('count', baggage.get('count') + 1); return baggage.get('count') },
    limit: () => limit.get(),
    governor: () => limit.governor,
    set: () => { throw Error('this is not the governor') },
    ask: (other, method) => E(other)[method](),
    rally: (turns, other, self) => turns > 0 ? E(other).rally(turns - 1, self, other) : ${version},
    later: () => new Promise((resolve) => { settle.push(resolve) }),
    release: () => { for (const each of settle.splice(0)) each(${version}); return null },
    fail: () => { throw Error('no') },
    evaluate: async ({ roots = {} }, parameters) => {
      const versions = []
      for (const name of Object.keys(roots).sort()) versions.push(await E(roots[name]).version())
      return { versions, parameters }
    },
  })
}
`
/** What steps can name as bundles: some that start, some that do not, one that is not installed. */
const sources: Readonly<Record<string, string>> = {
  one: member(1),
  two: member(2),
  three: member(3),
  throws: member(4, `throw Error('not today')`),
  pends: `export const buildRootObject = () => new Promise(() => {})`,
  forgets: `export const buildRootObject = () => Far('empty', { version: () => 5 })`,
  seven: 'export const buildRootObject = () => 7',
}
const vats = ['a', 'b', 'c']

const prepared = (): Promise<string> =>
  sharedDirectory('random plans', async (directory) => {
    const ends = new Ends()
    const world = await openWorld(ends, { from: await preparedStore() })
    for (const [name, source] of Object.entries(sources))
      await world.controller.installBundle(await bundleSource(source), name)
    for (const vat of vats) await world.settle(await world.controller.createVat(vat, 'one'))
    await world.forgetAll()
    await world.controller.commit()
    forkStore(world.directory, directory)
    await ends.end()
  })

/** What is to be removed after one plan. */
class Ends implements Scope {
  readonly #ends: (() => void | Promise<void>)[] = []
  after(end: () => void | Promise<void>): void {
    this.#ends.push(end)
  }
  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end()
  }
}

interface Sent {
  readonly to: string
  readonly request: ResultHandle
}

/** Messages that wait when the plan begins: no plan may lose any. */
async function sendSome(controller: Controller, turns: number): Promise<readonly Sent[]> {
  const [a, b] = [await controller.root('a'), await controller.root('b')]
  const sent: Sent[] = []
  for (const to of [...vats, ...vats]) sent.push({ to, request: await controller.send(to, 'add') })
  await controller.sendOnly('a', 'rally', [turns, b, a])
  await controller.commit()
  return sent
}

type Report = PlanProgress['reports'][number]

interface Foretold {
  readonly state: string
  readonly reason: unknown
  readonly reports: readonly Report[]
  readonly end: string
}

/** What a rehearsal says; undefined if the plan is refused. */
async function foretell(
  { directory }: World,
  { plan, kind }: RandomPlan,
  ends: Ends,
): Promise<Foretold | undefined> {
  if (kind === 'rehearsed') {
    const { run, end } = await rehearse({ directory, plan })
    return run === null || end === null ? undefined : { ...run, end }
  }
  const { controller } = await openWorld(ends, { from: directory })
  const view = await unlessRefused(controller.runPlan(plan))
  return view && { ...view, end: (await controller.storeStatus()).activityHash }
}

async function unlessRefused(running: Promise<PlanProgress>): Promise<PlanProgress | undefined> {
  try {
    return await running
  } catch (error) {
    if (error instanceof CodedError && error.code === 'plan/conditions') return undefined
    throw error
  }
}

const unhashed = ({ hash: _hash, ...row }: Report): unknown => row

/** Reh2, Pln1: what arrives meanwhile changes no row. */
async function runForReal(
  world: World,
  { plan, kind }: RandomPlan,
  foretold: Foretold | undefined,
): Promise<Sent[]> {
  const { controller } = world
  const sent: Sent[] = []
  let blocks = 0
  const onProgress = (): void => {
    const to = vats[(blocks += 1) % vats.length] ?? 'a'
    void controller.send(to, 'add').then((request) => sent.push({ to, request }), () => {})
  }
  const view = await unlessRefused(controller.runPlan(plan, kind === 'busy' ? { onProgress } : {}))
  assert.equal(view?.state, foretold?.state)
  if (view === undefined || foretold === undefined) return sent
  assert.deepEqual(view.reason, foretold.reason)
  assert.deepEqual(view.reports.map(unhashed), foretold.reports.map(unhashed))
  if (kind === 'busy') return sent
  assert.deepEqual(view.reports, foretold.reports)
  assert.equal(await world.activityHash(), foretold.end)
  return sent
}

/** Goes on with a plan that stands, as the host may decide, until it is over. */
async function goOn({ controller }: World, { plan, decisions }: RandomPlan): Promise<void> {
  for (const decision of decisions) {
    const view = await controller.plan()
    if (view === undefined) return
    checkRows(view.reports, plan)
    assert.equal(view.state, 'stopped')
    if (decision === 'run') await controller.run({ cranks: 50 })
    try {
      await controller.resumePlan({ skip: decision === 'skip' })
    } catch (error) {
      assert.ok(error instanceof CodedError && error.code === 'plan/conditions', String(error))
      break
    }
    await controller.runPlan(plan)
  }
  if ((await controller.plan()) !== undefined) await controller.abandonPlan('enough')
}

/** Each step at most once, in order, with codes that are known. */
function checkRows(reports: readonly Report[], { steps }: RandomPlan['plan']): void {
  assert.deepEqual(reports.map(({ name }) => name), steps.slice(0, reports.length).map(({ name }) => name))
  for (const { name, outcome, code } of reports) {
    assert.equal(code === null, outcome === 'done' || outcome === 'skipped', `${name}: ${outcome} ${code}`)
    if (code?.startsWith('plan/') === true) assert.ok(Object.hasOwn(codes, code), code)
  }
}

/** What was sent before and meanwhile is answered, unless its vat has ended. */
async function checkSent(world: World, sent: readonly Sent[]): Promise<void> {
  const { controller } = world
  for (const { name, status } of await controller.vats())
    if (status.kind === 'suspended') await controller.resumeVat(name)
  await controller.run()
  const views = await controller.vats()
  const running = new Set(views.filter(({ status }) => status.kind === 'running').map(({ name }) => name))
  for (const { to, request } of sent) {
    const { kind } = await controller.status(request)
    assert.ok(kind === 'fulfilled' || (kind === 'rejected' && !running.has(to)), `a message to ${to} is ${kind}`)
    await controller.forget(request)
  }
}

async function check(random: RandomPlan): Promise<void> {
  const ends = new Ends()
  try {
    const world = await openWorld(ends, { from: await prepared() })
    const before = await sendSome(world.controller, random.turns)
    const foretold = await foretell(world, random, ends)
    const meanwhile = await runForReal(world, random, foretold)
    await goOn(world, random)
    for (const { id, state, reports } of await world.controller.planHistory()) {
      assert.equal(id, random.plan.id)
      checkRows(reports, random.plan)
      if (state === 'done') assert.equal(reports.length, random.plan.steps.length)
    }
    await checkSent(world, [...before, ...meanwhile])
    await world.audit()
  } finally {
    await ends.end()
  }
}

// Reh2, Pln1, Pln2, Pln3.
test(`${plans} random plans are what their rehearsals say, and lose nothing`, async () => {
  const anyPlan: Arbitrary<RandomPlan> = randomPlan(Object.keys(sources), vats)
  await fc.assert(fc.asyncProperty(anyPlan, check), { seed, numRuns: plans })
})
