/**
 * A world of 200 vats over published packages (ERTP, vows, zones), all upgraded by one plan in which some
 * steps fail, some promises lose their subscribers, and one vat never ends its work.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { PlanProgress, Remote, ResultHandle } from '../../src/host/index.ts'
import { rehearse } from '../../src/rehearsal/index.ts'
import { bundleFile, bundleSource, rawBundle, withSpace } from '../kit/bundles.ts'
import { answerOf, openWorld, type World } from '../kit/world.ts'
import { fixture } from '../ecosystem/support.ts'

/** How many vats of each sort there are. Those from `feed` on are below. */
const counts = { mint: 8, vows: 6, zoned: 6, trader: 174, feed: 3, reader: 1, watcher: 1, busy: 1 }
type Sort = keyof typeof counts
const sorts = Object.keys(counts) as Sort[]
const namesOf = (sort: Sort): string[] => Array.from({ length: counts[sort] }, (_, at) => `${sort}${at}`)

/** Promises of news, which end with the incarnation that was asked. */
const feed = `
export const buildRootObject = (_powers, _parameters, baggage) => {
  let waiting = []
  return Far('feed', {
    take: () => new Promise((resolve) => { waiting.push(resolve) }),
    publish: (news) => { for (const settle of waiting.splice(0)) settle(news) },
  })
}
`
/** Subscribes again whenever it is disconnected, and when it is itself upgraded. */
const reader = `
export const buildRootObject = (_powers, _parameters, baggage) => {
  const heard = []
  const subscribe = () => {
    E(baggage.get('feed')).take().then(
      (news) => { heard.push(news) },
      ({ name }) => { heard.push(name); if (name === 'vatUpgraded') subscribe() },
    )
  }
  if (baggage.has('feed')) subscribe()
  return Far('reader', {
    read: (from) => { baggage.init('feed', from); subscribe() },
    heard: () => harden([...heard]),
  })
}
`
/** A durable watcher that asks again when it is disconnected. */
const watcher = `
import { provideKindHandle, providePromiseWatcher, watchPromise } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const note = (said) => { baggage.set('heard', [...baggage.get('heard'), said]) }
  if (!baggage.has('heard')) baggage.init('heard', [])
  const watcher = providePromiseWatcher(
    provideKindHandle(baggage, 'watcher'),
    (news) => note(news),
    ({ name }, feed) => { note(name); watchPromise(E(feed).take(), watcher, feed) },
  )
  return Far('watcher', {
    read: (feed) => watchPromise(E(feed).take(), watcher, feed),
    heard: () => baggage.get('heard'),
  })
}
`
/** Its second version asks for ever. */
const busy = (next: string): string => `
export const buildRootObject = (_powers, _parameters, baggage) => {
  const ask = () => { E(baggage.get('one')).version().then(ask) }
  ${next}
  return Far('busy', { meet: (one) => { baggage.init('one', one) } })
}
`

/** What the plan does to those that are not to come through, and the code of each failure. */
const failing: Readonly<Record<string, readonly [source: string, code: string]>> = {
  mint7: ['export const buildRootObject = () => { throw Error("not today") }', 'start/threw'],
  vows5: ['export const buildRootObject = () => new Promise(() => {})', 'start/never-settled'],
  zoned3: ['export const buildRootObject = () => Far("forgetful", {})', 'start/kinds-missing'],
  trader20: ['export const buildRootObject = () => 7', 'start/root-not-remotable'],
  trader90: ['the bundle is no code', 'start/bundle-broken'],
}

const bundles = async (): Promise<Readonly<Record<Sort, readonly [one: Bundle, two: Bundle]>>> => {
  const twice = async (bundle: Promise<Bundle>): Promise<readonly [Bundle, Bundle]> => [
    await bundle,
    withSpace(await bundle),
  ]
  return {
    mint: await twice(bundleFile(fixture('mint'))),
    vows: await twice(bundleFile(fixture('vows'))),
    zoned: await twice(bundleFile(fixture('zoned'))),
    trader: await twice(bundleFile(fixture('trader'))),
    feed: await twice(bundleSource(feed)),
    reader: await twice(bundleSource(reader)),
    watcher: await twice(bundleSource(watcher)),
    busy: [await bundleSource(busy('')), await bundleSource(busy('ask()'))],
  }
}
type Bundle = Awaited<ReturnType<typeof bundleFile>>

/** All requests are under way at the same time. */
async function settleAll(world: World, requests: readonly ResultHandle[]): Promise<unknown[]> {
  await world.controller.run()
  const answers: unknown[] = []
  for (const request of requests) answers.push(answerOf(await world.take(request)))
  return answers
}

type Message = readonly [to: string | Remote, method: string, ...args: unknown[]]

async function askAll(world: World, messages: readonly Message[]): Promise<unknown[]> {
  const requests: ResultHandle[] = []
  for (const [to, method, ...args] of messages) requests.push(await world.controller.send(to, method, args))
  return settleAll(world, requests)
}

interface Ready {
  readonly world: World
  readonly plan: object
}

async function ready(t: TestContext): Promise<Ready> {
  const world = await openWorld(t)
  const made = await bundles()
  const steps: object[] = []
  for (const sort of sorts) {
    const [one, two] = made[sort]
    const [first, next] = [await world.installBundle(one), await world.installBundle(two)]
    const created: ResultHandle[] = []
    for (const name of namesOf(sort)) {
      created.push(await world.controller.createVat(name, first, { parameters: { version: 'one' } }))
      steps.push({ kind: 'vat', name, vat: name, bundle: await bundleFor(world, name, next), parametersFrom: 'kept' })
    }
    await settleAll(world, created)
  }
  await populate(world)
  await world.forgetAll()
  await world.controller.commit()
  return { world, plan: { id: 'all', onFailure: 'continue', budget: { cranks: 500, computrons: null }, steps: inOrder(steps) } }
}

async function bundleFor(world: World, name: string, next: string): Promise<string> {
  const fails = failing[name]
  if (fails === undefined) return next
  const [source, code] = fails
  return code === 'start/bundle-broken'
    ? world.installBundle(rawBundle(source))
    : world.installBundle(await bundleSource(source))
}

/** The busy one comes in the middle: it is suspended then, and the others after it are upgraded in quiet. */
function inOrder(steps: readonly object[]): readonly object[] {
  const isBusy = (step: object): boolean => 'vat' in step && step.vat === 'busy0'
  const others = steps.filter((step) => !isBusy(step))
  return [
    ...others.slice(0, 100),
    ...steps.filter(isBusy).map((step) => ({ ...step, onFailure: 'suspend' })),
    ...others.slice(100),
    { kind: 'probe', name: 'money', to: 'trader5', method: 'balance', answer: { value: { '@bigint': '10' } } },
  ]
}

const issuers = async (world: World): Promise<Remote[]> =>
  (await askAll(world, namesOf('mint').map((mint) => [mint, 'kit']))).map((kit) => (kit as { issuer: Remote }).issuer)

/** Money in each trader's purse, counters and vows, and promises of news that are waited for. */
async function populate(world: World): Promise<void> {
  const [traders, all] = [namesOf('trader'), await issuers(world)]
  await askAll(world, traders.map((trader, at) => [trader, 'open', all[at % all.length]]))
  const payments = await askAll(world, traders.map((_, at) => [`mint${at % all.length}`, 'mintPayment', 10n]))
  await askAll(world, traders.map((trader, at) => [trader, 'deposit', payments[at]]))
  const counters = await askAll(world, namesOf('zoned').map((zoned) => [zoned, 'makeCounter', 5n]))
  await askAll(world, namesOf('zoned').map((zoned, at) => [zoned, 'write', 'counter', counters[at]]))
  const vow = await world.ask('vows0', 'make', 'deal')
  await askAll(world, namesOf('vows').slice(1).map((vows) => [vows, 'watch', 'deal', vow]))
  const [one, two, three] = [await world.root('feed0'), await world.root('feed1'), await world.root('feed2')]
  await askAll(world, [
    ['watcher0', 'read', one],
    ['vows2', 'watchAnswer', 'news', two, 'take'],
    ['reader0', 'read', three],
    ['busy0', 'meet', await world.root('mint0')],
  ])
}

/** Nothing that was there before is lost, in what was upgraded and in what was not. */
async function checkWorld(world: World): Promise<void> {
  const balances = await askAll(world, namesOf('trader').map((trader) => [trader, 'balance']))
  assert.ok(balances.every((amount) => (amount as { value: bigint }).value === 10n))
  const counters = await askAll(world, namesOf('zoned').map((zoned) => [zoned, 'read', 'counter']))
  const sums = await askAll(world, counters.map((counter) => [counter as Remote, 'add', 2n]))
  assert.deepEqual(sums, counters.map(() => 7n))
  await world.ask('vows0', 'resolve', 'deal', 'closed')
  for (const feedName of namesOf('feed')) await world.ask(feedName, 'publish', 'late news')
  const kept = (name: string): unknown => ['one', name, 'kept', 'closed']
  const [second, third] = await askAll(world, [['vows2', 'log'], ['vows3', 'log']])
  assert.deepEqual(third, [kept('deal')])
  assert.deepEqual(second, [['one', 'news', 'broken', 'vatUpgraded'], kept('deal')], 'it did not ask again')
  assert.deepEqual(await world.ask('watcher0', 'heard'), ['vatUpgraded', 'late news'], 'it asked again')
  assert.deepEqual(await world.ask('reader0', 'heard'), ['late news'])
}

type Row = PlanProgress['reports'][number]
const rowsOf = (reports: readonly Row[], outcome: string): Row[] =>
  reports.filter((row) => row.outcome === outcome)

function checkReports(reports: readonly Row[]): void {
  assert.deepEqual(
    rowsOf(reports, 'failed').map(({ name, code }) => [name, code]),
    reports.flatMap(({ name }) => (failing[name] === undefined ? [] : [[name, failing[name][1]]])),
  )
  assert.deepEqual(rowsOf(reports, 'suspended').map(({ name, code }) => [name, code]), [['busy0', 'plan/budget']])
  assert.equal(rowsOf(reports, 'done').length, 195)
  const watchers = namesOf('vows').slice(1)
  assert.deepEqual(reports.flatMap(({ subscriptions }) => subscriptions), [
    { vat: 'vows0', lost: watchers, again: watchers },
    { vat: 'feed0', lost: ['watcher0'], again: ['watcher0'] },
    { vat: 'feed1', lost: ['vows2'], again: [] },
    { vat: 'feed2', lost: ['reader0'], again: ['reader0'] },
  ])
}

// Reh2, Act2, Pln3, Pln4.
test('200 vats under one plan: the failures stay alone, and the rehearsal knew each row', async (t) => {
  const { world, plan } = await ready(t)
  assert.equal((await world.controller.vats()).length, 200)
  const { run, findings, end } = await rehearse({ directory: world.directory, plan })
  const { state, reports } = await world.controller.runPlan(plan)
  assert.equal(state, 'done')
  assert.deepEqual(reports, run?.reports)
  assert.equal(await world.activityHash(), end)
  checkReports(reports)
  assert.deepEqual(
    findings.filter(({ code }) => code === 'step-failed').map(({ subject }) => subject),
    reports.filter(({ code }) => code !== null).map(({ name }) => name),
  )
  await checkAgain(world, plan)
  await checkWorld(world)
  await world.audit()
})

/** A plan of another id skips what is done, and tries again what failed. */
async function checkAgain(world: World, plan: Ready['plan']): Promise<void> {
  const again = await world.controller.runPlan({ ...plan, id: 'once more' })
  assert.equal(again.state, 'done')
  assert.deepEqual(rowsOf(again.reports, 'done').map(({ name }) => name), ['money'])
  assert.deepEqual(rowsOf(again.reports, 'failed').map(({ name }) => name), Object.keys(failing))
  assert.equal(rowsOf(again.reports, 'skipped').length, 195)
  const incarnations = (await world.controller.vats()).map(({ name, incarnation }) => [name, incarnation])
  assert.deepEqual(
    incarnations,
    incarnations.map(([name]) => [name, failing[String(name)] === undefined ? 1 : 0]),
  )
  assert.equal((await world.controller.vat('busy0')).status.kind, 'suspended')
}
