/** Durable objects and durable maps. */
import {
  expect,
  grouped,
  inStretches,
  inWorld,
  milliseconds,
  perSecond,
  sumTo,
  type Phase,
  type Row,
} from '../row.ts'
import type { World } from '../system.ts'

const many = 100
/** A worker of the peer has a limit of computrons, which 10,000 reads in one message exceed. */
const readsPerMessage = 1_000

const estate = { estate: 'estate' } as const

const create =
  (perMessage: number): Phase =>
  (place) =>
    inWorld(place, estate, async (world) => {
      const { size } = place
      const make = async (count: number): Promise<void> => {
        for (let made = 0, sent = 1; made < count; made += perMessage, sent += 1) {
          await world.send('estate', 'hold', [perMessage])
          if (sent % many === 0) await world.run()
        }
        await world.run()
      }
      const before = size / 10
      await make(before)
      const what = `durable objects created, ${perMessage} a message`
      const figure = await perSecond(what, size, () => make(size))
      expect('objects', await world.ask('estate', 'heldSum'), before + size)
      return [figure]
    })

const keep = (world: World, size: number): Promise<void> =>
  inStretches(world, 'estate', 'keep', [0, size, many])

const update: Phase = (place) =>
  inWorld(place, estate, async (world) => {
    const { size } = place
    await keep(world, size)
    await inStretches(world, 'estate', 'update', [0, size / 10, many])
    const figure = await perSecond(`durable objects updated, ${many} a message`, size, () =>
      inStretches(world, 'estate', 'update', [0, size, many]),
    )
    const stretch = Math.min(readsPerMessage, size)
    let sum = 0
    for (let from = 0; from < size; from += stretch)
      sum += Number(await world.ask('estate', 'read', from, from + stretch))
    expect('updates', sum, size + size / 10)
    return [figure]
  })

const read: Phase = (place) =>
  inWorld(place, estate, async (world) => {
    const { size } = place
    await keep(world, size)
    await inStretches(world, 'estate', 'update', [0, size, many])
    const stretch = Math.min(readsPerMessage, size)
    let sum = 0
    const what = `durable objects read, ${grouped(readsPerMessage)} a message`
    const figure = await perSecond(what, size, async () => {
      for (let from = 0; from < size; from += stretch)
        sum += Number(await world.ask('estate', 'read', from, from + stretch))
    })
    expect('sum', sum, size)
    return [figure]
  })

const insert =
  (perMessage: number): Phase =>
  (place) =>
    inWorld(place, estate, async (world) => {
      const { size } = place
      const before = size / 10
      await inStretches(world, 'estate', 'insert', [0, before, perMessage])
      const figure = await perSecond(`entries put into a durable map, ${perMessage} a message`, size, () =>
        inStretches(world, 'estate', 'insert', [before, before + size, perMessage]),
      )
      expect('entries', await world.ask('estate', 'size'), before + size)
      return [figure]
    })

const iterate: Phase = (place) =>
  inWorld(place, estate, async (world) => {
    const { size } = place
    await inStretches(world, 'estate', 'insert', [0, size, many])
    await world.ask('estate', 'size')
    const figure = await perSecond('entries of a durable map iterated in one message', size, async () =>
      expect('sum', await world.ask('estate', 'iterate'), sumTo(size - 1)),
    )
    return [figure]
  })

/** The estate lets go of its objects and then collects its garbage. */
const dropped: Phase = (place) =>
  inWorld(place, estate, async (world) => {
    const { size } = place
    for (let made = 0; made < size; made += many) {
      await world.send('estate', 'hold', [many])
      if (made % (many * many) === 0) await world.run()
    }
    await world.collect()
    const before = await world.entries('estate')
    const spent = await milliseconds(async () => {
      await world.ask('estate', 'drop')
      await world.collect()
    })
    const gone = before - (await world.entries('estate'))
    if (gone < size) throw new Error(`${gone} entries of ${size} objects are gone`)
    const what = `${grouped(size)} durable objects dropped and collected`
    return [{ what, value: spent, unit: 'ms' }]
  })

export const objectRows: readonly Row[] = [
  { name: 'create-1', size: 2_000, quick: 100, phases: [create(1)] },
  { name: 'create-100', size: 10_000, quick: 1_000, phases: [create(many)] },
  { name: 'update-100', size: 10_000, quick: 1_000, phases: [update] },
  { name: 'read', size: 10_000, quick: 1_000, phases: [read] },
  { name: 'insert-1', size: 2_000, quick: 100, phases: [insert(1)] },
  { name: 'insert-100', size: 10_000, quick: 1_000, phases: [insert(many)] },
  { name: 'iterate', size: 10_000, quick: 1_000, phases: [iterate] },
  { name: 'dropped', size: 10_000, quick: 1_000, phases: [dropped] },
]
