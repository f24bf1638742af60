/** A check means every option of the upgrade: both, side by side, for every combination of options. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rejection } from '../../src/protocol/results.ts'
import type { UpgradeOptions } from '../../src/host/index.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import { answerOf, forTheFile, openWorld, puppet, reasonOf, show } from '../kit/world.ts'

const kept = `
  me.kind = provide(baggage, 'kind', () => makeKindHandle('Thing'))
  me.make = defineDurableKind(me.kind, (n) => ({ n }), { get: ({ state }) => state.n })
  provide(baggage, 'thing', () => me.make(1n))
`
const world = await openWorld(forTheFile, { vats: { guest: puppet } })
const { controller } = world
const other = await world.installBundle(withSpace(await bundleFile(puppetFile)))

/** Every way to leave each option out, and to give it. */
const choices: {
  readonly [Name in keyof Omit<UpgradeOptions, 'parameters' | 'salvage'>]-?: readonly UpgradeOptions[Name][]
} = {
  parametersFrom: [undefined, 'given', 'kept'],
  mode: [undefined, 'replay', 'auto'],
  onFailure: [undefined, 'suspend'],
  drain: [undefined, { maxCranks: 50 }],
  abandonKinds: [undefined, ['Thing']],
  upgradeMessage: ['moved'],
}
const parameters: readonly unknown[] = [
  undefined,
  { setup: kept },
  { setup: '' },
  { setup: 'throw RangeError("no")' },
]

function* combinations(): Generator<UpgradeOptions> {
  let all: Partial<UpgradeOptions>[] = [{}]
  for (const [name, values] of Object.entries({ ...choices, parameters })) {
    all = all.flatMap((one) => values.map((value) => (value === undefined ? one : { ...one, [name]: value })))
  }
  yield* all
}

interface Outcome {
  readonly answer: unknown
  readonly status: string
}

async function checked(options: UpgradeOptions): Promise<Outcome> {
  const check = await controller.checkUpgrade(vat, other, options)
  if (check.kind === 'accepted') return { answer: check.result, status: 'running' }
  return { answer: check.reason, status: check.onFailure === 'suspend' ? 'suspended' : 'running' }
}

async function upgraded(options: UpgradeOptions): Promise<Outcome> {
  const status = await world.settle(await controller.upgradeVat(vat, other, options))
  const answer =
    status.kind === 'fulfilled'
      ? answerOf(status)
      : (reasonOf(status) as Extract<Rejection, { name: 'KernelRejection' }>).reason
  return { answer, status: (await controller.vat(vat)).status.kind }
}

let vats = 0
let vat = ''
/** A vat with an estate, and with an answer of the guest on its way to it. */
async function prepare(): Promise<void> {
  if (vats > 0) await controller.terminateVat(vat, 'over')
  vats += 1
  vat = `vat${vats}`
  answerOf(await world.settle(await controller.createVat(vat, other, { parameters: { setup: kept } })))
  const asked = await controller.send(vat, 'run', ['return E(args[0]).echo()', await world.root('guest')])
  await controller.run({ cranks: 1 })
  await controller.forget(asked)
}

test('a check and the upgrade come to the same for every combination of options', async () => {
  const seen = new Map<string, number>()
  for (const options of combinations()) {
    await prepare()
    const refusals: unknown[] = []
    const outcomes: Outcome[] = []
    for (const ask of [checked, upgraded])
      await ask(options).then(
        (outcome) => outcomes.push(outcome),
        (error: { code: string; message: string }) => refusals.push(`${error.code}: ${error.message}`),
      )
    assert.deepEqual([outcomes[0], refusals[0]], [outcomes[1], refusals[1]], show(options))
    const name =
      refusals.length > 0
        ? String(refusals[0]).split(':')[0]!
        : (show(outcomes[0]?.answer).match(/"(?:mode|code)":"([^"]+)"/)?.[1] ?? 'none')
    seen.set(name, (seen.get(name) ?? 0) + 1)
  }
  assert.deepEqual([...seen.keys()].sort(), [
    'api/bad-argument',
    'durable',
    'replay',
    'replay/parameters',
    'start/kinds-missing',
    'start/threw',
  ])
})
