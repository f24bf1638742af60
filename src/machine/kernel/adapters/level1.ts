/**
 * Level 1: the kernel of release 0.2.0. It has no rollouts, records nothing of worker versions,
 * and retires no bundle.
 */
import type { KernelReader } from '../../../protocol/kernel/kernel.ts'
import type { AdaptedBundle, ForeignBundle, ForeignObject } from './adapted.ts'
import { adaptComplete, readerNames, readersOf } from './level2.ts'
import { viewsOf } from './workerViews.ts'

const added = [
  'workerViews',
  'workerParts',
  'rollout',
  'rolloutVats',
  'adminNode',
  'subscribersOf',
  'knowsAllBundles',
  'bundleNamed',
] as const

export const adaptLevel1 = (bundle: ForeignBundle): AdaptedBundle => adaptComplete(bundle, 1, readerOf)

function readerOf(reader: ForeignObject): KernelReader {
  const own = readersOf(
    reader,
    readerNames.filter((name) => !added.some((each) => each === name)) as readonly Exclude<
      keyof KernelReader,
      (typeof added)[number]
    >[],
  )
  return {
    ...own,
    workerViews: () => viewsOf(own.workers(), own.vats(), own.defaultWorker()),
    workerParts: () => [],
    rollout: () => undefined,
    rolloutVats: () => [],
    adminNode: () => undefined,
    subscribersOf: () => undefined,
    knowsAllBundles: () => false,
    bundleNamed: () => undefined,
  }
}
