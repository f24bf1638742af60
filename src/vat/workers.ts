/** Worker versions as vats with the power over them see them (`docs/worker-versions.md`). */
import type { WorkerMode, OnDivergence } from '../protocol/worker/versions.ts'
import type { BundleCap } from './bundleCap.ts'

/** Options of moving a vat to another worker version. */
export interface UpgradeWorkerOptions {
  /** Default: `replay`. */
  readonly mode?: WorkerMode
  /** What happens when the vat cannot follow; default: `keep`. */
  readonly onDivergence?: OnDivergence
}

/** A worker version to install. Its parts are bundle caps, or ids, of what the host installed. */
export interface NewWorker {
  readonly engine: BundleCap | string
  readonly supervisor: BundleCap | string
  /** A name for people. */
  readonly label?: string
  /** `default`: new vats and next incarnations start on it. */
  readonly use?: 'default' | 'on-demand'
}

/** An installed version. */
export interface InstalledWorker {
  readonly id: string
  readonly engine: string
  readonly supervisor: string
  readonly label: string | null
  readonly use: 'default' | 'on-demand'
  readonly vats: number
}

/** Power over the worker versions of a store. A `worker` is an id or a label. */
export interface WorkerAdmin {
  /** Builds the base image and returns the id of the version. */
  installWorker(worker: NewWorker): string
  workers(): readonly InstalledWorker[]
  useWorker(worker: string): void
  /** Rejected while the version is the default, or something needs it. */
  retireWorker(worker: string): void
}
