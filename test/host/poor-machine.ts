/**
 * A process whose machine refuses memory to the heap of a vat. Prints what it met as JSON.
 * `node --wasm-max-mem-pages=512 poor-machine.ts <store>`, with a vat "one".
 */
import { argv } from 'node:process'
import { CodedError, openController } from '../../src/host/index.ts'

const [, , directory = ''] = argv
const controller = await openController({ directory, make: 'never' })
const stateOf = async (): Promise<unknown> => {
  const { activityHash, height } = await controller.storeStatus()
  return { activityHash, height, fault: (await controller.fault()) ?? null, vat: (await controller.vat('one')).status }
}

async function errorOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act()
    return 'none'
  } catch (error) {
    return error instanceof CodedError ? [error.code, error.detail['cause'] ?? null] : String(error)
  }
}

const before = await stateOf()
await controller.send('one', 'run', ['me.large = new Uint8Array(64 * 1024 * 1024)'])
const met = await errorOf(() => controller.run())
const commit = await errorOf(() => controller.commit())
await controller.retryKernel()
const after = await stateOf()
const small = await controller.send('one', 'run', ['return me.count'])
await controller.run()
const status = await controller.status(small)
await controller.shutdown()
console.log(JSON.stringify({ before, met, commit, after, small: status.kind }))
