/** The thread of one export or import: does it, tells how far it is, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/errors.ts'
import type { ExportManifest, ExportMode } from '../protocol/export.ts'
import { exportStore, importStore } from '../store/store.ts'
import type { RefusalData } from './calls.ts'
import { inspectImport } from './importing.ts'
import type { Requirements } from './importing.ts'
import { refusalOf } from './refusal.ts'

export type TransferOrder =
  | { readonly kind: 'export'; readonly from: string; readonly to: string; readonly mode: ExportMode }
  | { readonly kind: 'import'; readonly from: string; readonly to: string; readonly rootHash?: string; readonly requirements: Requirements }

export type TransferMessage<Progress> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly manifest: ExportManifest }
  | { readonly kind: 'refused'; readonly refusal: RefusalData }

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const tell = (message: TransferMessage<unknown>): void => port.postMessage(message)
const tellProgress = (progress: unknown): void => tell({ kind: 'progress', progress })

function transfer(order: TransferOrder): ExportManifest {
  if (order.kind === 'export') return exportStore(order.from, order.to, order.mode, tellProgress)
  return importStore(order.from, order.to, order, tellProgress, (store) => inspectImport(store, order.requirements))
}

try {
  tell({ kind: 'done', manifest: transfer(workerData as TransferOrder) })
} catch (error) {
  tell({ kind: 'refused', refusal: refusalOf(error) })
}
