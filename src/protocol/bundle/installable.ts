/** A bundle in the form in which a host installs it. */
import type { BundleId } from '../../base/ids.ts'

/** A bundle in the form in which it is installed. */
export interface InstallableBundle {
  readonly bytes: Uint8Array
  /** The id under which it is published, when that is not the hash of its bytes. */
  readonly published: BundleId | null
  /** The script of which vats are made, when the bundle itself is not a script and one could be made. */
  readonly code: Uint8Array | null
}

/** Results of preparing a bundle, besides its bytes. */
export type BundleParts = Omit<InstallableBundle, 'bytes'>
