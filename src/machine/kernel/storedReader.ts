/** Reads the tables of a store through its own kernel, which is evaluated for this alone: without workers. */
import type { BundleId } from '../../base/ids.ts'
import type { Kernel } from '../../protocol/kernel/kernel.ts'
import type { KernelPlatform, PlatformWorkers } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Store } from '../../store/store.ts'
import { Migration } from '../kernelUpgrades/migration.ts'
import { kernelLabel } from '../opening/opening.ts'
import { Trace } from '../trace/trace.ts'
import { evaluateKernel } from './kernelContext.ts'

interface StoredKernel extends Pick<KernelPlatform, 'state' | 'transcripts' | 'outbox'> {
  readonly bundles: KernelPlatform['bundles'] & Pick<Store['bundles'], 'named' | 'get'>
}

/** @throws CodedError `kernel/migrating` while the tables are of no version */
export function storedReader(store: StoredKernel): Kernel['read'] {
  new Migration(store.state).assertNone()
  const id = store.bundles.named(kernelLabel)
  return readerOfKernel(id ?? refuse('kernel/broken-bundle', 'the store names no kernel bundle'), store)
}

/** The same through a kernel that is not in place. */
export function readerOfKernel(
  id: BundleId,
  { state, transcripts, bundles, outbox }: StoredKernel,
): Kernel['read'] {
  const source = Buffer.from(bundles.get(id, 'kernel')).toString('utf8')
  return evaluateKernel(id, source).makeKernel({
    state,
    transcripts,
    bundles,
    outbox,
    workers: noWorkers,
    tracing: new Trace(null).tracing,
    trace: () => {},
  }).read
}

/** Never called: reading needs no worker. */
const none = (): never =>
  refuse('kernel/broken-bundle', 'the kernel of the store requested a worker while its tables were read')
const noWorkers: PlatformWorkers = {
  start: none,
  deliver: none,
  replay: none,
  salvage: none,
  build: none,
  discard: none,
  forget: none,
  snapshot: none,
}
