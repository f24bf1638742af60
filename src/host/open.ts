/** Opens or creates a store for a host. */
import { assert, CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { maxVatBound } from '../protocol/limits.ts'
import { faultPolicies } from '../protocol/results.ts'
import type { Verification } from '../protocol/store/views.ts'
import type { MachineOptions, Genesis } from '../protocol/machine/options.ts'
import {
  checkBoundedCount,
  checkComputrons,
  checkCount,
  checkEngine,
  checkHeap,
  checkOneOf,
  checkRecord,
  checkStorage,
  checkText,
} from '../api/checks.ts'
import { checkConfig, type StoreConfig } from './config/config.ts'
import { Controller } from './controller.ts'
import { readContents } from './config/readGenesis.ts'
import type { ConfigWarning } from '../protocol/machine/genesis.ts'
import { handleOf } from './calls/handles.ts'
import { Link } from './threads/link.ts'
import { defaultWatchdog } from './threads/watch.ts'
import { checkTrace, checkWatchdog } from './config/optionChecks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import type { OpenOptions } from './config/options.ts'
import { coded } from '../machine/threads/refusal.ts'
import { engineNames } from '../protocol/worker/engineNames.ts'
import { kernelBytes, ownCode, workerCode } from '../release/release.ts'
import { scheduleOf } from './config/swingsetKeys.ts'
import { checkTrust, isAbout } from '../machine/opening/trust.ts'

/** What a new store, or an opening of one, gets where nothing else is chosen. */
export const defaults = {
  snapshotInterval: 200,
  collectionInterval: 1_000,
  computronsPerDelivery: 2_000_000_000n,
  heapLimitBytes: 256 * 1024 * 1024,
  storageLimit: 1024 ** 3,
  cleanupBudget: 1_000,
  residentWorkers: 100,
  residentBytes: 1024 ** 3,
} as const

const verifications = ['lazy', 'live', 'all'] as const satisfies readonly Verification[]

type Open = (options: MachineOptions) => Promise<Link>
type Opening = Omit<MachineOptions, 'make' | 'genesis'>

const openOptions: Names<OpenOptions> = {
  directory: true,
  access: true,
  make: true,
  config: true,
  trust: true,
  verify: true,
  rolledBack: true,
  residentWorkers: true,
  residentBytes: true,
  eviction: true,
  traceFile: true,
  trace: true,
  watchdog: true,
  onConsole: true,
}

/** Opens the store of a directory, or creates one. */
export const openController = (options: OpenOptions): Promise<Controller> => coded(open(options))

async function open(options: OpenOptions): Promise<Controller> {
  const {
    directory,
    access = 'write',
    make = access === 'read' ? 'never' : 'if-missing',
    verify = 'live',
    rolledBack = 'refuse',
    eviction = 'when-needed',
    watchdog = defaultWatchdog,
  } = checkOptions(options, openOptions)
  checkText(directory, 'directory')
  if (options.traceFile !== undefined) checkText(options.traceFile, 'traceFile')
  if (options.traceFile !== undefined && options.trace !== undefined)
    refuse('api/bad-argument', 'traceFile and trace are alternatives; pass only one of them')
  const trace = options.trace ?? (options.traceFile === undefined ? null : { file: options.traceFile })
  const config = checkRecord(options.config ?? {}, 'config')
  checkConfig(config)
  if (checkOneOf(access, 'access', ['write', 'read']) === 'read' && make !== 'never') {
    refuse(
      'api/bad-argument',
      "a store that is opened for reading cannot be created; with access 'read', make must be 'never'",
      { argument: 'make' },
    )
  }
  const opening: Opening = {
    directory,
    access,
    trust: checkTrust(options.trust ?? []),
    verify: checkOneOf(verify, 'verify', verifications),
    rolledBack: checkOneOf(rolledBack, 'rolledBack', ['refuse', 'accept']),
    eviction: checkOneOf(eviction, 'eviction', ['when-needed', 'after-each-crank']),
    residentWorkers: checkCount(options.residentWorkers ?? defaults.residentWorkers, 'residentWorkers'),
    residentBytes: checkCount(options.residentBytes ?? defaults.residentBytes, 'residentBytes'),
    trace: trace === null ? null : checkTrace(trace),
  }
  if (options.onConsole !== undefined && typeof options.onConsole !== 'function')
    refuse('api/bad-argument', 'onConsole must be a function', { argument: 'onConsole' })
  checkWatchdog(watchdog)
  const { link, warnings } = await openLink(
    (machine) => Link.open(machine, watchdog, options.onConsole),
    opening,
    checkOneOf(make, 'make', ['never', 'if-missing', 'always']),
    config,
  )
  const sequence = await link.call('bootstrapResult')
  return new Controller(link, sequence === null ? undefined : handleOf(sequence), warnings)
}

interface Opened {
  readonly link: Link
  readonly warnings: readonly ConfigWarning[]
}

/** A configuration's sources are read only to create a store. */
async function openLink(
  open: Open,
  opening: Opening,
  make: MachineOptions['make'],
  config: StoreConfig,
): Promise<Opened> {
  if (make === 'never')
    return { link: await openTrusting(open, { ...opening, make, genesis: null }), warnings: [] }
  if (make === 'if-missing' && config.vats !== undefined) {
    try {
      return { link: await openTrusting(open, { ...opening, make: 'never', genesis: null }), warnings: [] }
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'store/not-found')) throw error
    }
  }
  const genesis = await makeGenesis(config)
  assert(genesis.contents.bootstrap === null || genesis.contents.vats.length > 0, 'a bootstrap vat is a static vat')
  return {
    link: await openTrusting(open, { ...opening, make, genesis }),
    warnings: genesis.contents.warnings,
  }
}

/**
 * The build of these sources is trusted like released code. It is built only for a store with unknown code.
 */
async function openTrusting(open: Open, options: MachineOptions): Promise<Link> {
  try {
    return await open(options)
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'store/untrusted-code')) throw error
    const own = await ownCode()
    if (!isAbout(error.detail, own)) throw error
    return open({ ...options, trust: [...(options.trust ?? []), ...own] })
  }
}

async function makeGenesis(config: StoreConfig): Promise<Genesis> {
  const contents = await readContents(config)
  const worker = await workerCode(checkEngine(config.engine ?? engineNames[0]))
  return {
    kernel: await kernelBytes(),
    worker,
    snapshotInterval: checkCount(config.snapshotInterval ?? defaults.snapshotInterval, 'snapshotInterval'),
    collectionInterval: checkCount(
      config.collectionInterval ?? defaults.collectionInterval,
      'collectionInterval',
    ),
    collection: scheduleOf(config),
    computronsPerDelivery: checkComputrons(config.computronsPerDelivery ?? defaults.computronsPerDelivery),
    heapLimitBytes: checkHeap(config.heapLimitBytes ?? defaults.heapLimitBytes),
    storageLimit: checkStorage(config.storageLimit ?? defaults.storageLimit),
    onFault: config.onFault === undefined ? null : checkOneOf(config.onFault, 'onFault', faultPolicies),
    maxVats: config.maxVats === undefined ? null : checkBoundedCount(config.maxVats, 'maxVats', maxVatBound),
    cleanupBudget: checkCount(config.cleanupBudget ?? defaults.cleanupBudget, 'cleanupBudget'),
    contents,
  }
}
