/**
 * A process for the test to kill: brings a store to the kernel of version 4, in small pieces, and runs what
 * waits; in each block an item of the port arrives, up to ten.
 * `node killed-migrating.ts <store> <kernel> <rows per block>`.
 */
import assert from 'node:assert/strict'
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'

const [, , directory = '', kernel = '', rows = '1'] = argv
const tell = (step: string): void => {
  writeSync(1, `${step}\n`)
}

const controller = await openController({ directory, make: 'never', verify: 'lazy' })
const port = controller.port('bank')
tell('open')
if ((await controller.storeStatus()).kernel !== kernel) {
  await controller.upgradeKernel(kernel, { rowsPerBlock: Number(rows) })
  tell('begun')
}
for (let isMigrating = true; isMigrating; ) {
  isMigrating = (await controller.storeStatus()).state.kind === 'migrating'
  const { delivered } = await port.status()
  const number = delivered + 1 + (await controller.waitingItems()).length
  if (number <= 10) assert.equal((await port.deliver(`item ${number}`, { number })).outcome, 'taken')
  await controller.run()
  tell(isMigrating ? 'piece' : 'ran')
  await controller.commit()
  tell('committed')
}
await controller.shutdown()
tell('done')
