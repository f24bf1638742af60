/** Items of a port go through once, in order, in both directions, over kills at any instant. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'
import { Dice } from '../store/support.ts'

const items = 80
const kills = 12
const program = join(import.meta.dirname, 'port-host.ts')

/** Notes what it received, and sends each number on; every seventh item it rejects, having sent that too. */
const relay = {
  source: `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    const make = defineKind(baggage, 'Relay', (port) => ({ port, got: [], woken: 0n }), {
      receive: ({ state }, data, number) => {
        state.got = [...state.got, number]
        E.sendOnly(state.port).send([number, data])
        if (data === 'no') throw RangeError('no')
      },
      wake: ({ state }, { absValue }) => { state.woken = absValue },
      read: ({ state }) => [state.got, state.woken],
    })
    return Far('root', {
      begin: (port, timer) => {
        const relay = make(port)
        baggage.init('relay', relay)
        return Promise.all([E(port).onReceive(relay), E(timer).repeatAfter(1n, 1n, relay)]).then(() => {})
      },
      read: () => baggage.get('relay').read(),
    })
  }`,
}

/** Runs the host until it has told so many steps, and kills it there. Gives what it told last. */
const live = (directory: string, ledger: string, steps: number): Promise<string> =>
  runUntilKilled(program, [directory, ledger, String(items)], steps)

test('a host killed twelve times has delivered and received each item once, in order', async (t) => {
  const ledger = join(temporaryDirectory(t), 'ledger')
  const world = await openWorld(t, {
    vats: { relay },
    config: { snapshotInterval: 5, collectionInterval: 9 },
  })
  const port = await world.controller.openPort('bank')
  await world.ask('relay', 'begin', await port.remote(), await world.controller.timer())
  await world.forgetAll()
  await world.controller.commit()
  await world.controller.shutdown()

  const seed = 20_261_121
  const dice = new Dice(seed)
  const deaths: string[] = []
  while (deaths.length < kills) {
    const last = await live(world.directory, ledger, 2 + dice.roll(40))
    if (last === 'done') break
    deaths.push(last)
    assert.deepEqual(await deviationsIn(world.directory), [], `after death at ${last}`)
  }
  t.diagnostic(`seed ${seed}; died at: ${deaths.join(', ')}`)
  assert.ok(deaths.length >= 8, `${deaths.length} deaths`)
  assert.equal(await live(world.directory, ledger, Infinity), 'done')

  await world.restart()
  const all = Array.from({ length: items }, (_, index) => index + 1)
  const [got, woken] = (await world.ask('relay', 'read')) as [number[], bigint]
  assert.deepEqual(got, all, 'what the vat received')
  assert.equal(woken, await world.controller.currentTime())
  const lines = readFileSync(ledger, 'utf8').trim().split('\n')
  assert.deepEqual(
    lines,
    all.map((number) => `${number} ${JSON.stringify([number, number % 7 === 0 ? 'no' : number])}`),
    'what the host received',
  )
  const again = world.controller.port('bank')
  assert.deepEqual(
    (await again.failures()).map(({ number }) => number),
    all.filter((number) => number % 7 === 0),
  )
  const { delivered, waiting, unsettled, lastNumber, acknowledged } = await again.status()
  assert.deepEqual([delivered, waiting, unsettled, lastNumber, acknowledged], [items, 0, 0, items, items])
})
