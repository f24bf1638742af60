/**
 * Resolves bundles of vats as the host names them: by id or by label.
 *
 * Bnm1. The kernel says which of the stored bundles are installed, and which labels they have, once it keeps
 *       a list of them. A bundle whose installation waits in the inbox counts as installed: what names it
 *       waits behind it.
 */
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Store } from '../../store/store.ts'
import { readInboxItem } from '../calls/storedItems.ts'

/** Prefix of the labels that the host assigns to vat code. */
const ofVats = 'vat:'

/**
 * Resolves a bundle that vats are made of or read. `read`: null while tables are migrated; then a bundle that
 * was retired is found.
 */
export function bundleNamed(store: Store, read: KernelReader | null, nameOrId: string): BundleId {
  const { bundles } = store
  const id = idOf(store, nameOrId)
  if (id === undefined || !bundles.isInstalled(id)) return refuseUnknown(store, read, nameOrId)
  if (!bundles.has(id, 'vat'))
    refuse('bundle/wrong-kind', `${nameOrId} is not a vat bundle`, { bundle: nameOrId })
  return isRetired(store, read, nameOrId, id) ? refuseUnknown(store, read, nameOrId) : id
}

function idOf({ bundles }: Store, nameOrId: string): BundleId | undefined {
  if (isBundleId(nameOrId)) return nameOrId
  const labelled = bundles.named(ofVats + nameOrId)
  return labelled && bundles.publishedId(labelled)
}

/** Bnm1. */
function isRetired(store: Store, read: KernelReader | null, nameOrId: string, id: BundleId): boolean {
  if (read === null || !read.knowsAllBundles()) return false
  const label = isBundleId(nameOrId) ? undefined : nameOrId
  const isListed =
    read.bundleFormat(id) !== undefined && (label === undefined || read.bundleNamed(label) !== undefined)
  return !isListed && !isInstallationWaiting(store, id, label)
}

function isInstallationWaiting({ inbox }: Store, id: BundleId, label: string | undefined): boolean {
  for (const { sequence, item } of inbox.waiting()) {
    if (!item.includes(id)) continue
    const request = readInboxItem(sequence, item)
    if (request.kind !== 'installBundle' || request.bundle !== id) continue
    if (label === undefined || request.label === label) return true
  }
  return false
}

function refuseUnknown(store: Store, read: KernelReader | null, nameOrId: string): never {
  const labels = store.bundles
    .labels()
    .filter((label) => label.startsWith(ofVats))
    .map((label) => label.slice(ofVats.length))
    .filter((label) => {
      const id = idOf(store, label)
      return id !== undefined && !isRetired(store, read, label, id)
    })
  return refuse(
    'bundle/unknown',
    `no bundle ${JSON.stringify(nameOrId)} is installed${didYouMean(nameOrId, labels)}`,
    { bundle: nameOrId },
  )
}

/** Resolves a bundle that a vat can be made of. */
export function vatBundleNamed(store: Store, read: KernelReader, nameOrId: string): BundleId {
  const id = bundleNamed(store, read, nameOrId)
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
