/**
 * Preconditions of an import: its code is trusted, and its audit finds nothing.
 *
 * This release's kernel audits the tables, even if the store has another one.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import type { Kernel } from '../../protocol/kernel/kernel.ts'
import type { PlatformWorkers } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type { ImportedStore } from '../../store/store.ts'
import { auditorsOf, auditWhole } from '../kernel/auditing.ts'
import { evaluateKernel } from '../kernel/kernelContext.ts'
import { kernelLabel } from './opening.ts'
import { Trace } from '../trace/trace.ts'
import { assertTrusted } from './trust.ts'

export interface Requirements {
  readonly trust: readonly BundleId[]
  /** The kernel of this release. */
  readonly auditor: Uint8Array
}

/** Limit on the deviations in a refusal. */
const maxReported = 20

export function inspectImport(store: ImportedStore, { trust, auditor }: Requirements): void {
  assertTrusted(store, trust)
  const audit =
    auditorsOf(auditor).audit ?? refuse('kernel/broken-bundle', 'the kernel of this release has no audit')
  const { found, deviations } = auditWhole(store, readerOf(store), audit, 'all')
  assert(found >= deviations.length, 'an audit counts the deviations that it lists')
  const [first] = deviations
  if (first === undefined) return
  const message = `the audit of the store finds ${found} deviations; the first is ${first.code} at ${first.where}: ${first.message}`
  refuse('export/deviates', message, { found, deviations: deviations.slice(0, maxReported) })
}

function readerOf({ state, transcripts, bundles, outbox }: ImportedStore): Kernel['read'] {
  const id = bundles.named(kernelLabel) ?? refuse('kernel/broken-bundle', 'the store names no kernel bundle')
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
  refuse('kernel/broken-bundle', 'the kernel of the store requested a worker during an audit')
const noWorkers: PlatformWorkers = {
  start: none,
  deliver: none,
  replay: none,
  salvage: none,
  discard: none,
  forget: none,
  snapshot: none,
}
