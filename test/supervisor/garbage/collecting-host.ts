/**
 * A process for the test to kill: runs crank by crank, with a block after each, and tells each.
 * `node collecting-host.ts <store>`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../../src/host/index.ts'

const tell = (step: string): void => { writeSync(1, `${step}\n`) }
const controller = await openController({ directory: argv[2] ?? '', make: 'never', verify: 'lazy' })
tell('open')
while ((await controller.run({ cranks: 1 })).ended !== 'idle') {
  tell('ran')
  await controller.commit()
  tell('committed')
}
await controller.commit()
await controller.shutdown()
tell('done')
