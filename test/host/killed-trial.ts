/**
 * A process for the test to kill: plays the scenario of numbered items on, and puts a kernel on probation
 * that fails in it or after it. `node killed-trial.ts <store> <ledger> <point> <cranks>`.
 */
import { appendFileSync, existsSync, readFileSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'
import { kernelThatFailsAfter } from '../kit/kernelVariants.ts'
import { play, putBackAll, upgradeToGood, type Player } from './numbered.ts'

const [, , directory = '', ledger = '', point = '0', cranks = '1'] = argv
const tell = (step: string): void => {
  writeSync(1, `${step}\n`)
}
const written = (): number => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').length - 1 : 0)

const controller = await openController({ directory, make: 'never', verify: 'lazy' })

const player: Player = {
  controller,
  repair: () => upgradeToGood(controller),
  settle: () => putBackAll(player),
  receive: (number, item) => {
    if (number > written()) appendFileSync(ledger, `${JSON.stringify([number, item])}\n`)
  },
  tell,
}

tell('open')
const { trial } = await controller.storeStatus()
tell(trial === null ? 'final' : 'on trial')
if ((await controller.fault()) === undefined && trial === null) {
  const { id } = await controller.installKernel(await kernelThatFailsAfter(Number(point)))
  if ((await controller.storeStatus()).kernel !== id)
    await controller.upgradeKernel(id, { probation: { cranks: Number(cranks) } })
  tell('upgraded')
}
await play(player)
// What is withheld at the end comes when the probation is over.
while ((await controller.storeStatus()).trial !== null) {
  await controller.sendOnly('keeper', 'read', [])
  await controller.run()
  await controller.commit()
}
await play(player)
await controller.shutdown()
tell('done')
