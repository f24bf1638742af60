/**
 * A process for the test to kill: sends, runs and commits, and changes data of the host, without end. Prints
 * each height once its commit has returned. `node killed-host.ts <store>`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'

const [, , directory = ''] = argv
const controller = await openController({ directory, make: 'never', verify: 'lazy' })
for (let round = 0; ; round += 1) {
  await controller.sendOnly(round % 2 === 0 ? 'one' : 'two', 'run', ['me.count += 1n'])
  await controller.setHostState('round', String(round))
  await controller.run({ cranks: 1 + (round % 3) })
  if (round % 4 === 0) await controller.evictWorkers()
  writeSync(1, `${(await controller.commit()).height}\n`)
}
