/**
 * A process whose machine thread runs out of memory. Prints what it met as JSON.
 * `node --max-old-space-size=200 memory-hungry.ts <store>`, whose kernel fills memory at a message "poison".
 */
import { argv } from 'node:process'
import { CodedError, openController } from '../../src/host/index.ts'

const [, , directory = ''] = argv
const controller = await openController({ directory, make: 'never' })
const hash = async (): Promise<string> => (await controller.storeStatus()).activityHash

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act()
    return 'none'
  } catch (error) {
    return error instanceof CodedError ? error.code : String(error)
  }
}

const before = await hash()
await controller.send('one', 'run', ['return "poison"'])
const met = [await codeOf(() => controller.run()), await codeOf(() => controller.commit())]
await controller.retryKernel()
const after = await hash()
await controller.shutdown()
console.log(JSON.stringify({ before, met, after }))
