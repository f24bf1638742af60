/** Parameters that their governor changes: checked, remembered, and kept over upgrades. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf, type VatRecipe } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet } })

const shop = (options: string): VatRecipe => ({
  source: `import { Far, governed } from 'heirloom/vat'
    import { M } from '@endo/patterns'
    export function buildRootObject(_powers, _parameters, baggage) {
      const fee = governed(baggage, 'fee', ${options})
      return Far('shop', {
        price: (amount) => amount + fee.get(),
        setLocal: () => fee.governor.set(Far('local', {})),
        parts: () => harden({ reader: fee.reader, governor: fee.governor }),
        twice: () => governed(baggage, 'fee', ${options}),
      })
    }`,
})

const natural = '{ shape: M.nat(), initial: 10n }'

interface Parts {
  readonly reader: Remote
  readonly governor: Remote
}

let next = 1
async function newShop(recipe = shop(natural)): Promise<{ readonly name: string } & Parts> {
  const name = `shop${next++}`
  await world.create(name, recipe)
  return { name, ...((await world.ask(name, 'parts')) as Parts) }
}

const change = (number: number, value: unknown, note = ''): object => ({ number, value, note })

test('what the governor sets is what the code reads from then on, with its history', async () => {
  const { name, reader, governor } = await newShop()
  assert.deepEqual([await world.ask(name, 'price', 1n), await world.ask(reader, 'get')], [11n, 10n])
  assert.equal(await world.ask(governor, 'set', 20n, 'voted'), 1)
  assert.equal(await world.ask(governor, 'set', 30n), 2)
  assert.deepEqual([await world.ask(name, 'price', 1n), await world.ask(reader, 'get')], [31n, 30n])
  assert.deepEqual(await world.ask(reader, 'history'), [
    change(0, 10n, 'initial'),
    change(1, 20n, 'voted'),
    change(2, 30n),
  ])
  assert.deepEqual(await world.ask(reader, 'history', 1, 1), [change(1, 20n, 'voted')])
  assert.deepEqual(await world.ask(reader, 'history', 3), [])
})

test('value, history and both facets outlive an upgrade, in the hands of other vats too', async () => {
  const { name, reader, governor } = await newShop()
  await world.ask('friend', 'put', 'governor', governor)
  await world.ask(governor, 'set', 20n)
  answerOf(await world.upgrade(name, shop('{ shape: M.nat(), initial: 99n }')))
  assert.deepEqual([await world.ask(name, 'price', 1n), await world.ask(reader, 'get')], [21n, 20n])
  await world.run('friend', 'return E(me.governor).set(25n)')
  assert.equal(await world.ask(name, 'price', 1n), 26n)
  const parts = (await world.ask(name, 'parts')) as Parts
  assert.deepEqual([parts.reader.kref, parts.governor.kref], [reader.kref, governor.kref])
  assert.deepEqual(await world.ask(reader, 'history', 1), [change(1, 20n), change(2, 25n)])
})

const refusedSets: Readonly<Record<string, readonly [readonly unknown[], RegExp]>> = {
  'of another shape': [['ten'], /the parameter fee.*Must be a bigint/s],
  'nothing': [[], /the parameter fee/],
  'below what the shape allows': [[-1n], /the parameter fee.*non-negative/s],
  'with a note that is no text': [[5n, 5n], /a note is a text/],
  'with a note that is too long': [[5n, 'x'.repeat(10_001)], /a note is a text of at most 10000/],
}

for (const [what, [args, message]] of Object.entries(refusedSets)) {
  test(`a value that is ${what} is refused and the old one stays`, async () => {
    const { reader, governor } = await newShop()
    assert.match(String(await world.refusal(governor, 'set', ...args)), message)
    assert.deepEqual(
      [await world.ask(reader, 'get'), await world.ask(reader, 'history')],
      [10n, [change(0, 10n, 'initial')]],
    )
  })
}

test('the reader cannot set', async () => {
  const { reader } = await newShop()
  assert.match(String(await world.refusal(reader, 'set', 5n)), /set/)
})

test('a value that is not durable is refused and the old one stays', async () => {
  const { name, reader } = await newShop(shop('{ shape: M.any(), initial: 1n }'))
  assert.match(String(await world.refusal(name, 'setLocal')), /durable/)
  assert.deepEqual(
    [await world.ask(reader, 'get'), await world.ask(reader, 'history')],
    [1n, [change(0, 1n, 'initial')]],
  )
})

test('initial values and heirs are held to the shape', async () => {
  const bad = await world.tryCreate('bad', shop("{ shape: M.nat(), initial: 'ten' }"))
  assert.equal(rejectionOf(bad, 'start-refused').reason?.code, 'start/threw')
  const { name, reader } = await newShop()
  const other = await world.upgrade(name, shop("{ shape: M.string(), initial: '10' }"))
  assert.match(rejectionOf(other, 'upgrade-refused').message, /the parameter fee/)
  assert.equal(await world.ask(name, 'price', 1n), 11n)
  answerOf(
    await world.upgrade(
      name,
      shop("{ shape: M.string(), initial: '10', migrate: (value) => String(value) }"),
    ),
  )
  assert.deepEqual(await world.ask(reader, 'history'), [
    change(0, 10n, 'initial'),
    change(1, '10', 'migrated'),
  ])
  const broken = await world.upgrade(name, shop('{ shape: M.nat(), initial: 1n, migrate: () => "ten" }'))
  assert.match(rejectionOf(broken, 'upgrade-refused').message, /the parameter fee/)
  assert.equal(await world.ask(reader, 'get'), '10')
})

for (const [what, args] of Object.entries({
  'a negative number': [-1],
  'a text': ['1'],
  'no end': [0, -1],
  'a fraction': [0.5],
})) {
  test(`a history from ${what} is refused`, async () => {
    const { reader } = await newShop()
    assert.match(String(await world.refusal(reader, 'history', ...args)), /history takes a number/)
  })
}

test('a parameter is governed once in an incarnation', async () => {
  const { name } = await newShop()
  assert.match(String(await world.refusal(name, 'twice')), /governed fee/)
})
