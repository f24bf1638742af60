/** `heirloom audit` on a sound store and on one that was damaged, for people and for programs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { openWorld, puppet } from '../kit/world.ts'
import { emptyStore, fixture, heirloom, temporaryDirectory, well } from './support.ts'

interface Document {
  readonly found: number
  readonly depth: string
  readonly deviations: readonly { readonly code: string; readonly where: string; readonly message: string }[]
  readonly counted: Readonly<Record<string, number>>
  readonly store: Readonly<Record<string, number>> | null
}

test('a sound store ends with 0, a damaged one with 1 and what is wrong', async (t) => {
  const store = `${temporaryDirectory(t)}/store`
  await emptyStore(store)
  await well(['install', 'counter', fixture('counter')], { store })
  await well(['create', 'counters', 'counter'], { store })

  const said = await well(['audit'], { store })
  assert.match(said, /^rows +\d+\nvats +1\n/)
  assert.match(said, /\nstate rows +\d+\n/)
  assert.match(said, /\nno deviations\n$/)
  const sound = JSON.parse(
    await well(['audit', store, '--depth', 'kernel', '--json'], { store: '/nowhere' }),
  ) as Document
  assert.deepEqual(
    [sound.depth, sound.found, sound.deviations, sound.counted['vats'], sound.store],
    ['kernel', 0, [], 1, null],
  )

  const changed = openStore(store)
  changed.state.set('kernel', 'object.ko1', 'kernel 9 9')
  changed.sealCrank()
  changed.commit()
  changed.close()
  const { code, out, err } = await heirloom(['audit'], { store })
  assert.equal(code, 1)
  assert.equal(err, '')
  assert.match(
    out,
    /\n1 deviation\nobject\/count: kernel object\.ko1\n  ko1 of kernel says 9 of 9; counted are 1 of 1\n$/,
  )
  const damaged = await heirloom(['audit', '--json'], { store })
  assert.equal(damaged.code, 1)
  assert.deepEqual((JSON.parse(damaged.out) as Document).deviations, [
    {
      code: 'object/count',
      where: 'kernel object.ko1',
      message: 'ko1 of kernel says 9 of 9; counted are 1 of 1',
    },
  ])
})

test('words that are not right are refused', async (t) => {
  const store = `${temporaryDirectory(t)}/store`
  for (const [words, code, exit] of [
    [['audit', '--depth', 'deep'], 'cli/usage', 2],
    [['audit', 'one', 'two'], 'cli/usage', 2],
    [['audit', 'one', '--store', 'two'], 'cli/usage', 2],
    [['audit', store], 'store/not-found', 3],
  ] as const) {
    const { code: ended, err } = await heirloom(words, { store })
    assert.equal(ended, exit, err)
    assert.match(err, new RegExp(`^heirloom: ${code}: `))
  }
})

test('cycles: none in a store of one vat, told for people and for programs', async (t) => {
  const store = `${temporaryDirectory(t)}/store`
  await emptyStore(store)
  assert.equal(
    await well(['cycles', store], { store: '/nowhere' }),
    'no vats hold each other by objects that no other vat holds\n',
  )
  assert.equal(await well(['cycles', '--json'], { store }), '[]\n')
})

test('cycles: a group is told with its vats and objects', async (t) => {
  const world = await openWorld(t, { vats: { one: puppet, two: puppet } })
  for (const [holder, owner] of [
    ['one', 'two'],
    ['two', 'one'],
  ] as const)
    await world.run(holder, 'me.held = args[0]', await world.run(owner, 'return Far("thing", {})'))
  await world.forgetAll()
  await world.end()
  const { directory: store } = world
  assert.match(
    await well(['cycles'], { store }),
    /^v1, v2 hold each other by 2 objects\n  OBJECT +OF +HELD BY\n  ko\d+ +v2 +v1\n  ko\d+ +v1 +v2\n$/,
  )
  const [group] = JSON.parse(await well(['cycles', '--json'], { store })) as [
    { vats: string[]; found: number },
  ]
  assert.deepEqual([group.vats, group.found], [['v1', 'v2'], 2])
})
