/** The contents of a new store, with all code read: plain data for the machine thread. */
import type { BundleWarning } from '../bundle/warning.ts'
import type { WorkerCode } from '../worker/workerCode.ts'
import type { BundleParts } from '../bundle/installable.ts'
import type { CapData } from '../capdata.ts'
import type { VatOptions } from '../host/inbox.ts'

/** A warning of a source that a configuration names. */
export interface ConfigWarning extends BundleWarning {
  /** Where the configuration names the source, such as `vats.alice.sourceSpec`. */
  readonly path: string
}

/** What a configuration puts into a new store. */
export interface InitialContents {
  readonly bundles: readonly { readonly name: string; readonly code: InitialCode }[]
  readonly vats: readonly InitialVat[]
  readonly ports: readonly string[]
  /** Workers of engines besides the one on which all vats start. */
  readonly workers: readonly { readonly name: string; readonly code: WorkerCode }[]
  readonly bootstrap: string | null
  readonly warnings: readonly ConfigWarning[]
}

/** A bundle, with its source map in stored form. */
export interface InitialCode {
  readonly bytes: Uint8Array
  readonly map: Uint8Array | null
  readonly made: BundleParts
  readonly warnings: readonly ConfigWarning[]
}

export interface InitialVat {
  readonly name: string
  /** A bundle's name, or the vat's own code. */
  readonly code: string | InitialCode
  readonly parameters: CapData
  readonly options: Omit<VatOptions, 'worker'>
  /** Engine of one of the genesis's workers; null: the one on which all vats start. */
  readonly engine: string | null
}
