/** Making a vat; what its snapshot costs. */
import type { SnapshotReport } from 'heirloom'
import type { BenchCase, Figure } from '../case.ts'
import { inWorld, median, milliseconds, settle, type World } from '../world.ts'

const vats = 20
const deliveriesBefore = 100
const rounds = 9

async function creation({ controller }: World): Promise<Figure> {
  const times: number[] = []
  for (let number = 0; number < vats; number += 1) {
    times.push(
      await milliseconds(async () =>
        settle(controller, await controller.createVat(`made${number}`, 'counter')),
      ),
    )
  }
  return { what: 'create a vat', value: median(times), unit: 'ms', aim: '< 30' }
}

/** Snapshots of a vat that took 100 small deliveries since the last one. */
function snapshots(): Promise<readonly Figure[]> {
  return inWorld(
    async ({ controller }) => {
      const reports: SnapshotReport[] = []
      for (let round = 0; round < rounds; round += 1) {
        for (let sent = 0; sent < deliveriesBefore; sent += 1)
          await controller.sendOnly('counter', 'echo', [5n])
        await controller.run()
        reports.push(...(await controller.commit()).snapshots)
      }
      return [
        {
          what: 'snapshot after 100 small deliveries',
          value: median(reports.map((one) => one.milliseconds)),
          unit: 'ms',
          aim: '< 10',
        },
        {
          what: '… bytes written',
          value: median(reports.map((one) => one.bytesWritten)) / 1000,
          unit: 'KB',
          aim: '< 200',
        },
        {
          what: '… bytes beyond the base image, code included',
          value: median(reports.map((one) => one.bytesBeyondImage)) / 1000,
          unit: 'KB',
          aim: '',
        },
      ]
    },
    { config: { snapshotInterval: deliveriesBefore } },
  )
}

export const creationAndSnapshots: BenchCase = {
  name: 'vats',
  measure: async () => [await inWorld(creation), ...(await snapshots())],
}
