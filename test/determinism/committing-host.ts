/**
 * A process for the test to kill. It does not know whether its last commit was made, so it begins with one;
 * then it plays the steps that the store does not have, and commits after each. `node committing-host.ts
 * <store>`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'
import { nextStep, play, steps } from './lives.ts'

const tell = (step: string): void => { writeSync(1, `${step}\n`) }
const controller = await openController({ directory: argv[2] ?? '', make: 'never', verify: 'lazy' })
await controller.commit()
for (let step = await nextStep(controller); step < steps; step += 1) {
  await play(controller, step)
  tell(`played ${step}`)
  await controller.commit()
  tell(`committed ${step}`)
}
await controller.shutdown()
tell('done')
