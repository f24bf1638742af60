/**
 * A forgotten migration: a check and the upgrade say where stored records are not as the new code makes them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, forTheFile, openWorld, show } from '../kit/world.ts'

const world = await openWorld(forTheFile, { config: { computronsPerDelivery: 80_000_000n } })
const { controller } = world

/** A kind made by this `init`, with these options. */
const bundleOf = (init: string, options = '{}'): Promise<string> =>
  world.install({
    source: `
      const { makeKindHandle, defineDurableKind } = globalThis.VatData
      export const buildRootObject = (_powers, _parameters, baggage) => {
        if (!baggage.has('kind')) baggage.init('kind', makeKindHandle('Account'))
        const make = defineDurableKind(baggage.get('kind'), ${init}, { read: ({ state }) => ({ ...state }) }, ${options})
        let count = 0
        return Far('root', { make: (...args) => { count += 1; baggage.init('account ' + count + ' ' + baggage.getSize(), make(...args)) } })
      }
    `,
  })

let vats = 0
async function vatWith(bundle: string, args: readonly unknown[]): Promise<string> {
  vats += 1
  const name = `vat${vats}`
  answerOf(await world.settle(await controller.createVat(name, bundle)))
  answerOf(await world.settle(await controller.send(name, 'make', args)))
  return name
}

const plain = '(owner) => ({ owner })'

/**
 * Name → the new `init`, its options, and the fields that are warned of; with `(owner) => ({ owner })`
 * before.
 */
const heirs: Readonly<Record<string, readonly [init: string, options: string, names: readonly string[]]>> = {
  'the same': [plain, '{}', []],
  'a field more': ['(owner) => ({ owner, fees: 0n })', '{}', ['fees']],
  'a field less': ['() => ({})', '{}', ['owner']],
  'a field with another name': ['(holder) => ({ holder })', '{}', ['holder', 'owner']],
  'fields in another order': [
    '(owner, more) => { const state = {}; state.owner = owner; return state }',
    '{}',
    [],
  ],
  'a field more, and a migration': [
    '(owner) => ({ owner, fees: 0n })',
    '{ stateVersion: 2, migrate: { 1: (state) => ({ ...state, fees: 0n }) } }',
    [],
  ],
  'arguments that are taken apart': ['({ owner, start: { fees } }) => ({ owner, fees })', '{}', ['fees']],
  'arguments that are called': [
    '(owner, start) => ({ owner, fees: start.fees().of(owner) })',
    '{}',
    ['fees'],
  ],
  'no argument that a stand-in could be': [
    '(owner = "none") => ({ owner, length: owner.length + 1n - 1n })',
    '{}',
    [],
  ],
  'code that can only do without arguments': [
    '(...args) => { if (args.length > 0) throw Error("no"); return { owner: 1, fees: 2 } }',
    '{}',
    ['fees'],
  ],
  'arguments whose properties are listed, so that the names are not known': [
    '(more) => ({ ...more, owner: 1 })',
    '{}',
    [],
  ],
  'code that throws': ['() => { throw Error("never") }', '{}', []],
  'code that returns no record': ['() => [1]', '{}', []],
  'code that spins': ['() => { for (;;); }', '{}', []],
  'a condition, which goes one way': [
    '(owner) => owner === undefined ? { owner } : { owner, fees: 0n }',
    '{}',
    ['fees'],
  ],
}

const before = await vatWith(await bundleOf(plain), ['alice'])

for (const [name, [init, options, fields]] of Object.entries(heirs)) {
  // Rf1.
  test(`an heir whose records have ${name}`, async () => {
    const bundle = await bundleOf(init, options)
    const check = await controller.checkUpgrade(before, bundle)
    assert.equal(check.kind, 'accepted', show(check))
    const expected =
      fields.length === 0 ? [] : [['estate/record-differs', fields.map((field) => `Account.${field}`)]]
    assert.deepEqual(
      check.warnings.map(({ code, names }) => [code, [...names].sort()]),
      expected,
      show(check.warnings),
    )
    assert.deepEqual(await controller.upgradeWarnings(before, bundle), check.warnings)
  })
}

test('nothing is warned of where no record is stored, and where the fields are those of a state shape', async () => {
  const empty = `empty${vats}`
  answerOf(await world.settle(await controller.createVat(empty, await bundleOf(plain))))
  assert.deepEqual(
    (await controller.checkUpgrade(empty, await bundleOf('(owner) => ({ owner, fees: 0n })'))).warnings,
    [],
  )
  const shaped = await vatWith(
    await bundleOf('(owner) => ({ owner })', '{ stateShape: { owner: undefined } }'),
    [undefined],
  )
  const optional = await bundleOf(
    '(owner) => ({ owner, fees: undefined })',
    '{ stateShape: { owner: undefined, fees: undefined } }',
  )
  assert.deepEqual((await controller.checkUpgrade(shaped, optional)).warnings, [])
})

// Rf2.
test('records of both forms are there after an upgrade that forgot the migration, and the next one warns again', async () => {
  const old = await bundleOf(plain)
  const vat = await vatWith(old, ['alice'])
  const heir = await bundleOf('(owner) => ({ owner, fees: 0n })')
  answerOf(await world.settle(await controller.upgradeVat(vat, heir)))
  answerOf(await world.settle(await controller.send(vat, 'make', ['bob'])))
  assert.deepEqual(
    (await controller.checkUpgrade(vat, heir)).warnings.map(({ names }) => names),
    [['Account.fees']],
  )
  assert.deepEqual(
    (await controller.checkUpgrade(vat, old)).warnings.map(({ names }) => names),
    [['Account.fees']],
  )
  const mended = await bundleOf(
    '(owner) => ({ owner, fees: 0n })',
    '{ stateVersion: 2, migrate: { 1: (state) => ({ fees: 0n, ...state }) } }',
  )
  assert.deepEqual((await controller.checkUpgrade(vat, mended)).warnings, [])
})

// Rf3.
test('a signature says which fields records have, as far as it can be seen', async () => {
  const fieldsOf = async (init: string): Promise<unknown> => {
    const signature = await controller.signature(await bundleOf(init))
    return signature.kind === 'known' && signature.kinds[0]?.fields
  }
  assert.deepEqual(
    [await fieldsOf(plain), await fieldsOf('undefined'), await fieldsOf('() => { throw Error("never") }')],
    [['owner'], [], null],
  )
})
