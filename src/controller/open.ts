/** Opening a store for a host, or making one. */
import { CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import type { Verification } from '../store/store.ts'
import type { MachineOptions, Seed } from './calls.ts'
import { checkCollection, checkComputrons, checkCount, checkEngine, checkHeap, checkOneOf, checkRecord, checkText, checkTrace } from './checks.ts'
import { checkConfig } from './config.ts'
import type { StoreConfig } from './config.ts'
import { Controller } from './controller.ts'
import { readFoundation } from './foundation.ts'
import { Link } from './link.ts'
import type { OpenOptions } from './options.ts'
import { coded } from './refusal.ts'
import { engineBytes, engineNames, kernelBytes, supervisorBytes } from './release.ts'

const defaults = {
  snapshotInterval: 200,
  collectionInterval: 1_000,
  computronsPerDelivery: 500_000_000n,
  heapLimitBytes: 256 * 1024 * 1024,
  cleanupBudget: 1_000,
  residentWorkers: 100,
  residentBytes: 1024 ** 3,
} as const

const verifications = ['lazy', 'live', 'all'] as const satisfies readonly Verification[]

type Opening = Omit<MachineOptions, 'make' | 'seed'>

/** Opens the store of a directory, or makes one. */
export const openController = (options: OpenOptions): Promise<Controller> => coded(open(options))

async function open(options: OpenOptions): Promise<Controller> {
  const { directory, access = 'write', make = access === 'read' ? 'never' : 'if-missing', verify = 'live', rolledBack = 'refuse', eviction = 'when-needed' } = checkRecord(options, 'options')
  checkText(directory, 'directory')
  if (options.traceFile !== undefined) checkText(options.traceFile, 'traceFile')
  if (options.traceFile !== undefined && options.trace !== undefined) refuse('api/bad-argument', 'traceFile and trace are two ways to say the same; give one')
  const trace = options.trace ?? (options.traceFile === undefined ? null : { file: options.traceFile })
  const config = checkRecord(options.config ?? {}, 'config')
  checkConfig(config)
  if (checkOneOf(access, 'access', ['write', 'read']) === 'read' && make !== 'never') {
    refuse('api/bad-argument', "a store that is opened for reading is not made; with access 'read' make is 'never'", { argument: 'make' })
  }
  const opening: Opening = {
    directory,
    access,
    verify: checkOneOf(verify, 'verify', verifications),
    rolledBack: checkOneOf(rolledBack, 'rolledBack', ['refuse', 'accept']),
    eviction: checkOneOf(eviction, 'eviction', ['when-needed', 'after-each-crank']),
    residentWorkers: checkCount(options.residentWorkers ?? defaults.residentWorkers, 'residentWorkers'),
    residentBytes: checkCount(options.residentBytes ?? defaults.residentBytes, 'residentBytes'),
    trace: trace === null ? null : checkTrace(trace),
  }
  const link = await openLink(opening, checkOneOf(make, 'make', ['never', 'if-missing', 'always']), config)
  const sequence = await link.call('bootstrapResult')
  return new Controller(link, sequence === null ? undefined : { sequence })
}

/** The sources that a configuration names are read only when a store is made of them. */
async function openLink(opening: Opening, make: MachineOptions['make'], config: StoreConfig): Promise<Link> {
  if (make === 'never') return Link.open({ ...opening, make, seed: null })
  if (make === 'if-missing' && config.vats !== undefined) {
    try {
      return await Link.open({ ...opening, make: 'never', seed: null })
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'store/not-found')) throw error
    }
  }
  return Link.open({ ...opening, make, seed: await makeSeed(config) })
}

async function makeSeed(config: StoreConfig): Promise<Seed> {
  const foundation = await readFoundation(config)
  const [kernel, supervisor] = await Promise.all([kernelBytes(), supervisorBytes()])
  return {
    kernel,
    supervisor,
    engine: engineBytes(checkEngine(config.engine ?? engineNames[0])),
    snapshotInterval: checkCount(config.snapshotInterval ?? defaults.snapshotInterval, 'snapshotInterval'),
    collectionInterval: checkCount(config.collectionInterval ?? defaults.collectionInterval, 'collectionInterval'),
    collection: config.collection === undefined ? null : checkCollection(config.collection),
    computronsPerDelivery: checkComputrons(config.computronsPerDelivery ?? defaults.computronsPerDelivery),
    heapLimitBytes: checkHeap(config.heapLimitBytes ?? defaults.heapLimitBytes),
    cleanupBudget: checkCount(config.cleanupBudget ?? defaults.cleanupBudget, 'cleanupBudget'),
    foundation,
  }
}
