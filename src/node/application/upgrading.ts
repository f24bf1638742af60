/**
 * Upgrades of the host that are due at the height of a block (Upg1, Upg2).
 *
 * Upn1. Everything that could fail is tried before the first write: a release that does not know an upgrade
 *       stops, a handler that throws leaves nothing, and a plan is run on a copy of the store first.
 */
import { openController } from '../../host/open.ts'
import type { Controller } from '../../host/controller.ts'
import { forkStore } from '../../store/store.ts'
import { refuse } from '../../protocol/codes.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import { queueOperation } from '../modules/kernel/operations.ts'
import type { Context } from '../modules/module.ts'
import { endUpgrade, upgradesAt, type ScheduledUpgrade } from '../modules/upgrade/upgrade.ts'
import type { StateReader } from '../state/hostState.ts'
import { StoreCopies } from './storeCopies.ts'

/** An upgrade that a release knows. */
export interface HostUpgrade {
  readonly about: string
  /** Changes the host's state. What it throws stops the node, and nothing is written. */
  migrate?(context: Context): void
  /** An upgrade plan that is run at the height. It must not wait for items at ports. */
  readonly plan?: JsonValue
}

/** The upgrades that a release knows, by name. */
export type HostUpgrades = Readonly<Record<string, HostUpgrade>>

/** What an operator has chosen to skip: `name@height`. */
export type SkippedUpgrades = ReadonlySet<string>

/** Refuses with `node/halted` if an upgrade is due that this release neither knows nor skips. */
export function assertKnown(
  state: StateReader,
  height: number,
  known: HostUpgrades,
  skipped: SkippedUpgrades,
): void {
  for (const upgrade of upgradesAt(state, height))
    if (!isSkipped(upgrade, skipped) && !Object.hasOwn(known, upgrade.name))
      refuse('node/halted', `the upgrade ${upgrade.name} is due at height ${height}, and this release does not know it`, {
        name: upgrade.name,
        height,
      })
}

const isSkipped = ({ name, height }: ScheduledUpgrade, skipped: SkippedUpgrades): boolean =>
  skipped.has(`${name}@${height}`)

/** Does the upgrades of the context's height on its draft, before its transactions (Upn1). */
export async function upgradeHost(
  context: Context,
  known: HostUpgrades,
  skipped: SkippedUpgrades,
  controller: Controller,
): Promise<void> {
  for (const upgrade of upgradesAt(context.state, context.height)) {
    const handler = isSkipped(upgrade, skipped) ? undefined : known[upgrade.name]
    if (handler !== undefined) await handle(context, upgrade, handler, controller)
    const outcome = handler === undefined ? 'skipped' : 'done'
    endUpgrade(context.state, upgrade, outcome)
    context.emit(`upgrade-${outcome}`, { name: upgrade.name })
  }
}

async function handle(
  context: Context,
  { name, height }: ScheduledUpgrade,
  { migrate, plan }: HostUpgrade,
  controller: Controller,
): Promise<void> {
  try {
    migrate?.(context)
    if (plan === undefined) return
    await tryPlan(plan, (await controller.storeStatus()).directory)
    queueOperation(context.state, null, { kind: 'kernel/run-plan', plan })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    refuse('node/upgrade-failed', `the upgrade ${name} failed at height ${height}: ${message}`, { name, height })
  }
}

/** Runs the plan on a copy of the store's last block. */
async function tryPlan(plan: JsonValue, directory: string): Promise<void> {
  await new StoreCopies(directory, 'upgrade').use(async (copy) => {
    forkStore(directory, copy)
    const controller = await openController({ directory: copy, make: 'never' })
    try {
      const { state, reason } = await controller.runPlan(plan)
      if (state !== 'done') throw new Error(`its plan is ${state}${reason === null ? '' : `: ${reason.message}`}`)
    } finally {
      await controller.shutdown()
    }
  })
}
