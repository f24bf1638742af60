/**
 * A process for the test to kill: plays the scenario of numbered items on under a kernel that fails, and
 * repairs it. `node killed-faulty.ts <store> <ledger> <crank | item> <point>`.
 */
import { appendFileSync, existsSync, readFileSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'
import { kernelThatFailsAfter, kernelThatFailsAtItem } from '../kit/kernelVariants.ts'
import { play, putBackAll, upgradeToGood, type Player } from './numbered.ts'

const [, , directory = '', ledger = '', what = '', point = '0'] = argv
const tell = (step: string): void => {
  writeSync(1, `${step}\n`)
}
const written = (): number => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').length - 1 : 0)

const controller = await openController({ directory, make: 'never', verify: 'lazy' })

async function repair(): Promise<void> {
  const input = (await controller.fault())?.input ?? null
  if (input === null) await upgradeToGood(controller)
  else {
    await controller.setAside(input)
    tell('aside')
    await controller.retryKernel()
  }
  tell('repaired')
}

const player: Player = {
  controller,
  repair,
  settle: () => putBackAll(player),
  receive: (number, item) => {
    if (number > written()) appendFileSync(ledger, `${JSON.stringify([number, item])}\n`)
  },
  tell,
}

tell('open')
if ((await controller.fault()) === undefined) {
  const kernel = await (what === 'item' ? kernelThatFailsAtItem : kernelThatFailsAfter)(Number(point))
  const { id } = await controller.installKernel(kernel)
  if ((await controller.storeStatus()).kernel !== id) await controller.upgradeKernel(id)
  // Its trial ends.
  await controller.commit()
  tell('failing')
} else tell('faulted')
await play(player)
await controller.shutdown()
tell('done')
