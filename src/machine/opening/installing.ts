/** Installs bundles in a store, under the ids that its kernel supports. */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { bundleFormat, type BundleKind, type CodeFormat } from '../../protocol/bundle/bundle.ts'
import { refuse } from '../../protocol/codes.ts'
import { isSupportedBy } from '../../protocol/host/requests.ts'
import type { Store } from '../../store/store.ts'
import type { BundleParts } from '../../protocol/bundle/installable.ts'

/** For a bundle that is stored as it is. */
export const nothingMade: BundleParts = { published: null, code: null }

export interface Installed {
  readonly id: BundleId
  readonly format: CodeFormat
  /** The script of which vats are made, when the bundle is not a script itself. */
  readonly code?: BundleId
}

/**
 * `level`: the interface level of the store's kernel. Under a kernel that cannot make vats of
 * `@endo/bundle-source`
 * bundles, these are named by the hash of their bytes.
 */
export function putBundle(
  { bundles, trust }: Store,
  level: number,
  kind: BundleKind,
  bytes: Uint8Array,
  { published, code }: BundleParts,
): Installed {
  const format = bundleFormat(Buffer.from(bytes.subarray(0, 100)).toString('latin1'))
  if (format === 'endo' && !isSupportedBy(level, 'installBundle'))
    refuse('kernel/too-old', 'the kernel of the store does not support bundles of @endo/bundle-source', {
      kind: 'installBundle',
    })
  assert(kind === 'vat' || (published === null && code === null), 'only code of vats is made from parts')
  const id = bundles.put(kind, bytes)
  if (kind !== 'vat') trust.add([id], 'installed')
  if (!isSupportedBy(level, 'installBundle')) return { id, format }
  if (published !== null) bundles.publish(published, id)
  return { id: published ?? id, format, ...(code === null ? {} : { code: bundles.put('vat', code) }) }
}
