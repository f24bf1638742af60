/**
 * Upgrades of the host at a height.
 *
 * Upg1. A release that does not know an upgrade stops before the first write of its height, however often it
 *       is started (`application/upgrading.ts`). One that knows it does it before the height's first
 *       transaction.
 * Upg2. An upgrade is done or skipped once, and the state says which.
 */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { tableOf } from '../../state/table.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'
import type { Module } from '../module.ts'

/** An upgrade that a vote has scheduled. */
export interface ScheduledUpgrade {
  readonly name: string
  readonly height: number
}

const scheduled = tableOf<ScheduledUpgrade>('upgrade.scheduled')
const ended = tableOf<ScheduledUpgrade & { readonly outcome: 'done' | 'skipped' }>('upgrade.ended')

/** All upgrades that are scheduled, by name. */
export const scheduledUpgrades = (state: StateReader): readonly ScheduledUpgrade[] =>
  scheduled.ids(state).flatMap((name) => scheduled.get(state, name) ?? [])

/** The upgrades of a height, by name. */
export const upgradesAt = (state: StateReader, height: number): readonly ScheduledUpgrade[] =>
  scheduledUpgrades(state).filter((upgrade) => upgrade.height === height)

/** Upg2. */
export function endUpgrade(state: Draft, upgrade: ScheduledUpgrade, outcome: 'done' | 'skipped'): void {
  scheduled.delete(state, upgrade.name)
  ended.set(state, upgrade.name, { ...upgrade, outcome })
}

export const upgrade: Module<'upgrade/schedule' | 'upgrade/cancel'> = {
  name: 'upgrade',
  messages: {
    'upgrade/schedule': ({ state, height: now, emit }, { name, height }) => {
      if (height <= now) refuseTransaction('upgrade/too-early', `height ${height} is not after ${now}`)
      const already = scheduled.get(state, name) ?? ended.get(state, name)
      if (already !== undefined)
        refuseTransaction('upgrade/scheduled', `${name} is for height ${already.height} already; take another name`)
      scheduled.set(state, name, { name, height })
      emit('upgrade-scheduled', { name, height })
      return null
    },
    'upgrade/cancel': ({ state, emit }, { name }) => {
      if (scheduled.get(state, name) === undefined) refuseTransaction('upgrade/none', `${name} is not scheduled`)
      scheduled.delete(state, name)
      emit('upgrade-cancelled', { name })
      return null
    },
  },
  queries: {
    list: (state) => ({
      scheduled: scheduled.ids(state).map((name) => ({ ...scheduled.get(state, name) }) as JsonValue),
      ended: ended.ids(state).map((name) => ({ ...ended.get(state, name) }) as JsonValue),
    }),
  },
}
