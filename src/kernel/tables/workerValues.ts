/** Parsers of the rows about worker versions and their rollout. */
import { isCount, isDigits, isText } from '../../base/guards.ts'
import { isWorkerId } from '../../base/ids.ts'
import { isPace, rolloutOrders, rolloutPolicies, rolloutStates, vatOutcomes, type RolloutVat } from '../../protocol/worker/rollout.ts'
import { workerModes, type WorkerNote } from '../../protocol/worker/versions.ts'
import { oneOf } from '../../protocol/host/fields.ts'
import type { Rollout } from './records.ts'
import { isVat, recordOf } from './values.ts'

const installers = ['host', 'vatAdmin'] as const satisfies readonly WorkerNote['by'][]

const isTextOrNull = (value: unknown): boolean => value === null || isText(value)

export const workerNoteOf = recordOf<WorkerNote>(
  ({ label, by, crank }) => isTextOrNull(label) && oneOf(installers)(by) && isCount(crank),
)

export const rolloutOf = recordOf<Rollout>(
  ({ number, worker, state, reason, since, changed, vats, decided, inBlock, queued, ...choices }) =>
    isCount(number) &&
    isText(worker) &&
    isWorkerId(worker) &&
    oneOf(rolloutStates)(state) &&
    isTextOrNull(reason) &&
    [since, changed, vats, decided].every(isCount) &&
    isUsed(inBlock) &&
    (queued === 'yes' || queued === 'no') &&
    oneOf(workerModes)(choices['mode']) &&
    oneOf(rolloutPolicies)(choices['onFailure']) &&
    oneOf(rolloutOrders)(choices['order']) &&
    isPace(choices['perBlock']),
)

const isUsed = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  isCount(Reflect.get(value, 'vats')) &&
  isDigits(Reflect.get(value, 'computrons'))

export const rolloutVatOf = recordOf<RolloutVat>(
  ({ vat, outcome, holds, computrons }) =>
    isVat(vat) &&
    oneOf(vatOutcomes)(outcome) &&
    (holds === 'suspended' || holds === 'nothing') &&
    isDigits(computrons),
)
