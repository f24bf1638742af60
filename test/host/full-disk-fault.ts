/**
 * A process on a small disk that gets full: its kernel fails, the fault cannot be recorded, and with room it
 * goes on in place; then a commit that does not fit is tried again. Prints what it met as JSON.
 * `node full-disk-fault.ts <store> <disk>`; the kernel fails at a message "poison".
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { CodedError, forkStore, openController, type Controller } from '../../src/host/index.ts'

const [, , source = '', disk = ''] = argv
const [directory, twin] = [join(disk, 'store'), join(disk, 'twin')]
const sizes = [2 ** 20, 2 ** 12]
const filler = (size: number): string => join(disk, `filler${size}`)
const large = 'x'.repeat(400_000)

const open = (place: string): Promise<Controller> =>
  openController({ directory: place, make: 'never', verify: 'lazy' })

async function stateOf(controller: Controller): Promise<unknown> {
  const { activityHash, height } = await controller.storeStatus()
  return { activityHash, height, fault: (await controller.fault()) ?? null }
}

/** Writes files, large and then small, until no byte is left. */
function fill(): void {
  for (const size of sizes) {
    const part = Buffer.alloc(size, 1)
    try {
      for (;;) writeFileSync(filler(size), part, { flag: 'a' })
    } catch {
      continue
    }
  }
}

const makeRoom = (): void => sizes.forEach((size) => rmSync(filler(size), { force: true }))

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
fill()
await controller.setHostState('large', large)
await controller.send('one', 'run', ['return "poison"'])
const met = [await errorOf(() => controller.run()), await errorOf(() => controller.commit())]
makeRoom()
await controller.retryKernel()
const after = await stateOf(controller)
await work(controller)
fill()
const refused = await errorOf(() => controller.commit())
makeRoom()
await controller.commit()
const committed = await stateOf(controller)
await controller.shutdown()
const undisturbed = await open(twin)
await work(undisturbed)
await undisturbed.commit()
const expected = await stateOf(undisturbed)
await undisturbed.shutdown()
console.log(JSON.stringify({ before, met, after, refused, committed, expected }))
