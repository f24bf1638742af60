/**
 * A process on a small disk that gets full: commits a block that does not fit, then makes room and starts
 * again. Prints what it met as JSON. `node full-disk.ts <store> <disk>`.
 */
import { join } from 'node:path'
import { argv } from 'node:process'
import { forkStore, openController } from '../../src/host/index.ts'
import { fillDisk, makeRoom, stateOf } from '../kit/smallDisk.ts'

const [, , source = '', disk = ''] = argv
const directory = join(disk, 'store')

const open = (): ReturnType<typeof openController> =>
  openController({ directory, make: 'never', verify: 'lazy' })

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act()
    return 'none'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

forkStore(source, directory)
const controller = await open()
const before = await stateOf(controller)
fillDisk(disk)
await controller.setHostState('large', 'x'.repeat(200_000))
await controller.send('one', 'run', ['return ++me.count'])
const met = [
  await codeOf(async () => {
    await controller.run()
    await controller.commit()
  }),
  await codeOf(() => controller.commit()),
]
await codeOf(() => controller.shutdown())
makeRoom(disk)
const again = await open()
const after = await stateOf(again)
const request = await again.send('one', 'run', ['return ++me.count'])
await again.run()
const status = await again.status(request)
await again.commit()
await again.shutdown()
const count = status.kind === 'fulfilled' ? String(status.value) : status.kind
console.log(JSON.stringify({ before, met, after, count }))
