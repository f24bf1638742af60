/**
 * Checks options of the host API before they are used.
 *
 * Oc1. An unknown option is refused by name, never dropped (`optionNames.ts`): it may be misspelt, and may
 *      change the meaning of the call.
 */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import type { AuditDepth } from '../../protocol/reports/audit.ts'
import { refuse } from '../../protocol/codes.ts'
import {
  areTags,
  failurePolicies,
  parameterSources,
  rejectionPolicies,
  upgradeModes,
  type ChangeableOptions as StoredOptions,
  type Drain,
  type OnRejection,
  type UpgradeChoices,
  type UpgradeMode,
  type VatOptions,
} from '../../protocol/host/inbox.ts'
import { abandonLimits, maxDrainCranks } from '../../protocol/limits.ts'
import { faultPolicies, importances } from '../../protocol/results.ts'
import type { Salvage, SalvageLimits } from '../../protocol/worker/salvage.ts'
import { traceKinds, type TraceKind } from '../../protocol/reports/trace.ts'
import type { RunLimits } from '../../protocol/machine/runs.ts'
import {
  badArgument,
  checkBigint,
  checkCollection,
  checkComputrons,
  checkCount,
  checkCountOrNone,
  checkHeap,
  checkOneOf,
  checkSalvage,
  checkStorage,
  checkText,
} from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import type {
  AuditOptions,
  ChangeableOptions,
  CreateOptions,
  PrepareOptions,
  RunOptions,
  SalvageOptions,
  SendOptions,
  SignatureOptions,
  UpgradeOptions,
} from './options.ts'
import type { TraceOptions, TraceSettings } from '../../protocol/machine/traceSettings.ts'

const upgradeOptions: Names<UpgradeOptions> = {
  parameters: true,
  parametersFrom: true,
  upgradeMessage: true,
  mode: true,
  onFailure: true,
  drain: true,
  abandonKinds: true,
  salvage: true,
}

const changeableOptions: Names<ChangeableOptions> = {
  computronsPerDelivery: true,
  heapLimitBytes: true,
  storageLimit: true,
  onFault: true,
  importance: true,
}

/**
 * Checks the upgrade's options and converts them to inbox form: defaults are omitted, so that older kernels
 * accept it.
 */
export function checkUpgrade(options: UpgradeOptions): {
  readonly parameters: unknown
  readonly choices: UpgradeChoices
  readonly salvage: Salvage | null
} {
  const {
    parameters,
    parametersFrom = 'given',
    upgradeMessage = 'vat upgraded',
    mode = 'durable',
    onFailure = 'keep',
    drain,
    abandonKinds,
    salvage,
  } = checkOptions(options, upgradeOptions)
  const from = checkOneOf(parametersFrom, 'parametersFrom', parameterSources)
  if (from === 'kept' && parameters !== undefined)
    refuse(
      'api/bad-argument',
      "parameters were passed although parametersFrom is 'kept'; pass only one of them",
      { argument: 'parametersFrom' },
    )
  const choices: UpgradeChoices = {
    upgradeMessage: checkText(upgradeMessage, 'upgradeMessage'),
    ...(checkOneOf(mode, 'mode', upgradeModes) === 'durable' ? {} : { mode }),
    ...(from === 'given' ? {} : { parametersFrom: from }),
    ...(checkOneOf(onFailure, 'onFailure', failurePolicies) === 'keep' ? {} : { onFailure }),
    ...(drain === undefined ? {} : { drain: checkDrain(drain) }),
    ...checkAbandonKinds(abandonKinds, mode),
  }
  assert(choices.mode !== 'replay' || choices.abandonKinds === undefined, 'a replay abandons no kinds')
  return { parameters, choices, salvage: checkSalvage(salvage) }
}

/** Omitted when nothing is abandoned. */
function checkAbandonKinds(tags: unknown, mode: UpgradeMode): Pick<UpgradeChoices, 'abandonKinds'> {
  if (tags === undefined) return {}
  if (!areTags(tags)) {
    const { tags: most, tag } = abandonLimits
    return refuse(
      'api/bad-argument',
      `abandonKinds must be a list of at most ${most} tags, well-formed texts of at most ${tag} characters`,
      { argument: 'abandonKinds' },
    )
  }
  if (tags.length === 0) return {}
  if (mode === 'replay')
    refuse(
      'api/bad-argument',
      'a replay cannot abandon kinds: the incarnation continues with all of them; use the mode durable or auto',
      { argument: 'abandonKinds' },
    )
  return { abandonKinds: [...tags] }
}

export function checkPreparation(options: PrepareOptions): void {
  const { mode = 'replay' } = checkOptions(options, { mode: true })
  checkOneOf(mode, 'mode', ['replay', 'auto'])
}

function checkDrain(drain: Drain): Drain {
  const { maxCranks } = checkOptions(drain, { maxCranks: true }, 'drain')
  if (checkCount(maxCranks, 'drain.maxCranks') > maxDrainCranks)
    refuse('api/bad-argument', `drain.maxCranks must be at most ${maxDrainCranks}`, {
      argument: 'drain.maxCranks',
    })
  return { maxCranks }
}

/** In inbox form. */
export const checkChangeable = (options: ChangeableOptions): StoredOptions =>
  storedOf(checkOptions(options, changeableOptions))

function storedOf({
  computronsPerDelivery,
  heapLimitBytes,
  storageLimit,
  onFault,
  importance,
}: ChangeableOptions): StoredOptions {
  return {
    ...(computronsPerDelivery === undefined
      ? {}
      : { computronsPerDelivery: checkComputrons(computronsPerDelivery) }),
    ...(heapLimitBytes === undefined ? {} : { heapLimitBytes: checkHeap(heapLimitBytes) }),
    ...(storageLimit === undefined ? {} : { storageLimit: checkStorage(storageLimit) }),
    ...(onFault === undefined ? {} : { onFault: checkOneOf(onFault, 'onFault', faultPolicies) }),
    ...(importance === undefined ? {} : { importance: checkOneOf(importance, 'importance', importances) }),
  }
}

export function checkCreate(options: CreateOptions): {
  readonly parameters: unknown
  readonly chosen: VatOptions
} {
  const { parameters, worker, collection, ...changeable } = checkOptions(options, {
    ...changeableOptions,
    parameters: true,
    worker: true,
    collection: true,
  })
  const chosen = {
    ...storedOf(changeable),
    ...(worker === undefined ? {} : { worker: checkText(worker, 'worker') as WorkerId }),
    ...(collection === undefined ? {} : { collection: checkCollection(collection) }),
  }
  return { parameters, chosen }
}

export function checkSalvaging(options: SalvageOptions): SalvageLimits {
  const { computrons, heapLimitBytes } = checkOptions(options, { computrons: true, heapLimitBytes: true })
  return {
    computrons: computrons === undefined ? null : checkBigint(computrons, 'computrons'),
    heapLimitBytes: heapLimitBytes === undefined ? null : checkHeap(heapLimitBytes),
  }
}

export function checkSignature(options: SignatureOptions): {
  readonly parameters: unknown
  readonly of: string | null
} {
  const { parameters, parametersOf } = checkOptions(options, { parameters: true, parametersOf: true })
  if (parametersOf === undefined) return { parameters, of: null }
  if (parameters !== undefined)
    refuse('api/bad-argument', 'parameters and parametersOf are alternatives; pass only one of them', {
      argument: 'parametersOf',
    })
  return { parameters, of: checkText(parametersOf, 'parametersOf') }
}

export function checkSending(options: SendOptions): OnRejection {
  const { onRejection = 'ignore' } = checkOptions(options, { onRejection: true })
  return checkOneOf(onRejection, 'onRejection', rejectionPolicies)
}

export function checkRunning(options: RunOptions): RunLimits {
  const known = {
    computrons: true,
    cranks: true,
    cleanups: true,
    deliveries: true,
    vatsCreated: true,
    onCrank: true,
    signal: true,
  } as const
  const {
    computrons,
    cranks,
    cleanups,
    deliveries,
    vatsCreated,
    onCrank = 'nothing',
    signal,
  } = checkOptions(options, known)
  return {
    computrons: computrons === undefined ? null : checkBigint(computrons, 'computrons'),
    cranks: cranks === undefined ? null : checkCount(cranks, 'cranks'),
    deliveries: deliveries === undefined ? null : checkCount(deliveries, 'deliveries'),
    vatsCreated: vatsCreated === undefined ? null : checkCount(vatsCreated, 'vatsCreated'),
    cleanups: cleanups === undefined ? null : checkCountOrNone(cleanups, 'cleanups'),
    onCrank: checkOneOf(onCrank, 'onCrank', ['nothing', 'record']),
    ...(signal === undefined ? {} : { interrupt: interruptOf(signal) }),
  }
}

/** The machine thread receives no messages while it runs: it polls memory that both threads share. */
function interruptOf(signal: AbortSignal): Int32Array<SharedArrayBuffer> {
  if (!(signal instanceof AbortSignal)) return badArgument('signal', 'an AbortSignal', signal)
  const interrupt = new Int32Array(new SharedArrayBuffer(4))
  const abort = (): void => void Atomics.store(interrupt, 0, 1)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return interrupt
}

export const checkAuditing = (options: AuditOptions): AuditDepth =>
  checkOneOf(checkOptions(options, { depth: true }).depth ?? 'kernel', 'depth', ['kernel', 'all'])

export function checkTrace(value: TraceOptions): TraceSettings {
  const {
    file,
    kinds,
    rotateBytes,
    keep = keptTraces,
  } = checkOptions(value, { file: true, kinds: true, rotateBytes: true, keep: true }, 'trace')
  if (kinds !== undefined && (!Array.isArray(kinds) || kinds.length === 0))
    return badArgument('trace.kinds', 'a list of kinds that is not empty', kinds)
  return {
    file: checkText(file, 'trace.file'),
    kinds:
      kinds === undefined
        ? null
        : kinds.map((kind) => checkOneOf(kind, 'trace.kinds', Object.keys(traceKinds) as TraceKind[])),
    rotateBytes: rotateBytes === undefined ? null : checkCount(rotateBytes, 'trace.rotateBytes'),
    keep: checkCount(keep, 'trace.keep'),
  }
}

const keptTraces = 5
