/**
 * A process on a small disk that gets full: commits a block that does not fit, then makes room and starts
 * again. Prints what it met as JSON. `node full-disk.ts <store> <disk>`.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { forkStore, openController } from '../../src/host/index.ts'

const [, , source = '', disk = ''] = argv
const directory = join(disk, 'store')
const filler = (size: number): string => join(disk, `filler${size}`)
const sizes = [2 ** 20, 2 ** 12]

const open = (): ReturnType<typeof openController> =>
  openController({ directory, make: 'never', verify: 'lazy' })
type Controller = Awaited<ReturnType<typeof open>>

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
fill()
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
for (const size of sizes) rmSync(filler(size), { force: true })
const again = await open()
const after = await stateOf(again)
const request = await again.send('one', 'run', ['return ++me.count'])
await again.run()
const status = await again.status(request)
await again.commit()
await again.shutdown()
const count = status.kind === 'fulfilled' ? String(status.value) : status.kind
console.log(JSON.stringify({ before, met, after, count }))
