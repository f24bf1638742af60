/**
 * Checks options of the host API before they are used.
 *
 * Oc1. An unknown option is refused by name, never dropped (`optionNames.ts`): it may be misspelt, and may
 *      change the meaning of the call.
 */
import type { WorkerId } from '../../base/ids.ts'
import type { AuditDepth } from '../../protocol/reports/audit.ts'
import { refuse } from '../../protocol/codes.ts'
import {
  rejectionPolicies,
  type ChangeableOptions as StoredOptions,
  type OnRejection,
  type UpgradeChoices,
  type VatOptions,
} from '../../protocol/host/inbox.ts'
import type { Salvage, SalvageLimits } from '../../protocol/worker/salvage.ts'
import { traceKinds, type TraceKind } from '../../protocol/reports/trace.ts'
import type { RunLimits } from '../../protocol/machine/runs.ts'
import {
  badArgument,
  checkBoundedCount,
  checkBigint,
  checkCount,
  checkCountOrNone,
  checkHeap,
  checkOneOf,
  checkSalvage,
  checkText,
} from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import { checkSettings } from './creationOptions.ts'
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
import type { Watchdog } from '../threads/watch.ts'
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
  const { parameters, salvage, ...given } = checkOptions(options, upgradeOptions)
  if (given.drain !== undefined) checkOptions(given.drain, { maxCranks: true }, 'drain')
  if (given.upgradeMessage !== undefined) checkText(given.upgradeMessage, 'upgradeMessage')
  const {
    upgradeMessage = 'vat upgraded',
    mode = 'durable',
    parametersFrom = 'given',
    onFailure = 'keep',
    drain,
    abandonKinds,
  } = checkSettings('upgrade', given)
  if (parametersFrom === 'kept' && parameters !== undefined)
    refuse(
      'api/bad-argument',
      "parameters were passed although parametersFrom is 'kept'; pass only one of them",
      { argument: 'parametersFrom' },
    )
  if (mode === 'replay' && abandonKinds !== undefined)
    refuse(
      'api/bad-argument',
      'a replay cannot abandon kinds: the incarnation continues with all of them; use the mode durable or auto',
      { argument: 'abandonKinds' },
    )
  const choices: UpgradeChoices = {
    upgradeMessage,
    ...(mode === 'durable' ? {} : { mode }),
    ...(parametersFrom === 'given' ? {} : { parametersFrom }),
    ...(onFailure === 'keep' ? {} : { onFailure }),
    ...(drain === undefined ? {} : { drain }),
    ...(abandonKinds === undefined ? {} : { abandonKinds }),
  }
  return { parameters, choices, salvage: checkSalvage(salvage) }
}

export function checkPreparation(options: PrepareOptions): void {
  const { mode = 'replay' } = checkOptions(options, { mode: true })
  checkOneOf(mode, 'mode', ['replay', 'auto'])
}

/** In inbox form. */
export const checkChangeable = (options: ChangeableOptions): StoredOptions =>
  checkSettings('configuration', checkOptions(options, changeableOptions))

export function checkCreate(options: CreateOptions): {
  readonly parameters: unknown
  readonly chosen: VatOptions
} {
  const { parameters, worker, ...settings } = checkOptions(options, {
    ...changeableOptions,
    parameters: true,
    worker: true,
    collection: true,
  })
  const chosen = {
    ...checkSettings('configuration', settings),
    ...(worker === undefined ? {} : { worker: checkText(worker, 'worker') as WorkerId }),
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

/** A timer of Node takes no more than 24 days. */
const maxWatchdogSeconds = 1_000_000

export function checkWatchdog(value: Watchdog): Watchdog {
  if (value === 'off') return value
  if (typeof value !== 'object' || value === null)
    return badArgument('watchdog', "{ seconds } or 'off'", value)
  const { seconds } = checkOptions(value, { seconds: true }, 'watchdog')
  const checked = checkBoundedCount(seconds, 'watchdog.seconds', maxWatchdogSeconds)
  return { seconds: checked }
}
