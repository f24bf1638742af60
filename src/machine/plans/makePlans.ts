/** Connects plans with the machine: they request as the host does, but are accepted before what waits. */
import type { CrankCleaning, KernelReport } from '../../protocol/kernel/events.ts'
import type { InboxItem } from '../../protocol/host/requests.ts'
import type { ResultStatus } from '../../protocol/results.ts'
import { noSalvageLimits } from '../../protocol/worker/salvage.ts'
import type { Store } from '../../store/store.ts'
import { Requesting } from '../calls/requesting.ts'
import { WorkerVersions } from '../calls/workerVersions.ts'
import type { DryRuns } from '../dryRuns/dryRuns.ts'
import type { KernelDriver } from '../driver.ts'
import type { KernelInPlace } from '../kernel/kernelInPlace.ts'
import type { KernelUpgrades } from '../kernelUpgrades/kernelUpgrades.ts'
import type { Migration } from '../kernelUpgrades/migration.ts'
import type { Lookups } from '../lookups/lookups.ts'
import { encodePlanValue } from './planValues.ts'
import { Plans } from './plans.ts'
import { fulfilled } from './steps/outcomes.ts'

export interface MachineParts {
  readonly store: Store
  readonly driver: KernelDriver
  readonly lookups: Lookups
  readonly kernel: KernelInPlace
  readonly migration: Migration
  readonly kernelUpgrades: KernelUpgrades
  readonly dryRuns: DryRuns
}

export function makePlans(parts: MachineParts): Plans {
  const { store, driver, lookups, kernel, migration } = parts
  const submit = (item: InboxItem): number => driver.acceptOwn(item)
  const requests: Requesting = new Requesting(store, lookups, driver, migration, submit, () => plans)
  const resultOf = (step: string): ResultStatus => requests.result(plans.requestOf(step))
  const names = {
    resultOf: (step: string) => fulfilled(resultOf(step), step),
    rootOf: (vat: string) => lookups.vat(vat).root,
  }
  const crank = (cleaning: CrankCleaning): KernelReport =>
    driver.step({ kind: 'crank', crank: driver.nextCrank, cleaning })
  const assertReady = (): void => {
    driver.assertReady()
    if (driver.trials.isProbation)
      driver.trials.assertNone('a plan reads results of its steps, which are withheld in a probation')
  }
  const plans: Plans = new Plans({
    ...parts,
    requests,
    salvage: (vat, bundle) => parts.dryRuns.salvage(vat, bundle, noSalvageLimits),
    versions: new WorkerVersions(store, lookups, kernel, submit),
    kernelId: () => kernel.id,
    encode: (value) => encodePlanValue(value, names),
    resultOf,
    vatNameOf: (step) => plans.vatNameOf(step),
    assertReady,
    crank,
    takeAll: () => driver.faults.takeAll(),
    takeBack: () => driver.takeBack(),
  })
  return plans
}
