/**
 * Vats that hold each other's objects, found as far as the kernel can see; and the components of a graph by
 * which they are.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { groupsOf } from '../../src/kernel/audit/components.ts'
import { openWorld, puppet, type World } from '../kit/world.ts'
import { Dice } from '../store/support.ts'

const names = ['v1', 'v2', 'v3', 'v4'] as const
type Name = (typeof names)[number]

/** `v1 > v2`: v1 holds an object of v2 that nobody else holds, but for those after a comma. */
async function holding(
  t: TestContext,
  ...holds: readonly string[]
): Promise<{ world: World; objects: Remote[] }> {
  const world = await openWorld(t, { vats: Object.fromEntries(names.map((name) => [name, puppet])) })
  const objects: Remote[] = []
  for (const hold of holds) {
    const [holders = '', owner = ''] = hold.split(' > ')
    const thing = (await world.run(owner, 'return Far("thing", {})')) as Remote
    for (const holder of holders.split(',')) await world.run(holder, '(me.held ??= []).push(args[0])', thing)
    objects.push(thing)
  }
  await world.forgetAll()
  return { world, objects }
}

const found = async ({ controller }: World): Promise<string[]> =>
  (await controller.cycles()).map(
    ({ vats, objects, found: count }) =>
      `${vats.join(' ')}: ${objects.map(({ owner, holders }) => `${holders.join(',')} > ${owner}`).join('; ')} (${count})`,
  )

const cases: readonly (readonly [
  situation: string,
  holds: readonly string[],
  ...found: readonly string[],
])[] = [
  ['nobody holds anything', []],
  ['one vat holds another', ['v1 > v2']],
  ['a chain', ['v1 > v2', 'v2 > v3', 'v3 > v4']],
  ['two vats hold each other', ['v1 > v2', 'v2 > v1'], 'v1 v2: v1 > v2; v2 > v1 (2)'],
  ['three vats in a circle', ['v1 > v2', 'v2 > v3', 'v3 > v1'], 'v1 v2 v3: v1 > v2; v2 > v3; v3 > v1 (3)'],
  [
    'two circles',
    ['v1 > v2', 'v2 > v1', 'v3 > v4', 'v4 > v3'],
    'v1 v2: v1 > v2; v2 > v1 (2)',
    'v3 v4: v3 > v4; v4 > v3 (2)',
  ],
  ['a circle and who it holds outside', ['v1 > v2', 'v2 > v1', 'v1 > v3'], 'v1 v2: v1 > v2; v2 > v1 (2)'],
  ['a circle that somebody outside holds at one place', ['v1,v3 > v2', 'v2 > v1']],
  [
    'a circle held from outside beside one that is not',
    ['v1,v3 > v2', 'v1 > v2', 'v2 > v1'],
    'v1 v2: v1 > v2; v2 > v1 (2)',
  ],
  [
    'an object that two vats of the circle hold',
    ['v1,v3 > v2', 'v2 > v1', 'v2 > v3'],
    'v1 v2 v3: v1,v3 > v2; v2 > v1; v2 > v3 (3)',
  ],
]

for (const [situation, holds, ...groups] of cases) {
  // Cy1.
  test(situation, async (t) => {
    const { world } = await holding(t, ...holds)
    assert.deepEqual(await found(world), groups)
  })
}

test('a circle of roots is none: roots live as long as their vats', async (t) => {
  const { world } = await holding(t)
  await world.run('v1', 'me.held = args[0]', await world.root('v2'))
  await world.run('v2', 'me.held = args[0]', await world.root('v1'))
  assert.deepEqual(await found(world), [])
})

/** What else may refer to the first object of a circle, and lets go of it again. */
const outside: Readonly<
  Record<
    string,
    readonly [
      hold: (world: World, object: Remote) => Promise<unknown>,
      letGo: (world: World, object: Remote) => Promise<unknown>,
    ]
  >
> = {
  'a pin': [
    ({ controller }, object) => controller.pin(object),
    ({ controller }, object) => controller.unpin(object),
  ],
  'a message in the queue': [
    ({ controller }, object) => controller.sendOnly('v4', 'echo', [object]),
    ({ controller }) => controller.run(),
  ],
  'an answer that the host holds': [
    (world) => world.run('v1', 'return me.held[0]'),
    (world) => world.forgetAll(),
  ],
}

for (const [what, [hold, letGo]] of Object.entries(outside)) {
  test(`a circle that is held by ${what} is none until that is gone`, async (t) => {
    const { world, objects } = await holding(t, 'v1 > v2', 'v2 > v1')
    const [first] = objects
    assert.ok(first !== undefined)
    await hold(world, first)
    assert.deepEqual(await found(world), [])
    await letGo(world, first)
    await world.controller.collectAll()
    await world.controller.run()
    assert.deepEqual(await found(world), ['v1 v2: v1 > v2; v2 > v1 (2)'])
  })
}

test('a circle that is let go of at one place is collected', async (t) => {
  const { world, objects } = await holding(t, 'v1 > v2', 'v2 > v1')
  await world.run('v1', 'me.held = []')
  for (let round = 0; round < 2; round += 1) {
    await world.controller.collectAll()
    await world.controller.run()
  }
  assert.deepEqual(await found(world), [])
  assert.equal((await world.rows('kernel')).has(`object.${objects[0]?.kref}`), false)
})

// --- components

/** By reachability, the slow way: two nodes are together when each can be reached from the other. */
function slowGroups(edges: ReadonlyMap<Name | string, ReadonlySet<string>>): string[] {
  const reach = (from: string): Set<string> => {
    const seen = new Set(edges.get(from))
    for (const node of seen) for (const next of edges.get(node) ?? []) seen.add(next)
    return seen
  }
  const nodes = [...edges.keys()]
  const together = nodes.map((node) =>
    nodes.filter((other) => other === node || (reach(node).has(other) && reach(other).has(node))),
  )
  return [...new Set(together.filter(({ length }) => length > 1).map((group) => group.sort().join()))].sort()
}

test('components of random graphs are those that reachability gives', () => {
  const dice = new Dice(5)
  for (let round = 0; round < 300; round += 1) {
    const nodes = Array.from({ length: 2 + dice.roll(9) }, (_, index) => `n${index}`)
    const edges = new Map(nodes.map((node) => [node, new Set<string>()]))
    for (let edge = dice.roll(nodes.length * 2); edge > 0; edge -= 1)
      edges.get(dice.pick(nodes))?.add(dice.pick(nodes))
    const byGroup = new Map<number, string[]>()
    for (const [node, group] of groupsOf(edges)) byGroup.set(group, [...(byGroup.get(group) ?? []), node])
    assert.deepEqual(
      [...byGroup.values()].map((group) => group.sort().join()).sort(),
      slowGroups(edges),
      `round ${round}`,
    )
  }
})

test('a path of a hundred thousand nodes ends, and is a component once it is closed', () => {
  const length = 100_000
  const path = new Map(Array.from({ length }, (_, index) => [index, new Set([index + 1])]))
  assert.equal(groupsOf(path).size, 0)
  path.set(length, new Set([0]))
  assert.equal(groupsOf(path).size, length + 1)
})
