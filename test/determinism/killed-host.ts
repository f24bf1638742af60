/**
 * A process for the test to kill: goes on with the work where the store says it is, in blocks of four
 * requests, and tells each step it has done. `node killed-host.ts <store> <blocks in all>`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'
import { playBlock } from './notes.ts'

const tell = (step: string): void => {
  writeSync(1, `${step}\n`)
}
const controller = await openController({
  directory: argv[2] ?? '',
  make: 'never',
  verify: 'lazy',
  residentWorkers: 2,
})
tell('open')
for (let block = Number((await controller.getHostState('block')) ?? 0); block < Number(argv[3]); block += 1) {
  await playBlock(controller, block, tell)
}
await controller.shutdown()
tell('done')
