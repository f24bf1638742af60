/** A vat that says that it has garbage left is asked again, but a run ends whatever a vat says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxFollowUpCollections } from '../../src/protocol/limits.ts'
import { malloryStore } from '../kit/mallory.ts'
import { answerOf, openWorld, type Scope, type World } from '../kit/world.ts'

const { directory, worker } = await malloryStore()
/** That of a store whose maker says nothing. */
const collectionInterval = 1_000

const left = '{"batch":[],"result":{"kind":"ok","garbage":"left"}}'
const open = (scope: Scope): Promise<World> =>
  openWorld(scope, { from: directory, vats: { mallory: { worker } } })

async function collected(world: World): Promise<number> {
  return (await world.transcript('mallory')).filter(({ delivery }) => delivery.kind === 'bringOutYourDead')
    .length
}
async function sayNothing(world: World, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await world.controller.sendOnly('mallory', 'finish', ['[]'])
  await world.controller.run()
}
const row = async (world: World): Promise<string | undefined> =>
  (await world.rows('kernel')).get('garbage.v1')

test('a vat that always has garbage left is asked so often in a row, and again after its next delivery', async (t) => {
  const world = await open(t)
  await world.controller.sendOnly('mallory', 'keep', ['bringOutYourDead', left])
  await sayNothing(world, collectionInterval)
  assert.equal(await collected(world), 1 + maxFollowUpCollections)
  assert.equal((await world.controller.run()).ended, 'idle')
  assert.equal(await row(world), undefined)
  await sayNothing(world, 1)
  assert.equal(await collected(world), 2 * (1 + maxFollowUpCollections))
})

test('a vat has one collection at a time that follows another', async (t) => {
  const world = await open(t)
  await world.controller.sendOnly('mallory', 'keep', ['bringOutYourDead', left])
  for (let n = 0; n < 2 * collectionInterval; n += 1)
    await world.controller.sendOnly('mallory', 'finish', ['[]'])
  // Two are due by their interval before the first was made.
  while ((await collected(world)) < 2) await world.controller.run({ cranks: 500 })
  await world.controller.run({ cranks: 20 })
  const items = [...(await world.rows('kernel'))].filter(
    ([key, value]) => key.startsWith('run.') && value.includes('"collect"'),
  )
  assert.equal(items.length, 1, JSON.stringify(items))
  assert.equal(await row(world), '')
})

test('a vat that says that no garbage is left is asked no more', async (t) => {
  const world = await open(t)
  await world.controller.sendOnly('mallory', 'keep', ['bringOutYourDead', left])
  for (let n = 0; n < collectionInterval; n += 1) await world.controller.sendOnly('mallory', 'finish', ['[]'])
  await world.controller.run({ cranks: collectionInterval + 4 })
  assert.equal(await row(world), '')
  await world.controller.sendOnly('mallory', 'keep', [
    'bringOutYourDead',
    '{"batch":[],"result":{"kind":"ok"}}',
  ])
  const before = await collected(world)
  await world.controller.run()
  // One was in the queue before the message; another goes on after it, and one looks through the heap once
  // more.
  assert.ok(before > 1 && (await collected(world)) <= before + 3, `${before}, then ${await collected(world)}`)
  assert.equal(await row(world), undefined)
})

// Ga3.
test('the heap is searched before the first collection and after the last, and those between go on with what was found', async (t) => {
  const world = await open(t)
  await world.controller.sendOnly('mallory', 'keep', ['bringOutYourDead', left])
  await world.controller.collectAll()
  await world.controller.run({ cranks: 4 })
  await world.controller.sendOnly('mallory', 'keep', [
    'bringOutYourDead',
    '{"batch":[],"result":{"kind":"ok"}}',
  ])
  await world.controller.run()
  const searches = (await world.transcript('mallory')).flatMap(({ delivery }) =>
    delivery.kind === 'bringOutYourDead' ? [delivery.search ?? 'first'] : [],
  )
  assert.deepEqual(
    [searches[0], searches.at(-1), new Set(searches.slice(1, -1))],
    ['first', 'first', new Set(['done'])],
  )
  assert.ok(searches.length > 3, String(searches))
})

const exporting =
  '[{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":{"body":"#\\"$0.Alleged: thing\\"","slots":["o+5"]}}]}]'
const speaking: Readonly<Record<string, string>> = {
  'sends a message':
    '{"kind":"send","target":"o+0","methargs":{"body":"#[\\"finish\\",[\\"[]\\"]]","slots":[]},"result":null}',
  'exports what it was told of again':
    '{"kind":"send","target":"o+0","methargs":{"body":"#[\\"finish\\",[\\"$0\\"]]","slots":["o+5"]},"result":null}',
  'settles a promise':
    '{"kind":"resolve","resolutions":[{"promise":"p+7","outcome":"fulfilled","data":{"body":"#1","slots":[]}}]}',
  'subscribes to one': '{"kind":"subscribe","promise":"p+7"}',
  'asks for its end': '{"kind":"exit","end":"completed","data":{"body":"#1","slots":[]}}',
}
for (const [how, syscall] of Object.entries(speaking)) {
  for (const kind of ['dropExports', 'retireExports']) {
    // Sy3.
    test(`a vat that ${how} in a delivery of the kind ${kind} is suspended: it could keep all others waiting`, async (t) => {
      const world = await open(t)
      await world.controller.sendOnly('mallory', 'finish', [
        '[{"kind":"send","target":"o+0","methargs":{"body":"#[\\"finish\\",[\\"[]\\"]]","slots":["p+7"]},"result":"p+8"}]',
      ])
      await world.controller.run()
      const told = `{"batch":[{"kind":"retireExports","exports":["o+5"]}],"result":{"kind":"ok"}}`
      if (kind === 'retireExports')
        await world.controller.sendOnly('mallory', 'keep', [
          'dropExports',
          '{"batch":[],"result":{"kind":"ok"}}',
        ])
      await world.controller.sendOnly('mallory', 'keep', [kind, told.replace('[', `[${syscall},`)])
      await world.outcome('mallory', 'finish', exporting)
      await world.forgetAll()
      await world.controller.run()
      const { status } = await world.controller.vat('mallory')
      assert.equal(status.kind, 'suspended')
      assert.match(
        status.kind === 'suspended' ? status.message : '',
        new RegExp(`in a delivery of the kind ${kind}`),
      )
    })
  }
}

// Sy3.
test('a vat that sends a message when it is to retire an import is suspended', async (t) => {
  const world = await open(t)
  await world.create('friend')
  const sending = `{"batch":[${speaking['sends a message']}],"result":{"kind":"ok"}}`
  await world.controller.sendOnly('mallory', 'keep', ['retireImports', sending])
  await world.run(
    'friend',
    'E.sendOnly(args[0]).finish(args[1], me.thing = Far("thing", {}))',
    await world.root('mallory'),
    '[{"kind":"dropImports","imports":["o-1"]}]',
  )
  answerOf(await world.upgrade('friend'))
  const { status } = await world.controller.vat('mallory')
  assert.equal(status.kind, 'suspended')
  assert.match(
    status.kind === 'suspended' ? status.message : '',
    /in a delivery of the kind retireImports/,
  )
})

test('a vat whose garbage is nonsense is suspended, and its collection waits', async (t) => {
  const world = await open(t)
  await world.controller.sendOnly('mallory', 'keep', [
    'bringOutYourDead',
    '{"batch":[],"result":{"kind":"ok","garbage":7}}',
  ])
  await sayNothing(world, collectionInterval)
  const { status } = await world.controller.vat('mallory')
  assert.ok(status.kind === 'suspended' && status.cause === 'illegal-syscall', JSON.stringify(status))
  assert.equal(await collected(world), 0)
})

test('the heir of a vat that left garbage when it was upgraded is asked, and one whose ancestor left none is not', async (t) => {
  const world = await open(t)
  await world.controller.sendOnly('mallory', 'keep', ['bringOutYourDead', left])
  await world.controller.run()
  const upgraded = async (): Promise<number> => {
    assert.equal((await world.upgrade('mallory')).kind, 'fulfilled')
    await world.controller.run()
    return (await world.transcript('mallory')).filter(({ delivery }) => delivery.kind === 'bringOutYourDead')
      .length
  }
  // The collection of the upgrade itself, and one that goes on for it.
  assert.equal(await upgraded(), 2)
  assert.equal(await row(world), undefined)
  assert.equal(await upgraded(), 3)
})

test('a vat with a schedule of its own is asked again after its next delivery too', async (t) => {
  const world = await open(t)
  await world.controller.setCollection('mallory', { deliveries: 4 * collectionInterval })
  await world.controller.sendOnly('mallory', 'keep', ['bringOutYourDead', left])
  await world.controller.collectAll()
  await world.controller.run()
  // The message that keeps was not delivered when she was asked first.
  const before = await collected(world)
  assert.ok(before >= maxFollowUpCollections, String(before))
  await sayNothing(world, 1)
  assert.equal(await collected(world), before + 1 + maxFollowUpCollections)
})
