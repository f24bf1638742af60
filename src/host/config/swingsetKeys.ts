/**
 * SwingSet configuration keys with another meaning here: each is converted, ignored, or refused with advice.
 *
 * | key                                         | comes to                                                    |
 * |---------------------------------------------|-------------------------------------------------------------|
 * | `defaultReapInterval`                       | `collection.deliveries`                                     |
 * | `defaultReapGCKrefs`                        | `collection.references`                                     |
 * | `snapshotInitial`                           | nothing: snapshots are by `snapshotInterval` from the start |
 * | `relaxDurabilityRules`                      | nothing; `true` is refused                                  |
 * | `pinBootstrapRoot`                          | nothing: the kernel holds the roots of all vats             |
 * | `bundleFormat`                              | nothing: sources are bundled in one way                     |
 * | `devices`                                   | nothing for `vatAdmin` and `timer`; others are refused      |
 * | `defaultManagerType`, `includeDevDependencies`, `bundleCachePath`, `$comment` | nothing                   |
 * | `coreProposals`, `clearStorageSubtrees`, `exportStorageSubtrees` | nothing: they are for the host program of Agoric's chain |
 */
import { refuse } from '../../protocol/codes.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import { checkCollection, checkCount, checkOneOf } from '../../api/checks.ts'
import type { CollectionOptions } from './creationOptions.ts'

/** The keys that set when vats collect. */
export interface ScheduleKeys {
  readonly collection?: CollectionOptions
  readonly collectionInterval?: number
  readonly defaultReapInterval?: number | 'never'
  readonly defaultReapGCKrefs?: number | 'never'
}

type Check = (value: unknown) => void

const wrong = (key: string, message: string): never => refuse('api/bad-argument', message, { argument: key })
const flag =
  (key: string): Check =>
  (value) =>
    void (typeof value === 'boolean' || wrong(key, `${key} is true or false`))
const countOrNever =
  (key: string): Check =>
  (value) =>
    void (value === 'never' || checkCount(value, key))
const anything: Check = () => {}

export const swingsetKeys: Readonly<Record<string, Check>> = {
  defaultReapInterval: countOrNever('defaultReapInterval'),
  defaultReapGCKrefs: countOrNever('defaultReapGCKrefs'),
  snapshotInitial: (value) => void checkCount(value, 'snapshotInitial'),
  relaxDurabilityRules: (value) =>
    void (
      value === false ||
      wrong(
        'relaxDurabilityRules',
        'false is the only choice: durable data refers to durable data; keep what need not outlast an upgrade in virtual kinds and collections',
      )
    ),
  pinBootstrapRoot: flag('pinBootstrapRoot'),
  bundleFormat: (value) =>
    void checkOneOf(value, 'bundleFormat', ['endoZipBase64', 'nestedEvaluate', 'getExport', 'endoScript']),
  devices: checkDevices,
  $comment: anything,
  defaultManagerType: anything,
  includeDevDependencies: anything,
  bundleCachePath: anything,
  coreProposals: anything,
  clearStorageSubtrees: anything,
  exportStorageSubtrees: anything,
}

const byHost =
  'what has to do with the world is done by the host, which a port connects with vats: name it in ports'

/** Replacements for devices. */
const instead: Readonly<Record<string, string>> = {
  mailbox: 'the host carries messages through a port: name it in ports',
  bridge: 'the host carries messages through a port: name it in ports',
  command: 'the host carries requests and answers through a port: name it in ports',
  loopbox: 'vats of one kernel send to each other',
  plugin: byHost,
  bundle: 'vats get bundles by getBundleCap and getNamedBundleCap of vatAdmin',
}

/** Devices that the kernel replaces; their sources are not read. */
const served = ['vatAdmin', 'timer']

function checkDevices(devices: unknown): void {
  if (typeof devices !== 'object' || devices === null || Array.isArray(devices))
    wrong('devices', 'is a record of devices by name')
  for (const name of Object.keys(devices as object)) {
    if (served.includes(name)) continue
    const advice = (Object.hasOwn(instead, name) ? instead[name] : undefined) ?? byHost
    wrong(`devices.${name}`, `the devices are ${served.join(' and ')}; ${advice}`)
  }
}

/** Pairs of names for one setting. */
const synonyms = [
  ['defaultReapInterval', 'collectionInterval'],
  ['defaultReapInterval', 'collection'],
  ['defaultReapGCKrefs', 'collection'],
] as const

/** Returns two names for one setting that are both given. */
export const doubled = (config: ScheduleKeys): readonly [word: string, other: string] | undefined =>
  synonyms.find((pair) => pair.every((key) => config[key] !== undefined))

/** When vats collect, under any of the names; null: by `collectionInterval` alone. */
export function scheduleOf({
  collection,
  defaultReapInterval: deliveries,
  defaultReapGCKrefs: references,
}: ScheduleKeys): CollectionSchedule | null {
  if (collection !== undefined) return checkCollection(collection)
  if (deliveries === undefined && references === undefined) return null
  return {
    ...(deliveries === undefined ? {} : { deliveries }),
    ...(references === undefined ? {} : { references }),
  }
}
