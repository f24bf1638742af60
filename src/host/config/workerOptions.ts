/** Options of the host API's calls about worker versions, and their checks. */
import { checkBigint, checkCount, checkOneOf, checkRecord, checkText, badArgument } from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import {
  rolloutOrders,
  rolloutPolicies,
  type RolloutChoices,
  type RolloutOrder,
  type RolloutPolicy,
  type RolloutSelection,
} from '../../protocol/worker/rollout.ts'
import {
  divergencePolicies,
  workerModes,
  type OnDivergence,
  type WorkerMode,
  type WorkerUpgradeChoices,
} from '../../protocol/worker/versions.ts'

/** How a vat is moved to another worker version. */
export interface WorkerUpgradeOptions {
  /** Default: `replay`. */
  readonly mode?: WorkerMode
  /** Default: `keep`. */
  readonly onDivergence?: OnDivergence
}

/** Which vats a rollout moves, and how. Without a selection: all. */
export interface RolloutOptions extends RolloutSelection {
  /** Default: `replay`. */
  readonly mode?: WorkerMode
  /** Default: `keep`. */
  readonly onFailure?: RolloutPolicy
  /** Default: `one-by-one`. */
  readonly order?: RolloutOrder
  /** What may be done in one block; default: 10 vats. */
  readonly perBlock?: { readonly vats?: number; readonly computrons?: bigint }
}

const upgradeNames: Names<WorkerUpgradeOptions> = { mode: true, onDivergence: true }

const rolloutNames: Names<RolloutOptions> = {
  vats: true,
  pattern: true,
  worker: true,
  bundle: true,
  mode: true,
  onFailure: true,
  order: true,
  perBlock: true,
}

const defaultVatsPerBlock = 10

export function checkWorkerUpgrade(options: WorkerUpgradeOptions): WorkerUpgradeChoices {
  const { mode = 'replay', onDivergence = 'keep' } = checkOptions(options, upgradeNames)
  return {
    mode: checkOneOf(mode, 'mode', workerModes),
    onDivergence: checkOneOf(onDivergence, 'onDivergence', divergencePolicies),
  }
}

export function checkRollout(options: RolloutOptions): {
  readonly selection: RolloutSelection
  readonly choices: RolloutChoices
} {
  const { vats, pattern, worker, bundle, ...given } = checkOptions(options, rolloutNames)
  const { mode = 'replay', onFailure = 'keep', order = 'one-by-one', perBlock = {} } = given
  return {
    selection: {
      ...(vats === undefined ? {} : { vats: checkVats(vats) }),
      ...(pattern === undefined ? {} : { pattern: checkText(pattern, 'pattern') }),
      ...(worker === undefined ? {} : { worker: checkText(worker, 'worker') }),
      ...(bundle === undefined ? {} : { bundle: checkText(bundle, 'bundle') }),
    },
    choices: {
      mode: checkOneOf(mode, 'mode', workerModes),
      onFailure: checkOneOf(onFailure, 'onFailure', rolloutPolicies),
      order: checkOneOf(order, 'order', rolloutOrders),
      perBlock: checkPace(perBlock),
    },
  }
}

function checkPace(given: NonNullable<RolloutOptions['perBlock']>): RolloutChoices['perBlock'] {
  const names = { vats: true, computrons: true } as const
  const { vats = defaultVatsPerBlock, computrons } = checkOptions(
    checkRecord(given, 'perBlock'),
    names,
    'perBlock',
  )
  return {
    vats: checkCount(vats, 'perBlock.vats'),
    computrons: computrons === undefined ? null : String(checkBigint(computrons, 'perBlock.computrons')),
  }
}

const checkVats = (vats: unknown): readonly string[] =>
  Array.isArray(vats) ? vats.map((vat) => checkText(vat, 'vats')) : badArgument('vats', 'a list of names or ids', vats)
