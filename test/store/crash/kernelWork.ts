/** A work of a whole kernel whose every write is recorded. */
import { rmSync } from 'node:fs'
import { forkStore, openController, type Controller } from '../../../src/host/index.ts'
import { keeper, playBlock } from '../../determinism/notes.ts'
import { bundleFile, puppetFile } from '../../kit/bundles.ts'
import type { Mark, Work } from './works.ts'

const kernelBlocks = 3
/** The kernel's own, the vats', and those that are played before. */
const preparedBlocks = 4

/**
 * A block of messages, one of messages and snapshots of heaps, one with an upgrade. Gives the last activity
 * hash.
 */
export async function goOn(controller: Controller, mark: Mark): Promise<string> {
  const begun =
    (await controller.storeStatus()).height - Number((await controller.getHostState('block')) ?? 0)
  for (let block = Number((await controller.getHostState('block')) ?? 0); block < kernelBlocks; block += 1) {
    if (block === 2) await controller.upgradeVat('keeper', 'heir', { parameters: keeper })
    await playBlock(controller, block)
    mark(begun + block + 1)
  }
  return (await controller.storeStatus()).activityHash
}

export const kernelWork: Work = {
  name: 'a kernel with messages, snapshots and an upgrade',
  height: kernelBlocks + preparedBlocks,
  async prepare(directory) {
    const beside = `${directory}-beside`
    const controller = await openController({
      directory: beside,
      make: 'always',
      config: { snapshotInterval: 16 },
    })
    await controller.installBundle(await bundleFile(puppetFile), 'heir')
    for (const name of ['messenger', 'keeper'])
      await controller.createVat(name, 'heir', { parameters: keeper })
    await controller.run()
    await controller.commit()
    // So that the snapshots of the work itself are of what changed only.
    await playBlock(controller, -2)
    await playBlock(controller, -1)
    await controller.shutdown()
    forkStore(beside, directory)
    rmSync(beside, { recursive: true })
  },
  async write(directory, mark) {
    const controller = await openController({ directory, make: 'never', verify: 'lazy' })
    await goOn(controller, mark)
    await controller.shutdown()
    mark('done')
  },
}
