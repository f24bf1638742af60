/** Creating vats, upgrading them, and snapshots of their heaps. */
import { expect, grouped, inWorld, milliseconds, type Figure, type Phase, type Row } from '../row.ts'

const create =
  (source: string, what: string): Phase =>
  (place) =>
    inWorld(place, {}, async (world) => {
      const { size } = place
      expect('vats', await world.ask('driver', 'create', source, 0, 1), 1)
      const spent = await milliseconds(async () =>
        expect('vats', await world.ask('driver', 'create', source, 1, 1 + size), 1 + size),
      )
      expect('answer', await world.ask('driver', 'ask', `${source}${size}`, 'echo', 5), 5)
      return [{ what: `create a vat with ${what}`, value: spent / size, unit: 'ms' }]
    })

const upgradePlain: Phase = (place) =>
  inWorld(place, {}, async (world) => {
    const { size } = place
    await world.ask('driver', 'create', 'far', 0, 1)
    expect('incarnation', await world.ask('driver', 'upgrade', 'far0', 'far', 1), 1)
    const spent = await milliseconds(async () =>
      expect('incarnation', await world.ask('driver', 'upgrade', 'far0', 'far', size), 1 + size),
    )
    expect('answer', await world.ask('driver', 'ask', 'far0', 'echo', 5), 5)
    return [{ what: 'upgrade a vat that exports nothing', value: spent / size, unit: 'ms' }]
  })

/** Until nothing is left to do, including what follows the upgrade. */
const upgradeExported: Phase = (place) =>
  inWorld(place, { echo: 'echo' }, async (world) => {
    const { size } = place
    const batch = 100
    await world.ask('driver', 'create', 'estate', 0, 1)
    expect('exported', await world.ask('driver', 'export', 'estate0', 'echo', size, batch), size)
    await world.collect()
    const upgrade = (): Promise<number> =>
      milliseconds(() => world.ask('driver', 'upgrade', 'estate0', 'estate', 1))
    const [first, again] = [await upgrade(), [await upgrade(), await upgrade(), await upgrade()]]
    expect('answer', await world.ask('echo', 'askLast'), 1)
    const of = `${grouped(size)} objects that another holds`
    return [
      { what: `upgrade a vat with ${of}, the first time`, value: first, unit: 'ms' },
      { what: '… later', value: [...again].sort((a, b) => a - b)[1] as number, unit: 'ms' },
    ]
  })

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const snapshots: Phase = (place) =>
  inWorld(
    place,
    { echo: 'echo' },
    async (world): Promise<readonly Figure[]> => {
      const { size } = place
      await world.snapshots()
      const taken = []
      for (let round = 0; round < size; round += 1) {
        for (let sent = 0; sent < deliveriesBetween; sent += 1) await world.send('echo', 'echo', [sent])
        expect('answer', await world.ask('echo', 'echo', round), round)
        taken.push(...(await world.snapshots()))
      }
      if (taken.length === 0) return []
      return [
        {
          what: `snapshot of a heap after ${deliveriesBetween} deliveries`,
          value: median(taken.map(({ ms }) => ms)),
          unit: 'ms',
        },
        { what: '… bytes written', value: median(taken.map(({ bytes }) => bytes)) / 1_000, unit: 'KB' },
      ]
    },
    { snapshotInterval: deliveriesBetween },
  )

const deliveriesBetween = 100

export const vatRows: readonly Row[] = [
  { name: 'create-far', size: 10, quick: 2, phases: [create('far', '@endo/far')] },
  { name: 'create-vat-data', size: 10, quick: 2, phases: [create('vatData', '@agoric/vat-data')] },
  { name: 'upgrade', size: 10, quick: 2, phases: [upgradePlain] },
  { name: 'upgrade-exported', size: 10_000, quick: 1_000, phases: [upgradeExported] },
  { name: 'snapshot', size: 9, quick: 2, phases: [snapshots] },
]
