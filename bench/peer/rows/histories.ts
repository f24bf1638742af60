/** What a store costs that has a past: opening it, and running its past again. */
import {
  expect,
  grouped,
  inWorld,
  milliseconds,
  snapshotEvery,
  sumTo,
  type Figure,
  type Phase,
  type Row,
} from '../row.ts'

/** More deliveries than there are: no snapshot is taken. */
const never = 1_000_000_000

/** So many deliveries, half of them to each of two vats. */
const live =
  (snapshotInterval: number): Phase =>
  (place) =>
    inWorld(
      place,
      { asker: 'asker', echo: 'echo' },
      async (world): Promise<readonly Figure[]> => {
        const questions = place.size / 2
        await world.ask('driver', 'introduce', 'asker', 'echo')
        expect('answers', await world.ask('asker', 'awaited', questions), sumTo(questions))
        return []
      },
      { snapshotInterval },
    )

const reopen: Phase = async ({ system, directory, size }) => {
  let close = async (): Promise<void> => {}
  const spent = await milliseconds(async () => {
    const world = await system.open(directory)
    close = () => world.close()
    expect('answers', await world.ask('asker', 'awaited', 2), sumTo(2))
  })
  await close()
  const what = `open a store after ${grouped(size)} deliveries, to the first answer`
  return [{ what, value: spent, unit: 'ms' }]
}

const replay: Phase = async ({ system, directory, size }) => {
  const spent = await milliseconds(() => system.replay(directory))
  return [{ what: 'deliveries replayed from the transcripts', value: (size / spent) * 1_000, unit: '/s' }]
}

export const historyRows: readonly Row[] = [
  { name: 'reopen', size: 10_000, quick: 400, phases: [live(snapshotEvery), reopen] },
  { name: 'replay', size: 10_000, quick: 400, phases: [live(never), replay] },
]
