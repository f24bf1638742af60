/** All limits that users can meet, by section. The values are those of the sources. */
import { defaults } from '../../src/host/open.ts'
import { defaultBundleLimitBytes } from '../../src/bundler/bundleVat.ts'
import { maxSourceBytes } from '../../src/bundler/modules/moduleGraph.ts'
import { stackMebibytes } from '../../src/host/threads/spawnMachine.ts'
import { deviationLimit } from '../../src/protocol/reports/audit.ts'
import { cycleObjectLimit } from '../../src/protocol/reports/cycles.ts'
import { artifactLimit } from '../../src/protocol/store/export.ts'
import * as wire from '../../src/protocol/limits.ts'
import { isBundleLabel, isPortName, isVatLabel, isVatName } from '../../src/protocol/host/names.ts'
import { maxNesting } from '../../src/codec/passable.ts'
import { minBlocks } from '../../src/protocol/store/retention.ts'
import { limits as store } from '../../src/store/files/limits.ts'
import { constantOf, longestName } from './constants.ts'

export type Unit = 'bytes' | 'characters' | 'computrons' | 'pieces' | 'percent'

export interface Row {
  /** The limit, for people. */
  readonly limit: string
  /** Its name in the sources, or that of the option that sets it. */
  readonly name: string
  readonly value: number | bigint
  readonly unit: Unit
  /** What happens beyond it. */
  readonly beyond: string
  /** Where it can be changed; nowhere if absent. */
  readonly changed?: string
}

export interface Section {
  readonly title: string
  readonly about?: string
  readonly rows: readonly Row[]
}

const configured = 'configuration, options of the vat'

const messages: Section = {
  title: 'Messages',
  about:
    'Of messages, of settled promises, and of what one delivery does. A vat that exceeds the limits of a delivery has ' +
    'the delivery undone.',
  rows: [
    {
      limit: 'body of a message or a settled promise',
      name: 'messageLimits.body', value: wire.messageLimits.body, unit: 'characters',
      beyond: '`value/too-large`',
    },
    {
      limit: 'references in a message or a settled promise',
      name: 'messageLimits.slots', value: wire.messageLimits.slots, unit: 'pieces',
      beyond: '`value/too-large`',
    },
    {
      limit: 'nesting of data',
      name: 'maxNesting', value: maxNesting, unit: 'pieces',
      beyond: '`value/not-passable`',
    },
    {
      limit: 'syscalls of one delivery, or one request of the host, as JSON',
      name: 'deliveryLimits.written', value: wire.deliveryLimits.written, unit: 'characters',
      beyond: '`illegal-syscall`; for the host `value/too-large`',
    },
    {
      limit: 'answers to the syscalls of one delivery',
      name: 'deliveryLimits.answered', value: wire.deliveryLimits.answered, unit: 'characters',
      beyond: '`illegal-syscall`',
    },
    {
      limit: 'nesting of one syscall',
      name: 'maxSyscallDepth', value: wire.maxSyscallDepth, unit: 'pieces',
      beyond: '`illegal-syscall`; the supervisor never exceeds it',
    },
    {
      limit: 'line that a vat writes to its console',
      name: 'maxLineLength',
      value: constantOf('supervisor/realm/console.ts', 'maxLineLength'),
      unit: 'characters',
      beyond: 'the line is cut off',
    },
  ],
}

const vats: Section = {
  title: 'Vats',
  about: 'How a vat is limited in computrons, heap and storage: [metering](metering.md), [lives](lives.md).',
  rows: [
    {
      limit: 'computrons of one delivery, by default',
      name: 'computronsPerDelivery', value: defaults.computronsPerDelivery, unit: 'computrons',
      beyond: '`computrons-exhausted`', changed: configured,
    },
    {
      limit: 'computrons of one delivery or on a meter, at most',
      name: 'maxComputrons', value: wire.maxComputrons, unit: 'computrons',
      beyond: '`api/bad-argument`, `service-refused`',
    },
    {
      limit: 'computrons of a delivery of upkeep, at least: fixed part',
      name: 'upkeepComputrons.fixed', value: wire.upkeepComputrons.fixed, unit: 'computrons',
      beyond: '`computrons-exhausted`', changed: 'with `computronsPerDelivery`, if that is higher',
    },
    {
      limit: 'the same, for each byte of the heap limit',
      name: 'upkeepComputrons.perHeapByte', value: wire.upkeepComputrons.perHeapByte, unit: 'computrons',
      beyond: '', changed: 'with `heapLimitBytes`',
    },
    {
      limit: 'heap, by default',
      name: 'heapLimitBytes', value: defaults.heapLimitBytes, unit: 'bytes',
      beyond: '`heap-exhausted`', changed: configured,
    },
    {
      limit: 'heap, the lowest limit',
      name: 'minHeapBytes', value: wire.minHeapBytes, unit: 'bytes',
      beyond: '`api/bad-argument`, `service-refused`',
    },
    {
      limit: 'heap, the highest possible',
      name: 'maxHeapPages', value: wire.maxHeapPages * wire.memoryPageSize, unit: 'bytes',
      beyond: '`heap-exhausted`',
    },
    {
      limit: 'heap above the limit during upkeep',
      name: 'upkeepHeapShare', value: 100 / wire.upkeepHeapShare, unit: 'percent',
      beyond: '`heap-exhausted`',
    },
    {
      limit: 'storage, by default',
      name: 'storageLimit', value: defaults.storageLimit, unit: 'characters',
      beyond: '`storage/quota-exceeded`, `storage-exhausted`', changed: configured,
    },
    {
      limit: 'storage, the lowest limit',
      name: 'storageLimits.minimum', value: wire.storageLimits.minimum, unit: 'characters',
      beyond: '`api/bad-argument`, `service-refused`',
    },
    {
      limit: 'storage that every entry counts in addition to its key and value',
      name: 'storageLimits.entry', value: wire.storageLimits.entry, unit: 'characters',
      beyond: '',
    },
    {
      limit: 'storage that the start of an incarnation may always add',
      name: 'storageLimits.start', value: wire.storageLimits.start, unit: 'characters',
      beyond: '`storage/quota-exceeded`',
    },
    {
      limit: 'storage beyond the limit for the supervisor itself',
      name: 'storageLimits.reserve', value: wire.storageLimits.reserve, unit: 'characters',
      beyond: '`storage-exhausted`',
    },
    {
      limit: 'deliveries that wait for a suspended vat',
      name: 'maxParked', value: wire.maxParked, unit: 'pieces',
      beyond: '`vat-suspended`',
    },
    {
      limit: 'their size as JSON',
      name: 'maxParkedLength', value: wire.maxParkedLength, unit: 'characters',
      beyond: '`vat-suspended`',
    },
    {
      limit: 'vats of a store, as far as a bound can be set',
      name: 'maxVatBound', value: wire.maxVatBound, unit: 'pieces',
      beyond: '`too-many-vats`', changed: '`maxVats` of the configuration, bounded `vatAdmin`',
    },
    {
      limit: 'requests that wait for a meter',
      name: 'maxMeterWaiters', value: wire.maxMeterWaiters, unit: 'pieces',
      beyond: '`service-refused`',
    },
    {
      limit: 'reason of a suspension or a pause, and other messages for people',
      name: 'maxReasonLength', value: wire.maxReasonLength, unit: 'characters',
      beyond: '`api/bad-argument`, `service-refused`; messages of the kernel are cut off',
    },
    {
      limit: 'source of a bundle in a message to `vatAdmin`',
      name: 'maxRawSourceLength',
      value: constantOf('kernel/services/service.ts', 'maxRawSourceLength'),
      unit: 'characters',
      beyond: '`service-refused`; let the host install the bundle',
    },
    {
      limit: 'deliveries between two snapshots of a heap, by default',
      name: 'snapshotInterval', value: defaults.snapshotInterval, unit: 'pieces',
      beyond: 'a snapshot is taken', changed: 'configuration',
    },
    {
      limit: 'deliveries between two garbage collections, by default',
      name: 'collectionInterval', value: defaults.collectionInterval, unit: 'pieces',
      beyond: 'the vat collects', changed: '`collection` of the configuration or the vat',
    },
    {
      limit: 'garbage collections in a row',
      name: 'maxFollowUpCollections', value: wire.maxFollowUpCollections, unit: 'pieces',
      beyond: 'the next one follows the next delivery',
    },
    {
      limit: 'dropped objects that are reported to a vat in one delivery',
      name: 'maxReleasedPerDelivery', value: wire.maxReleasedPerDelivery, unit: 'pieces',
      beyond: 'the rest follows in further deliveries',
    },
    {
      limit: 'rows that one step of cleanup after a terminated vat changes, by default',
      name: 'cleanupBudget', value: defaults.cleanupBudget, unit: 'pieces',
      beyond: 'the next step continues', changed: 'configuration',
    },
  ],
}

const durable: Section = {
  title: 'Durable data and collections',
  about: 'Patterns (`M.string()` and others) have limits of their own, which are those of `@endo/patterns`.',
  rows: [
    {
      limit: 'durable kinds of one vat',
      name: 'maxDurableKinds', value: wire.maxDurableKinds, unit: 'pieces',
      beyond: '`kind/too-many`',
    },
    {
      limit: 'tag of a kind',
      name: 'abandonLimits.tag', value: wire.abandonLimits.tag, unit: 'characters',
      beyond: 'a `TypeError`',
    },
    {
      limit: 'key of a collection, in its stored form',
      name: 'maxKeyLength',
      value: constantOf('supervisor/collections/collection.ts', 'maxKeyLength'),
      unit: 'characters',
      beyond: '`key/too-long`',
    },
    {
      limit: 'digits of a bigint as a key',
      name: 'maxBigintDigits', value: constantOf('codec/scalarKeys.ts', 'maxBigintDigits'), unit: 'pieces',
      beyond: 'a `RangeError`',
    },
    {
      limit: 'label of a named export',
      name: 'maxLabelLength',
      value: constantOf('supervisor/vat/namedExports.ts', 'maxLabelLength'),
      unit: 'characters',
      beyond: 'a `TypeError`',
    },
    {
      limit: 'id of a patch',
      name: 'maxPatchIdLength', value: wire.maxPatchIdLength, unit: 'characters',
      beyond: '`patch/bad-id`',
    },
    {
      limit: 'note on a change of a parameter or a function',
      name: 'maxNoteLength', value: constantOf('vat/kinds/governed.ts', 'maxNoteLength'), unit: 'characters',
      beyond: 'a `TypeError`',
    },
    {
      limit: 'changes that one call of `history` returns',
      name: 'maxPageLength', value: constantOf('vat/kinds/governed.ts', 'maxPageLength'), unit: 'pieces',
      beyond: 'the list ends; ask from the next number on',
    },
  ],
}

const upgrades: Section = {
  title: 'Upgrades',
  rows: [
    {
      limit: 'cranks for which an upgrade waits for its vat to drain',
      name: 'maxDrainCranks', value: wire.maxDrainCranks, unit: 'pieces',
      beyond: '`api/bad-argument`, `service-refused`', changed: '`drain.maxCranks`, up to this',
    },
    {
      limit: 'kinds that one upgrade may abandon',
      name: 'abandonLimits.tags', value: wire.abandonLimits.tags, unit: 'pieces',
      beyond: '`api/bad-argument`, `service-refused`',
    },
    {
      limit: 'abandoned exports and disconnected promises in the result, each',
      name: 'upgradeLimits.listed', value: wire.upgradeLimits.listed, unit: 'pieces',
      beyond: 'the list is cut off; the totals are complete',
    },
    {
      limit: 'vats that the result names for each of them',
      name: 'upgradeLimits.named', value: wire.upgradeLimits.named, unit: 'pieces',
      beyond: 'counted in `others`',
    },
    {
      limit: 'c-list entries that are searched for these names',
      name: 'upgradeLimits.lookups', value: wire.upgradeLimits.lookups, unit: 'pieces',
      beyond: 'counted in `others`',
    },
    {
      limit: 'message and stack of a refused start, each',
      name: 'refusalLimits.text', value: wire.refusalLimits.text, unit: 'characters',
      beyond: 'cut off',
    },
    {
      limit: 'names in a refused start',
      name: 'refusalLimits.names', value: wire.refusalLimits.names, unit: 'pieces',
      beyond: 'the list is cut off',
    },
    {
      limit: 'each of these names',
      name: 'refusalLimits.name', value: wire.refusalLimits.name, unit: 'characters',
      beyond: 'cut off',
    },
    {
      limit: 'message in the history of a vat',
      name: 'historyLimits.message', value: wire.historyLimits.message, unit: 'characters',
      beyond: 'cut off',
    },
    {
      limit: 'names of a refusal in the history',
      name: 'historyLimits.names', value: wire.historyLimits.names, unit: 'pieces',
      beyond: 'the list is cut off',
    },
    {
      limit: 'entries of each list of a result in the history',
      name: 'historyLimits.listed', value: wire.historyLimits.listed, unit: 'pieces',
      beyond: 'the list is cut off',
    },
    {
      limit: 'history entries that one call to an admin node returns',
      name: 'historyLimits.returned', value: wire.historyLimits.returned, unit: 'pieces',
      beyond: 'the list is cut off',
    },
    {
      limit: 'replays that are prepared at the same time, or one for each core if there are more',
      name: 'leastAtOnce',
      value: constantOf('machine/replay/preparedReplays.ts', 'leastAtOnce'),
      unit: 'pieces',
      beyond: '`prepare/too-many`',
    },
    {
      limit: 'prepared replays that are kept',
      name: 'maxKept', value: constantOf('machine/replay/preparedReplays.ts', 'maxKept'), unit: 'pieces',
      beyond: 'the oldest is discarded',
    },
  ],
}

const bundles: Section = {
  title: 'Bundles',
  rows: [
    {
      limit: 'bundle of a vat, by default',
      name: 'defaultBundleLimitBytes', value: defaultBundleLimitBytes, unit: 'bytes',
      beyond: '`bundle/too-large`', changed: '`limitBytes` of `bundleVat`',
    },
    {
      limit: 'bundle in a store',
      name: 'limits.bundleBytes', value: store.bundleBytes, unit: 'bytes',
      beyond: '`bundle/too-large`',
    },
    {
      limit: 'source file',
      name: 'maxSourceBytes', value: maxSourceBytes, unit: 'bytes',
      beyond: '`bundle/unreadable`',
    },
    {
      limit: 'source map, compressed',
      name: 'limits.sourceMapBytes', value: store.sourceMapBytes, unit: 'bytes',
      beyond: 'not kept; stacks name places in the bundle',
    },
  ],
}

const ports: Section = {
  title: 'Ports',
  about: 'Of each [port](ports.md).',
  rows: [
    {
      limit: 'body of an item',
      name: 'portLimits.body', value: wire.portLimits.body, unit: 'characters',
      beyond: '`port/too-large`, `service-refused`',
    },
    {
      limit: 'references in an item',
      name: 'portLimits.slots', value: wire.portLimits.slots, unit: 'pieces',
      beyond: '`port/too-large`, `service-refused`',
    },
    {
      limit: 'items of the host that wait to be received',
      name: 'portLimits.waiting', value: wire.portLimits.waiting, unit: 'pieces',
      beyond: '`port/full`',
    },
    {
      limit: 'items that were received and whose `receive` has not settled',
      name: 'portLimits.unsettled', value: wire.portLimits.unsettled, unit: 'pieces',
      beyond: 'further items wait',
    },
    {
      limit: 'items of vats that the host has not acknowledged',
      name: 'portLimits.unacknowledged', value: wire.portLimits.unacknowledged, unit: 'pieces',
      beyond: '`port-full`',
    },
    {
      limit: 'failures that are kept for the host',
      name: 'portLimits.failures', value: wire.portLimits.failures, unit: 'pieces',
      beyond: 'the oldest is discarded',
    },
    {
      limit: 'items that wait for a kernel that failed',
      name: 'maxWaiting', value: constantOf('machine/faults/faults.ts', 'maxWaiting'), unit: 'pieces',
      beyond: '`kernel/inbox-full`',
    },
  ],
}

const timer: Section = {
  title: 'Timer',
  rows: [
    {
      limit: 'latest time and longest interval',
      name: 'timerLimits.time', value: wire.timerLimits.time, unit: 'pieces',
      beyond: '`api/bad-argument`, `service-refused`',
    },
    {
      limit: 'wakeups that one cancel token cancels',
      name: 'timerLimits.perToken', value: wire.timerLimits.perToken, unit: 'pieces',
      beyond: '`service-refused`',
    },
    {
      limit: 'wakeups that one crank triggers',
      name: 'timerLimits.batch', value: wire.timerLimits.batch, unit: 'pieces',
      beyond: 'the next crank continues',
    },
  ],
}

const names: Section = {
  title: 'Names and paths',
  rows: [
    {
      limit: 'name of a vat',
      name: 'isVatName', value: longestName(isVatName), unit: 'characters',
      beyond: '`vat/name-invalid`',
    },
    {
      limit: 'name of a vat chosen by its creator',
      name: 'isVatLabel', value: longestName(isVatLabel), unit: 'characters',
      beyond: '`service-refused`',
    },
    {
      limit: 'name of a port',
      name: 'isPortName', value: longestName(isPortName), unit: 'characters',
      beyond: '`port/name-invalid`',
    },
    {
      limit: 'label of a bundle',
      name: 'isBundleLabel', value: longestName(isBundleLabel), unit: 'characters',
      beyond: '`api/bad-argument`',
    },
    {
      limit: 'path of the file of a store, links resolved',
      name: 'limits.pathBytes', value: store.pathBytes, unit: 'bytes',
      beyond: '`store/path-too-long`',
    },
  ],
}

const host: Section = {
  title: 'Host and command line',
  rows: [
    {
      limit: 'text argument',
      name: 'maxText', value: constantOf('api/checks.ts', 'maxText'), unit: 'characters',
      beyond: '`api/bad-argument`',
    },
    {
      limit: 'value in the data that a host stores for itself',
      name: 'most', value: constantOf('api/checks.ts', 'most'), unit: 'characters',
      beyond: '`api/bad-argument`',
    },
    {
      limit: 'workers in memory, by default',
      name: 'residentWorkers', value: defaults.residentWorkers, unit: 'pieces',
      beyond: 'the least recently used one is evicted', changed: '`openController`',
    },
    {
      limit: 'memory of the workers, by default',
      name: 'residentBytes', value: defaults.residentBytes, unit: 'bytes',
      beyond: 'the least recently used one is evicted', changed: '`openController`, `--resident-bytes`',
    },
    {
      limit: 'stack of the thread that runs the engines',
      name: 'stackMebibytes', value: stackMebibytes * 1024 ** 2, unit: 'bytes',
      beyond: '`engine/host-stack`; the limit in the engine is reached first',
    },
    {
      limit: 'cranks in a block of `heirloom run`, by default',
      name: 'defaultBlockCranks', value: constantOf('cli/verbs/run.ts', 'defaultBlockCranks'), unit: 'pieces',
      beyond: 'the block is committed', changed: '`--block`',
    },
    {
      limit: 'lines of `vatPowers.testLog` that are kept',
      name: 'maxLines', value: constantOf('machine/trace/testLog.ts', 'maxLines'), unit: 'pieces',
      beyond: 'the oldest are discarded',
    },
    {
      limit: 'renamed trace files, by default',
      name: 'keptTraces', value: constantOf('host/config/optionChecks.ts', 'keptTraces'), unit: 'pieces',
      beyond: 'the oldest is deleted', changed: '`trace.keep`',
    },
    {
      limit: 'queue items, vats and wakeups that are searched for why an answer is pending',
      name: 'pendingLimits.looked', value: wire.pendingLimits.looked, unit: 'pieces',
      beyond: 'the reason is `unknown`',
    },
    {
      limit: 'vats in a row that the reason names',
      name: 'pendingLimits.depth', value: wire.pendingLimits.depth, unit: 'pieces',
      beyond: 'the reason is `unknown`',
    },
    {
      limit: 'reasons that are listed for one vat',
      name: 'pendingLimits.listed', value: wire.pendingLimits.listed, unit: 'pieces',
      beyond: 'the list is cut off',
    },
    {
      limit: 'deviations in the report of an audit, of the file and of the kernel each',
      name: 'deviationLimit', value: deviationLimit, unit: 'pieces',
      beyond: 'the list is cut off; `found` has the total',
    },
    {
      limit: 'objects of one cycle in the report of `heirloom cycles`',
      name: 'cycleObjectLimit', value: cycleObjectLimit, unit: 'pieces',
      beyond: 'the list is cut off',
    },
  ],
}

const files: Section = {
  title: 'Store and exports',
  about: 'The store grows with what is kept of the past; the [retention](retention.md) setting bounds it.',
  rows: [
    {
      limit: 'block records that are always kept',
      name: 'minBlocks', value: minBlocks, unit: 'pieces',
      beyond: '`api/bad-argument` for fewer', changed: '`retention`',
    },
    {
      limit: 'log pages at which a commit merges the log into the file',
      name: 'limits.logPages', value: store.logPages, unit: 'pieces',
      beyond: 'the log is merged',
    },
    {
      limit: 'rows that a commit prunes, in addition to twice those that it adds',
      name: 'limits.rowsPruned', value: store.rowsPruned, unit: 'pieces',
      beyond: 'the next commit continues',
    },
    {
      limit: 'size of the entries that a commit prunes, in addition to twice that of those it adds',
      name: 'limits.bytesPruned', value: store.bytesPruned, unit: 'bytes',
      beyond: 'the next commit continues',
    },
    {
      limit: 'file of an export',
      name: 'artifactLimit', value: artifactLimit, unit: 'bytes',
      beyond: '`export/corrupt-manifest`',
    },
    {
      limit: 'attempts to copy a store that changes meanwhile',
      name: 'limits.copies', value: store.copies, unit: 'pieces',
      beyond: '`store/in-use`',
    },
  ],
}

export const sections: readonly Section[] = [
  messages,
  vats,
  durable,
  upgrades,
  bundles,
  ports,
  timer,
  names,
  host,
  files,
]

const internalToStore = [
  'keyLength',
  'valueLength',
  'nameLength',
  'entryLength',
  'itemLength',
  'pageBytes',
  'manifestBytes',
  'cacheCharacters',
  'absentKeys',
  'rowOverhead',
  'readAhead',
  'readAheadCharacters',
  'batch',
  'pagesInMemory',
  'pagesFreed',
  'vatsLookedAt',
  'blocksPrunedAtOnce',
  'rowsPrunedByStep',
  'bytesPrunedByStep',
  'lockTimeout',
  'openingTimeout',
  'transcriptsInMemory',
]

/** Limits that users do not meet: sizes of caches and steps, and bounds that the limits above keep. */
export const internal: readonly string[] = [
  'rangeLimits.entries', 'rangeLimits.text', 'storageLimits.reportedRoom', 'memoryPageSize',
  ...internalToStore.map((name) => `limits.${name}`),
]
