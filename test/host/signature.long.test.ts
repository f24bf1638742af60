/** Signatures of bundles, and what comparing them with an estate foresees of an upgrade. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingCodes } from '../../src/protocol/reports/upgradeCheck.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import type { Rejection, ReplayRefusal, StartRefusal } from '../../src/protocol/results.ts'
import { answerOf, forTheFile, openWorld, puppet, show } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import {
  kind,
  patternNames,
  specified,
  type KindSpecification,
  type PatternName,
  type Specification,
} from './specified.ts'

const world = await openWorld(forTheFile)
const { controller } = world
const install = async (specification: Specification): Promise<string> =>
  world.installBundle(await specified(specification))

let vats = 0
async function newVat(specification: Specification): Promise<string> {
  vats += 1
  const name = `vat${vats}`
  answerOf(await world.settle(await controller.createVat(name, await install(specification))))
  return name
}

const of = (...kinds: readonly KindSpecification[]): Specification => ({ kinds, exports: [] })

test('a signature says kinds, facets, shapes, versions, baggage and named exports', async () => {
  const signature = await controller.signature(
    await install({
      kinds: [
        kind('A', { shape: { p: 'string' }, version: 3, migrates: [2] }),
        kind('B', { facets: ['y', 'x'], records: 'none' }),
      ],
      exports: ['door'],
    }),
  )
  assert.equal(signature.kind, 'known', show(signature))
  const { kinds, baggageKeys, namedExports } = signature as Extract<typeof signature, { kind: 'known' }>
  assert.deepEqual(kinds, [
    {
      tag: 'A',
      facets: null,
      shape: { p: { body: '#{"#tag":"match:string","payload":[]}', slots: [] } },
      stateVersion: 3,
      fields: ['p'],
      migratesFrom: 2,
    },
    { tag: 'B', facets: ['x', 'y'], shape: null, stateVersion: 1, fields: [], migratesFrom: 1 },
  ])
  assert.deepEqual(baggageKeys, ['an object of A', 'kind A', 'kind B', 'named door'])
  assert.deepEqual(namedExports, ['door'])
})

/** Migrations that a kind of version 6 has, and from where the chain of them is whole. */
const chains: readonly (readonly [migrates: readonly number[], from: number])[] = [
  [[], 6], [[5], 5], [[1, 2, 3, 4, 5], 1], [[1, 2, 4, 5], 4], [[1, 2, 3], 6], [[2, 3, 4, 5], 2],
]
test('a signature says the oldest version that its migrations begin from', async () => {
  for (const [migrates, from] of chains) {
    const signature = await controller.signature(
      await install(of(kind('A', { version: 6, migrates }), kind('B', { version: 2 }))),
    )
    assert.deepEqual(
      signature.kind === 'known' && signature.kinds.map(({ migratesFrom }) => migratesFrom),
      [from, 2],
      String(migrates),
    )
  }
})

test('a bundle that does not start without parameters has no signature without them, and the check uses those of the upgrade', async () => {
  await world.create('puppet', { setup: '' })
  const needy = await world.install({
    source: 'export const buildRootObject = (_powers, { needed }) => Far("root", { needed: () => needed })',
  })
  const signature = await controller.signature(needy)
  assert.equal(signature.kind === 'unknown' && signature.why.code, 'start/threw')
  const kinds = async (parameters: unknown): Promise<readonly string[]> => {
    const { kind, expected } = await controller.checkUpgrade('puppet', needy, { parameters })
    return [kind, expected.kind]
  }
  assert.deepEqual(
    [await kinds({ needed: 1n }), await kinds(undefined)],
    [
      ['accepted', 'compared'],
      ['refused', 'unknown'],
    ],
  )
})

// Uc2.
test('a signature changes nothing, and is kept', async () => {
  const before = [
    await world.activityHash(),
    (await controller.storeStatus()).residentWorkers,
    (await controller.vats()).length,
  ]
  const bundle = await world.install(puppet)
  assert.deepEqual(await controller.signature(bundle), await controller.signature(bundle))
  assert.deepEqual(
    [
      await world.activityHash(),
      (await controller.storeStatus()).residentWorkers,
      (await controller.vats()).length,
    ].slice(1),
    before.slice(1),
  )
})

test('a signature is of the worker version on which new incarnations start', async () => {
  const bundle = await world.install(puppet)
  const first = await controller.signature(bundle)
  const [usual, other] = engineNames
  const { id } = await controller.installWorker(other, 'default')
  const second = await controller.signature(bundle)
  await controller.installWorker(usual, 'default')
  assert.notEqual(second.worker, first.worker)
  assert.deepEqual([second.worker, (await controller.signature(bundle)).worker], [id, first.worker])
})

// Cm3.
test('a field with any pattern is optional to the comparison when it is to the supervisor', async () => {
  const before = of(kind('A', { shape: {} }))
  const name = await newVat(before)
  const unsure: PatternName[] = []
  for (const pattern of patternNames) {
    const check = await controller.checkUpgrade(name, await install(of(kind('A', { shape: { p: pattern } }))))
    assert.equal(check.expected.kind, 'compared', pattern)
    const foreseen = check.expected.kind === 'compared' && check.expected.findings.length > 0
    if (foreseen !== (check.kind === 'refused')) unsure.push(pattern)
    if (foreseen) assert.equal(check.kind, 'refused', pattern)
  }
  assert.deepEqual(unsure, ['atLeast'])
})

// --- random pairs

const tags = ['A', 'B', 'C'] as const
const plain = patternNames.filter((name) => name !== 'atLeast')

function randomKind(dice: Dice, tag: string): KindSpecification {
  const some = <Item>(items: readonly Item[]): Item[] => items.filter(() => dice.roll(3) > 0)
  const version = 1 + dice.roll(3)
  const fields = some(['p', 'q']).map((field) => [
    field,
    dice.pick(dice.roll(2) === 0 ? (['any', 'string'] as const) : plain),
  ])
  const facets = some(['x', 'y', 'z'])
  return kind(tag, {
    facets: dice.roll(4) === 0 && facets.length > 0 ? facets : null,
    shape: dice.roll(3) === 0 ? null : (Object.fromEntries(fields) as Record<string, PatternName>),
    version,
    migrates: [1, 2].filter((from) => from < version && dice.roll(4) > 0),
    records: dice.roll(4) === 0 ? 'none' : 'some',
  })
}

function mutated(dice: Dice, { kinds, exports }: Specification): Specification {
  const kept = kinds
    .filter(() => dice.roll(10) > 0)
    .map((old) => (dice.roll(3) === 0 ? randomKind(dice, old.tag) : old))
  const fresh = tags
    .filter((tag) => !kinds.some((old) => old.tag === tag) && dice.roll(3) === 0)
    .map((tag) => randomKind(dice, tag))
  return {
    kinds: [...kept, ...fresh],
    exports: [
      ...exports.filter(() => dice.roll(8) > 0),
      ...(exports.length === 0 && dice.roll(3) === 0 ? ['door'] : []),
    ],
  }
}

const foreseeable = ({ code }: StartRefusal | ReplayRefusal): boolean =>
  findingCodes.some((known) => known === code)

for (const seed of [1, 20_261_120]) {
  // Cm2.
  test(`what the comparison accepts is not refused for what it covers; the check is what the upgrade is (seed ${seed})`, async () => {
    const dice = new Dice(seed)
    const outcomes = { accepted: 0, refused: 0 }
    const codesSeen = new Set<string>()
    for (let walk = 0; walk < 3; walk += 1) {
      let specification: Specification = {
        kinds: tags.filter(() => dice.roll(4) > 0).map((tag) => randomKind(dice, tag)),
        exports: dice.roll(2) === 0 ? ['door'] : [],
      }
      const name = await newVat(specification)
      for (let step = 0; step < 5; step += 1) {
        const next = mutated(dice, specification)
        const bundle = await install(next)
        const check = await controller.checkUpgrade(name, bundle)
        const status = await world.settle(await controller.upgradeVat(name, bundle))
        const said = `seed ${seed}, walk ${walk}, step ${step}: ${JSON.stringify(specification)} → ${JSON.stringify(next)}\n${show(check)}`
        assert.equal(check.expected.kind, 'compared', said)
        const findings = check.expected.kind === 'compared' ? check.expected.findings : []
        outcomes[check.kind] += 1
        if (check.kind === 'accepted') {
          assert.deepEqual(answerOf(status), check.result, said)
          assert.deepEqual(findings, [], said)
          specification = next
        } else {
          const { reason } = check
          assert.deepEqual(
            status.kind === 'rejected' &&
              (status.reason as Extract<Rejection, { name: 'KernelRejection' }>).reason,
            reason,
            said,
          )
          assert.ok(foreseeable(reason), said)
          codesSeen.add(reason.code)
          const finding = findings.find(
            ({ code, names }) => code === reason.code && reason.names.every((one) => names.includes(one)),
          )
          assert.notEqual(finding, undefined, said)
        }
      }
      await world.forgetAll()
    }
    assert.ok(outcomes.accepted >= 1 && outcomes.refused >= 5, JSON.stringify(outcomes))
    assert.ok(codesSeen.size >= 3, [...codesSeen].join())
  })
}
