/** What a rehearsal finds before a plan is run: checks of its steps, and replays. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { rehearse, type RehearsalReport } from '../../src/rehearsal/index.ts'
import type { ReplayProgress } from '../../src/replay/index.ts'
import { kernelWith } from '../kit/kernelVariants.ts'
import { openWorld, type VatRecipe, type World } from '../kit/world.ts'

/** A vat with a durable kind, or without, that answers with the number. */
interface Choices {
  readonly kind?: boolean
  readonly comment?: string
}
const counter = (number: number, more: Choices = {}): VatRecipe => ({
  source: `
const provide = (baggage, key, make) => {
  if (!baggage.has(key)) baggage.init(key, make())
  return baggage.get(key)
}
export const buildRootObject = (vatPowers, parameters, baggage) => {
  ${more.kind === false ? '' : things}
  return Far('root', { version: () => ${number}, fail: () => { throw Error('no') }, prepare: () => baggage.init('ready', true) })
}
// ${more.comment ?? ''}
`,
})
const things = `
  const kind = provide(baggage, 'kind', () => VatData.makeKindHandle('Thing'))
  const make = VatData.defineDurableKind(kind, () => ({ n: 1 }), { get: ({ state }) => state.n })
  provide(baggage, 'thing', () => make())
`

const codes = ({ findings }: RehearsalReport): readonly (readonly string[])[] =>
  findings.map(({ code, subject }) => [code, subject])

/** With vats that were asked before the last block. */
async function asked(t: TestContext, vats: Readonly<Record<string, VatRecipe>>): Promise<World> {
  const world = await openWorld(t, { vats })
  for (const name of Object.keys(vats)) await world.ask(name, 'version')
  await world.controller.commit()
  return world
}

// Chk1.
test('a step that will be refused is found before the run, also behind a step that fails', async (t) => {
  const world = await asked(t, { one: counter(1), two: counter(1) })
  const [without, other] = [await world.install(counter(2, { kind: false })), await world.install(counter(2))]
  const kernel = await world.controller.installKernel(
    await kernelWith('oldestTables: () => oldestTables', 'oldestTables: () => 7'),
  )
  await world.controller.commit()
  const report = await rehearse({
    directory: world.directory,
    plan: {
      id: 'upgrade',
      steps: [
        { kind: 'probe', name: 'fails', to: 'one', method: 'fail' },
        { kind: 'kernel', name: 'kernel', bundle: kernel.id },
        { kind: 'worker', name: 'worker', worker: 'none-such' },
        { kind: 'vat', name: 'bad', vat: 'one', bundle: without },
        { kind: 'together', name: 'both', upgrades: [{ vat: 'two', bundle: other }, { vat: 'one', bundle: other }] },
        { kind: 'create', name: 'made', vat: 'three', bundle: other },
        { kind: 'vat', name: 'new', vat: 'three', bundle: without },
        { kind: 'vat', name: 'given', vat: 'two', bundle: other, parameters: { '@result': 'made' } },
      ],
    },
  })
  assert.deepEqual(codes(report), [
    ['check-kernel', 'kernel'],
    ['check-worker', 'worker'],
    ['check-upgrade', 'bad'],
    ['not-complete', 'upgrade'],
  ])
  assert.deepEqual(
    report.checks.map(({ step, subject, outcome, code }) => [step, subject, outcome, code]),
    [
      ['kernel', kernel.id, 'refused', 'kernel/tables-differ'],
      ['worker', 'none-such', 'refused', 'worker/unknown'],
      ['bad', 'one', 'refused', 'start/kinds-missing'],
      ['both', 'two', 'passed', null],
      ['both', 'one', 'not-checked', null],
      ['new', 'three', 'not-checked', null],
      ['given', 'two', 'not-checked', null],
    ],
  )
})

test('what an upgrade changes is noted, and nothing speaks against it', async (t) => {
  const world = await asked(t, { one: counter(1, { kind: false }), two: counter(1) })
  const next = await world.install(counter(2))
  await world.controller.commit()
  const report = await rehearse({
    directory: world.directory,
    plan: {
      id: 'upgrade',
      steps: [{ kind: 'vat', name: 'up', vat: 'one', bundle: next, parameters: { at: { '@root': 'two' } } }],
    },
  })
  assert.deepEqual(codes(report), [['not-idempotent', 'up']], JSON.stringify(report.findings))
  assert.deepEqual(report.checks[0]?.notes, ['new durable kinds: Thing'])
})

// Chk2.
test('what a message of an earlier step makes possible is done, and speaks not against the plan', async (t) => {
  const world = await asked(t, { one: counter(1) })
  const next = await world.install({
    source: `
export const buildRootObject = (vatPowers, parameters, baggage) => {
  if (!baggage.has('ready')) throw Error('not ready')
  VatData.defineDurableKind(baggage.get('kind'), () => ({ n: 1 }), { get: ({ state }) => state.n })
  return Far('root', {})
}`,
  })
  await world.controller.commit()
  const up = { kind: 'vat', name: 'up', vat: 'one', bundle: next }
  const prepare = { kind: 'probe', name: 'prepare', to: 'one', method: 'prepare' }
  const report = await rehearse({ directory: world.directory, plan: { id: 'upgrade', steps: [prepare, up] } })
  assert.deepEqual(report.checks.map(({ outcome, code }) => [outcome, code]), [['refused', 'start/threw']])
  assert.deepEqual(report.findings, [])
  const without = await rehearse({ directory: world.directory, plan: { id: 'upgrade', steps: [up] } })
  assert.deepEqual(codes(without), [['check-upgrade', 'up'], ['not-complete', 'upgrade']])
})

// Rbf1, Rbf2.
test('each vat that a step would replay is replayed before, and the first difference is named', async (t) => {
  const world = await asked(t, { one: counter(1), two: counter(1), three: counter(1) })
  const same = await world.install(counter(1, { comment: 'the same' }))
  const other = await world.install(counter(2))
  const worker = await world.controller.installWorker('quickjs-wasi-3.5.0')
  await world.controller.commit()
  const seen: ReplayProgress[] = []
  const report = await rehearse({
    directory: world.directory,
    onProgress: ({ replay }) => {
      if (replay !== undefined) seen.push(replay)
    },
    plan: {
      id: 'upgrade',
      onFailure: 'continue',
      steps: [
        { kind: 'worker', name: 'moved', worker: worker.id, pattern: 't*' },
        { kind: 'vat', name: 'same', vat: 'one', bundle: same, mode: 'replay' },
        {
          kind: 'together',
          name: 'other',
          upgrades: [
            { vat: 'two', bundle: other, mode: 'replay' },
            { vat: 'three', bundle: other, mode: 'auto' },
            { vat: 'one', bundle: other, mode: 'replay' },
          ],
        },
      ],
    },
  })
  assert.deepEqual(
    report.replays.map(({ step, vat, class: found, policy }) => [step, vat, found, policy]),
    [
      ['moved', 'two', 'metering-only', 'must-match'],
      ['moved', 'three', 'metering-only', 'must-match'],
      ['same', 'one', 'identical', 'must-match'],
      ['other', 'two', 'divergent', 'must-match'],
      ['other', 'three', 'divergent', 'may-restart'],
      ['other', 'one', 'not-run', 'must-match'],
    ],
  )
  assert.match(report.replays[3]?.message ?? '', /^delivery 1, syscall 1: .*recorded .*1.* replayed .*2/)
  // The vat that was restarted is on the default version again.
  assert.deepEqual(codes(report), [
    ['replay-differs', 'other'],
    ['step-failed', 'other'],
    ['not-idempotent', 'moved'],
  ])
  assert.deepEqual(
    report.checks.filter(({ kind }) => kind === 'upgrade').map(({ subject, outcome }) => [subject, outcome]),
    [
      ['one', 'not-checked'],
      ['two', 'not-checked'],
      ['three', 'passed'],
      ['one', 'not-checked'],
    ],
  )
  const last = seen.at(-1)
  assert.ok(last !== undefined && last.deliveries === last.ofDeliveries && last.leftMs === 0)
})
