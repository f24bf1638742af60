/** The platform of a kernel: store, workers and trace of its machine. */
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Store } from '../../store/store.ts'
import type { Trace } from '../trace/trace.ts'
import type { Workers } from '../workers/workers.ts'

export const platformOf = (
  { state, transcripts, bundles, outbox }: Store,
  workers: Workers,
  trace: Trace,
): KernelPlatform => ({
  state,
  transcripts,
  bundles,
  outbox,
  workers,
  tracing: trace.tracing,
  trace: (event) => trace.write(event),
})
