/** The thread of one export, import or survey of a store: carries it out, reports progress, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import type { ExportManifest, ExportMode } from '../../protocol/store/export.ts'
import type { Retention } from '../../protocol/store/retention.ts'
import {
  exportStore,
  importStore,
  measureStore,
  readFigures,
  surveyPruning,
  type PruneExtras,
} from '../../store/store.ts'
import type { PruneSurvey, StoreFigures, StoreSize } from '../../protocol/store/views.ts'
import type { RefusalData } from '../../protocol/machine/messages.ts'
import { inspectImport, type Requirements } from '../opening/importing.ts'
import { refusalOf } from './refusal.ts'

export type TransferOrder =
  | { readonly kind: 'export'; readonly from: string; readonly to: string; readonly mode: ExportMode }
  | {
      readonly kind: 'import'
      readonly from: string
      readonly to: string
      readonly rootHash?: string
      readonly requirements: Requirements
    }
  | { readonly kind: 'size'; readonly of: string }
  | { readonly kind: 'figures'; readonly of: string }
  | {
      readonly kind: 'pruning'
      readonly of: string
      readonly retention: Retention | 'as-set'
      readonly extras: PruneExtras
    }

/** The result of each kind of order. */
export interface TransferResults {
  readonly export: ExportManifest
  readonly import: ExportManifest
  readonly size: StoreSize
  readonly figures: StoreFigures
  readonly pruning: PruneSurvey
}

export type TransferMessage<Progress, Result> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'refused'; readonly refusal: RefusalData }

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: TransferMessage<unknown, unknown>): void => port.postMessage(message)
const postProgress = (progress: unknown): void => post({ kind: 'progress', progress })

function carryOut(order: TransferOrder): TransferResults[TransferOrder['kind']] {
  switch (order.kind) {
    case 'export':
      return exportStore(order.from, order.to, order.mode, postProgress)
    case 'import':
      return importStore(order.from, order.to, order, postProgress, (store) =>
        inspectImport(store, order.requirements),
      )
    case 'size':
      return measureStore(order.of)
    case 'figures':
      return readFigures(order.of)
    case 'pruning':
      return surveyPruning(order.of, order.retention, order.extras)
  }
}

try {
  post({ kind: 'done', result: carryOut(workerData as TransferOrder) })
} catch (error) {
  post({ kind: 'refused', refusal: refusalOf(error) })
}
