/** The audit's definitions of the tables of worker versions and their rollout (`tables/workers.ts`). */
import { orderedNumber } from '../../base/ordered.ts'
import { table, type AuditedTable, type Auditing } from './table.ts'
import { workerOf } from '../tables/values.ts'
import { rolloutOf, rolloutVatOf, workerNoteOf } from '../tables/workerValues.ts'

function needWorker(auditing: Auditing, key: string, id: string): void {
  if (!auditing.has(`worker.${id}`))
    auditing.find('worker/missing', key, `${key} names ${id}, which is not installed`)
}

export const workerTables: readonly AuditedTable[] = [
  table({
    key: /^worker\.(w1-[0-9a-f]{64})$/,
    read: workerOf,
    check(auditing, { key, parts: [id] }, version) {
      if (version.id !== id)
        auditing.find('worker/missing', key, `under ${id} stands the worker version ${version.id}`)
      for (const kind of ['engine', 'supervisor', 'image'] as const)
        auditing.needBundle(key, version[kind], kind)
    },
  }),
  table({
    key: /^workerNote\.(w1-[0-9a-f]{64})$/,
    read: workerNoteOf,
    check: (auditing, { key, parts: [id = ''] }) => needWorker(auditing, key, id),
  }),
  table({
    key: /^rollout$/,
    read: rolloutOf,
    check(auditing, { key }, { worker, vats, state }) {
      if (state === 'running' || state === 'paused' || state === 'stopped') needWorker(auditing, key, worker)
      for (let place = 1; place <= vats; place += 1) {
        if (!auditing.has(`rollout.vat.${orderedNumber(place)}`))
          auditing.find('queue/gap', key, `the rollout has ${vats} vats, and none at ${place}`)
      }
    },
  }),
  table({
    key: /^rollout\.vat\.[a-z](\d+)$/,
    read: rolloutVatOf,
    check(auditing, { key, parts: [place = ''] }) {
      const { vats = 0 } = rolloutOf(auditing.get('rollout') ?? '') ?? {}
      if (Number(place) > vats) auditing.find('queue/gap', key, `the rollout has ${vats} vats`)
    },
  }),
]
