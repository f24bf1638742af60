/**
 * A process whose store is followed: commits a block for each line that it reads, and prints a line at the
 * beginning. `node going-host.ts <store>`.
 */
import { writeSync } from 'node:fs'
import { argv, stdin } from 'node:process'
import { createInterface } from 'node:readline'
import { openController } from '../../src/host/index.ts'

const [, , directory = ''] = argv
const controller = await openController({ directory, make: 'never', verify: 'lazy' })
writeSync(1, 'open\n')
for await (const _ of createInterface(stdin)) {
  await controller.send('one', 'add', [])
  await controller.sendOnly('two', 'add', [])
  await controller.run()
  await controller.commit()
}
await controller.shutdown()
