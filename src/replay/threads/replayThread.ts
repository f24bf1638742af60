/** A thread that replays one history after another, and keeps nothing of them but the compiled engine. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { EngineCache, Engines } from '../../machine/engines/engines.ts'
import { replayHistory, type HistoryBench, type HistoryOrder } from '../../machine/replay/replayHistory.ts'
import { refusalOf } from '../../machine/threads/refusal.ts'
import { roundMs } from '../../machine/trace/trace.ts'
import { StoreReader } from '../../store/store.ts'
import type { ReplayThreadData, ReplayThreadMessage, ReplayThreadOrder, UsableWorker } from '../plan.ts'

const progressMs = 200

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: ReplayThreadMessage): void => port.postMessage(message)

const { directory, worker } = workerData as ReplayThreadData
let bench: (HistoryBench & { readonly reader: StoreReader }) | undefined

function openBench(): HistoryBench {
  if (bench !== undefined) return bench
  const reader = new StoreReader(directory)
  const engines = new Engines({ bundles: { get: bytesFrom(reader, worker) } }, new EngineCache())
  bench = { reader, engines, version: worker.version }
  return bench
}

/** The caller's code, else that of the store. */
function bytesFrom({ bundles }: StoreReader, { version, code }: UsableWorker): StoreReader['bundles']['get'] {
  const given = new Map<BundleId, Uint8Array>(
    code === null
      ? []
      : [
          [version.engine, code.engine],
          [version.image, code.image],
        ],
  )
  return (id, kind) => given.get(id) ?? bundles.get(id, kind)
}

/** So that the time of the first replay is that of the replay. A failure comes again, in the replay. */
function loadEngine(): void {
  try {
    const { engines, version } = openBench()
    engines.image(version)
  } catch {
    // Reported by the replay.
  }
}

function replay(order: HistoryOrder): void {
  const { vat } = order
  loadEngine()
  const began = performance.now()
  const spent = (): number => roundMs(performance.now() - began)
  let reported = began
  try {
    const replayed = replayHistory(order, openBench(), (deliveries) => {
      if (performance.now() - reported < progressMs) return
      reported = performance.now()
      post({ kind: 'progress', vat, deliveries })
    })
    post({ kind: 'done', vat, replayed, ms: spent() })
  } catch (error) {
    post({ kind: 'refused', vat, refusal: refusalOf(error), ms: spent() })
  }
}

port.on('message', (message: ReplayThreadOrder) => {
  if (message.kind === 'replay') return replay(message.order)
  bench?.reader.close()
  port.close()
})
