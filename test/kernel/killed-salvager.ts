/**
 * A process for the test to kill: salvages, asks for the upgrade, runs, and commits when it has the word.
 * `node killed-salvager.ts <store> <bundle> [commit]`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'

const tell = (step: string): void => { writeSync(1, `${step}\n`) }
const [, , directory = '', looking = '', commit] = argv
const controller = await openController({ directory, make: 'never', verify: 'lazy' })
const salvage = await controller.salvage('v', looking)
tell(`salvaged ${JSON.stringify(salvage)}`)
const { bundle } = await controller.vat('v')
await controller.upgradeVat('v', bundle, { salvage })
tell('asked')
await controller.run()
tell('ran')
if (commit === 'commit') {
  await controller.commit()
  tell('committed')
}
await new Promise((resolve) => setTimeout(resolve, 20_000))
await controller.shutdown()
