/** Resolves bundles of vats as the host names them: by id or by label. */
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Store } from '../../store/store.ts'

/** Prefix of the labels that the host assigns to vat code. */
const ofVats = 'vat:'

/** Resolves a bundle that vats are made of or read. */
export function bundleNamed({ bundles }: Store, nameOrId: string): BundleId {
  const labelled = isBundleId(nameOrId) ? undefined : bundles.named(ofVats + nameOrId)
  const id = isBundleId(nameOrId) ? nameOrId : labelled && bundles.publishedId(labelled)
  if (id === undefined || !bundles.isInstalled(id)) {
    const meant = didYouMean(
      nameOrId,
      bundles
        .labels()
        .filter((label) => label.startsWith(ofVats))
        .map((label) => label.slice(ofVats.length)),
    )
    return refuse('bundle/unknown', `no bundle ${JSON.stringify(nameOrId)} is installed${meant}`, {
      bundle: nameOrId,
    })
  }
  if (!bundles.has(id, 'vat'))
    refuse('bundle/wrong-kind', `${nameOrId} is not a vat bundle`, { bundle: nameOrId })
  return id
}

/** Resolves a bundle that a vat can be made of. */
export function vatBundleNamed(store: Store, read: KernelReader, nameOrId: string): BundleId {
  const id = bundleNamed(store, nameOrId)
  if (read.bundleFormat(id) === 'endo' && read.bundleCode(id) === undefined) {
    refuse(
      'bundle/wrong-kind',
      `${nameOrId} is a bundle of @endo/bundle-source that contains no code for vats; create it again without noTransforms, or bundle its entry with heirloom install or bundleVat`,
      { bundle: nameOrId },
    )
  }
  return id
}

/** The script that a vat of the bundle runs. */
export function scriptNamed(store: Store, read: KernelReader, nameOrId: string): BundleId {
  const id = vatBundleNamed(store, read, nameOrId)
  return read.bundleCode(id) ?? id
}
