/**
 * A process for the test to kill: cleans up step by step, a block each, and tells each. `node
 * killed-cleaner.ts <store>`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'

const tell = (step: string): void => { writeSync(1, `${step}\n`) }
const controller = await openController({ directory: argv[2] ?? '', make: 'never', verify: 'lazy' })
for (;;) {
  const { cleanups } = await controller.run({ cleanups: 1 })
  if (cleanups === 0) break
  tell('cleaned')
  await controller.commit()
  tell('committed')
}
await controller.shutdown()
tell('done')
