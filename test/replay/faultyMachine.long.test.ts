/** A machine whose engine computes otherwise than elsewhere is found at the first crank that differs. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { forkStore } from '../../src/host/index.ts'
import type { EngineCache } from '../../src/machine/engines/engines.ts'
import type { CrankRecord } from '../../src/protocol/machine/runs.ts'
import { firstDifference } from '../../src/replay/index.ts'
import { faultyEngineCache } from '../kit/engineVariants.ts'
import { openMachine } from '../kit/machines.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet, sailor: puppet } })
await world.run('sailor', 'me.friend = args[0]; me.course = []', await world.root('friend'))
await world.controller.commit()
const vats = { friend: (await world.controller.vat('friend')).vat, sailor: (await world.controller.vat('sailor')).vat }
await world.controller.shutdown()
world.state = 'ended'

type Input = readonly [vat: keyof typeof vats, code: string]

/** What comes before the sine, and after it. No engine is known by it. */
const before: readonly Input[] = [
  ['sailor', 'me.course.push(Math.sqrt(0.5)); return E(me.friend).echo(me.course[0])'],
  ['friend', 'me.count = 1n'],
]
const after: readonly Input[] = [['friend', 'me.count += 1n'], ['sailor', 'return E(me.friend).echo(me.course)']]

interface Node {
  readonly recorded: readonly CrankRecord[]
  /** Of the sailor, after each input. */
  readonly heaps: readonly string[]
}

/** What a node records of these inputs, each run to its end. */
function play(t: TestContext, inputs: readonly Input[], cache?: EngineCache): Node {
  const directory = join(temporaryDirectory(t), 'store')
  forkStore(world.directory, directory)
  const machine = openMachine(directory, cache)
  const recorded: CrankRecord[] = []
  const heaps: string[] = []
  try {
    for (const [vat, code] of inputs) {
      const methargs = { body: `#${JSON.stringify(['run', [code]])}`, slots: [] }
      machine.requests.send({ kind: 'root', vat }, methargs, 'ignore', 'ignore')
      recorded.push(...machine.run(toTheEnd).recorded)
      heaps.push(machine.heapHash('sailor'))
    }
    machine.commit()
  } finally {
    machine.close()
  }
  return { recorded, heaps }
}

const toTheEnd = {
  computrons: null,
  cranks: null,
  deliveries: null,
  vatsCreated: null,
  cleanups: null,
  onCrank: 'record',
} as const

for (const [what, code, differs] of [
  ['keeps its result in the heap', 'me.course.push(Math.sin(0.5))', ['heap']],
  ['tells another vat', 'me.course.push(Math.sin(0.5)); E(me.friend).echo(me.course[1])', ['heap', 'activity']],
] as const) {
  test(`a vat on a faulty engine ${what}: the crank, the vat and both heaps are named`, (t) => {
    const inputs: readonly Input[] = [...before, ['sailor', code], ...after]
    const sound = play(t, inputs)
    const faulty = play(t, inputs, faultyEngineCache())
    assert.equal(firstDifference(sound.recorded, play(t, inputs).recorded), null, 'sound nodes do the same')
    const same = play(t, before, faultyEngineCache()).recorded.length
    const found = firstDifference(sound.recorded, faulty.recorded)
    assert.equal(found?.crank, sound.recorded[same]?.crank, 'the first crank of the third input')
    assert.deepEqual(found?.differs, differs)
    assert.deepEqual([found.one.vat, found.other.vat], [vats.sailor, vats.sailor])
    assert.deepEqual(sound.heaps.slice(0, before.length), faulty.heaps.slice(0, before.length))
    assert.deepEqual(
      [found.one.heapHash, found.other.heapHash],
      [sound, faulty].map(({ recorded }) => recorded[same]?.heapHash),
    )
    assert.notEqual(found.one.heapHash, found.other.heapHash)
  })
}
