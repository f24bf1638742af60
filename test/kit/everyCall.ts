/**
 * Every call of a controller, with arguments as they should be. A call that is missing here fails a test
 * (`test/fuzz/api.test.ts`, `ports.test.ts`): what a new one gets when it is called too early, too late or
 * with garbage is then shown with the rest.
 */
import { Controller, Port, type BundledVat, type Remote, type ResultHandle } from '../../src/host/index.ts'

/** What the arguments refer to. */
export interface Given {
  readonly bundled: BundledVat
  readonly bundle: string
  readonly vat: string
  readonly object: Remote
  readonly result: ResultHandle
}

/** What was found in the first vat of a store. */
const salvageOf = (bundle: string) => ({
  vat: 'v1',
  bundle,
  incarnation: 0,
  position: 1,
  data: { body: '#{}', slots: [] },
  summary: { text: '{}', characters: 3, references: 0 },
})

/** Refused by the store, once it was read. */
const aPlan = { id: 'p', expects: { kernel: `b1-${'0'.repeat(64)}` }, steps: [{ kind: 'retire', name: 'a', worker: 'default' }] }

/** These ask nobody, and give no promise. */
const lookups: readonly string[] = ['port', 'replayInWork']

export const callNames: readonly string[] = namesOf(Controller.prototype).filter(
  (name) => name !== 'constructor' && !lookups.includes(name),
)

/** The names of an object's properties, with those of its prototypes, but not those of every object. */
function namesOf(object: object): readonly string[] {
  const parent: object | null = Object.getPrototypeOf(object)
  return parent === null ? [] : [...Object.getOwnPropertyNames(object), ...namesOf(parent)]
}

export const everyCall: Readonly<Record<string, (given: Given) => readonly unknown[]>> = {
  installBundle: ({ bundled }) => [bundled, 'label'],
  bundleNamed: ({ bundle }) => [bundle],
  installWorker: () => ['quickjs-wasi-3.6.2', 'on-demand'],
  installWorkerPart: () => ['supervisor', Buffer.from('1'), 'label'],
  fault: () => [],
  waitingItems: () => [],
  retryKernel: () => [],
  setAside: () => [1],
  putBack: () => [1],
  setAsideItems: () => [],
  faultHistory: () => [],
  installKernel: () => [Buffer.from('({})')],
  kernels: () => [],
  checkKernel: () => ['b1-0'],
  upgradeKernel: () => ['b1-0', { rowsPerBlock: 5 }],
  kernelHistory: () => [],
  checkPlan: () => [aPlan],
  runPlan: () => [aPlan],
  plan: () => [],
  planHistory: () => [],
  pausePlan: () => ['reason'],
  resumePlan: () => [{ skip: true }],
  abandonPlan: () => ['reason'],
  workers: () => [],
  worker: () => ['default'],
  useWorker: () => ['default'],
  retireWorker: () => ['default'],
  upgradeWorker: ({ vat }) => [vat, 'default', { mode: 'replay', onDivergence: 'keep' }],
  prepareWorkerUpgrade: ({ vat }) => [vat, 'default'],
  startRollout: ({ vat }) => [
    'default',
    {
      vats: [vat],
      pattern: '*',
      worker: 'default',
      mode: 'replay',
      onFailure: 'keep',
      order: 'one-by-one',
      perBlock: { vats: 1, computrons: 7n },
    },
  ],
  pauseRollout: () => ['why'],
  resumeRollout: () => [],
  abortRollout: () => ['why'],
  rollout: () => [],
  rolloutVats: () => [],
  createVat: ({ bundle }) => [
    'new',
    bundle,
    {
      parameters: {},
      onFault: 'reject',
      importance: 'ordinary',
      computronsPerDelivery: 5_000_000n,
      heapLimitBytes: 2 ** 24,
      collection: { deliveries: 5, references: 'never', computrons: 7n },
      worker: 'w1',
    },
  ],
  upgradeVat: ({ vat, bundle }) => [
    vat,
    bundle,
    {
      parameters: {},
      upgradeMessage: 'new',
      mode: 'durable',
      parametersFrom: 'given',
      onFailure: 'keep',
      drain: { maxCranks: 5 },
      salvage: salvageOf(bundle),
    },
  ],
  checkUpgrade: ({ vat, bundle }) => [
    vat,
    bundle,
    {
      parameters: {},
      upgradeMessage: 'new',
      mode: 'durable',
      parametersFrom: 'given',
      onFailure: 'keep',
      drain: { maxCranks: 5 },
      salvage: salvageOf(bundle),
    },
  ],
  upgradeWarnings: ({ vat, bundle }) => [vat, bundle, { mode: 'durable', parametersFrom: 'kept' }],
  sweepVat: ({ vat }) => [vat, { computrons: 5_000_000n }],
  salvage: ({ vat, bundle }) => [vat, bundle, { computrons: 5_000_000n, heapLimitBytes: 2 ** 24 }],
  prepareUpgrade: ({ vat, bundle }) => [vat, bundle, { mode: 'replay' }],
  signature: ({ bundle }) => [bundle, { parameters: {} }],
  history: ({ vat }) => [vat],
  suspendVat: ({ vat }) => [vat, 'why'],
  resumeVat: ({ vat }) => [vat],
  terminateVat: ({ vat }) => [vat, 'why'],
  changeVatOptions: ({ vat }) => [
    vat,
    { onFault: 'reject', computronsPerDelivery: 5_000_000n, heapLimitBytes: 2 ** 24 },
  ],
  pauseKernel: () => ['why'],
  resumeKernel: () => [],
  send: ({ object }) => [object, 'echo', [1n, { x: 'y' }], { onRejection: 'ignore' }],
  sendOnly: ({ vat }) => [vat, 'echo', []],
  status: ({ result }) => [result],
  whyPending: ({ result }) => [result],
  forget: ({ result }) => [result],
  lastRequest: () => [],
  collectAll: () => [],
  setCollection: ({ vat }) => [vat, { deliveries: 5, references: 7, computrons: 9n }],
  pin: ({ object }) => [object],
  unpin: ({ object }) => [object],
  pins: () => [],
  run: () => [
    { computrons: 100n, cranks: 1, cleanups: 1, deliveries: 1, vatsCreated: 1, onCrank: 'nothing' },
  ],
  commit: () => [],
  vats: () => [],
  vat: ({ vat }) => [vat],
  root: ({ vat }) => [vat],
  vatAdmin: () => [],
  criticalVatKey: () => [],
  heapHash: ({ vat }) => [vat],
  storeStatus: () => [],
  storeSize: () => [],
  stats: () => [],
  setRetention: () => [{ transcripts: { blocks: 1_000 }, blocks: 1_000 }],
  prune: () => [
    {
      transcripts: { blocks: 1_000 },
      blocks: 1_000,
      pages: true,
      bundles: true,
      oldTrace: '/dev/null',
      compact: false,
      dryRun: true,
    },
  ],
  openPort: () => ['bank'],
  ports: () => [],
  advanceTime: () => [7n],
  currentTime: () => [],
  timer: () => [],
  verify: () => ['lazy'],
  audit: () => [{ depth: 'kernel' }],
  cycles: () => [],
  getHostState: () => ['key'],
  setHostState: () => ['key', 'value'],
  listHostState: () => ['ke', { limit: 10 }],
  writeHostState: () => [[['key', 'value']]],
  setTrace: () => [{ file: '/dev/null', kinds: ['commit'], rotateBytes: 1_000, keep: 2 }],
  evictWorkers: () => [],
  testLog: () => [],
  shutdown: () => [],
}

/** Every method of a port, with arguments as they should be. */
export const everyPortCall: Readonly<Record<string, (given: Given) => readonly unknown[]>> = {
  deliver: ({ object }) => [{ pay: 5n, to: object }, { number: 1 }],
  receive: () => [{ after: 0, limit: 5 }],
  acknowledge: () => [1],
  failures: () => [{ after: 0, limit: 5 }],
  dismissFailures: () => [1],
  status: () => [],
  remote: () => [],
}

export const portCallNames: readonly string[] = Object.getOwnPropertyNames(Port.prototype).filter(
  (name) => name !== 'constructor',
)

/** Calls by name, with whatever is given. */
export function call(controller: Controller | Port, name: string, args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(controller, name)
  return Reflect.apply(method as (...given: readonly unknown[]) => unknown, controller, args)
}
