import type { VatId, Hash } from '../../base/ids.ts'

/** Cost of a snapshot, for people: not part of any state. */
export interface SnapshotReport {
  readonly vat: VatId
  readonly heapHash: Hash
  readonly milliseconds: number
  /** Of new pages and the manifest. */
  readonly bytesWritten: number
  /** Of all pages beyond those of the base image. */
  readonly bytesBeyondImage: number
}
