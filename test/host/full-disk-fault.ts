/**
 * A process on a small disk that gets full: its kernel fails, the fault cannot be recorded, and with room it
 * goes on in place; then a commit that does not fit is tried again. Prints what it met as JSON.
 * `node full-disk-fault.ts <store> <disk>`; the kernel fails at a message "poison".
 */
import { join } from 'node:path'
import { argv } from 'node:process'
import { CodedError, forkStore, openController, type Controller } from '../../src/host/index.ts'
import { fillDisk, makeRoom, stateOf } from '../kit/smallDisk.ts'

const [, , source = '', disk = ''] = argv
const [directory, twin] = [join(disk, 'store'), join(disk, 'twin')]
const large = 'x'.repeat(400_000)

const open = (place: string): Promise<Controller> =>
  openController({ directory: place, make: 'never', verify: 'lazy' })

async function errorOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act()
    return 'none'
  } catch (error) {
    return error instanceof CodedError ? [error.code, error.detail['cause'] ?? null] : String(error)
  }
}

async function work(controller: Controller): Promise<void> {
  await controller.setHostState('large', large)
  await controller.send('one', 'run', ['return ++me.count'])
  await controller.run()
}

for (const place of [directory, twin]) forkStore(source, place)
const controller = await open(directory)
const before = await stateOf(controller)
fillDisk(disk)
await controller.setHostState('large', large)
await controller.send('one', 'run', ['return "poison"'])
const met = [await errorOf(() => controller.run()), await errorOf(() => controller.commit())]
makeRoom(disk)
await controller.retryKernel()
const after = await stateOf(controller)
await work(controller)
fillDisk(disk)
const refused = await errorOf(() => controller.commit())
makeRoom(disk)
await controller.commit()
const committed = await stateOf(controller)
await controller.shutdown()
const undisturbed = await open(twin)
await work(undisturbed)
await undisturbed.commit()
const expected = await stateOf(undisturbed)
await undisturbed.shutdown()
console.log(JSON.stringify({ before, met, after, refused, committed, expected }))
