/**
 * The options of a vat: one table of their names, of who accepts them, of their values, and of the settings
 * that they result in; and the field in which a request stores each setting. `docs/vat-options.md` is made
 * from it.
 *
 * Options are read in four places: in the calls `createVat`, `upgrade` and `changeOptions` of vats, and in
 * the configuration of a store. A reader checks the options that depend on its place itself.
 *
 * Vo1. An option that is not in the table is refused by name, as is one that the place does not accept. An
 *      option set to `undefined` counts as absent. Two options for the same setting are refused together.
 * Vo2. Reading options changes nothing.
 */
import { assert } from '../../base/errors.ts'
import { isWorkerId, type ObjectKref, type WorkerId } from '../../base/ids.ts'
import { isCount, isDigits, isText } from '../../base/guards.ts'
import { faultPolicies, importances } from '../results.ts'
import type { EngineName } from '../worker/engineNames.ts'
import type { WorkerVersion } from '../worker/worker.ts'
import { isCollectionSchedule, type CollectionSchedule } from './gcSchedule.ts'
import {
  areTags,
  failurePolicies,
  isDrain,
  parameterSources,
  upgradeModes,
  type ChangeableOptions,
  type UpgradeChoices,
  type VatOptions,
} from './inbox.ts'
import { listOfTexts, oneOf, optional, required, type FieldsOf } from './fields.ts'
import * as values from './optionValues.ts'
import type { OptionValue } from './optionValues.ts'

/** The settings from options, in the form that requests store. Absent options are absent here. */
export interface VatSettings extends ChangeableOptions, Partial<UpgradeChoices> {
  /** The creator's label for the vat. */
  readonly label?: string
  readonly parameters?: unknown
  readonly meter?: ObjectKref
  /** The worker of the first incarnation: a version, or the engine of one. */
  readonly worker?: WorkerVersion
  readonly engine?: EngineName
}

/** Where options are given: a call of a vat, or the configuration of a store. */
export type OptionsCall = 'createVat' | 'upgrade' | 'changeOptions'
export type OptionsPlace = OptionsCall | 'configuration'

/** What an option sets; options that share a setting are names for the same. */
type Setting = Exclude<keyof VatSettings, 'collection'> | `collection.${keyof CollectionSchedule}`

export interface VatOption<Kept = unknown, Value = OptionValue<Kept> | null> {
  readonly places: readonly OptionsPlace[]
  /** Null: a right value depends on the place. */
  readonly value: Value
  /** Empty: the option has no effect here. */
  readonly sets: readonly Setting[]
  settings(kept: Kept): VatSettings
}

const option = <Kept>(
  places: readonly OptionsPlace[],
  value: OptionValue<Kept>,
  sets: readonly Setting[],
  settings: (kept: Kept) => VatSettings,
): VatOption<Kept, OptionValue<Kept>> => ({ places, value, sets, settings })

/** An option whose value the reader checks and converts. */
const inContext = (places: readonly OptionsPlace[], sets: Setting): VatOption<VatSettings, null> => ({
  places,
  value: null,
  sets: [sets],
  settings: (kept) => kept,
})

/** An option of SwingSet without effect here, whose value is checked all the same. */
const idle = <Kept>(
  places: readonly OptionsPlace[],
  value: OptionValue<Kept>,
): VatOption<Kept, OptionValue<Kept>> => option(places, value, [], () => ({}))

const [created, upgraded, everywhere] = [
  ['createVat', 'configuration'],
  ['upgrade'],
  ['createVat', 'changeOptions', 'configuration'],
] as const
const parameters = option(['createVat', 'upgrade'], values.anything, ['parameters'], (given) => ({
  parameters: given,
}))

/** Of the names for one setting the first is the usual one. */
export const vatOptions = {
  name: inContext(created, 'label'),
  parameters,
  vatParameters: parameters,
  computronsPerDelivery: option(
    everywhere,
    values.computrons,
    ['computronsPerDelivery'],
    (computronsPerDelivery) => ({ computronsPerDelivery }),
  ),
  heapLimitBytes: option(everywhere, values.heapLimit, ['heapLimitBytes'], (heapLimitBytes) => ({
    heapLimitBytes,
  })),
  storageLimit: option(everywhere, values.storageLimit, ['storageLimit'], (storageLimit) => ({
    storageLimit,
  })),
  meter: inContext(['createVat', 'changeOptions'], 'meter'),
  collection: option(
    everywhere,
    values.schedule,
    ['collection.deliveries', 'collection.references', 'collection.computrons'],
    (collection) => ({ collection }),
  ),
  reapInterval: option(everywhere, values.countOrNever, ['collection.deliveries'], (deliveries) => ({
    collection: { deliveries },
  })),
  reapGCKrefs: option(
    ['configuration'],
    values.countOrNever,
    ['collection.references'],
    (references) => ({ collection: { references } }),
  ),
  neverReap: option(created, values.flag, ['collection.deliveries', 'collection.references'], (never) =>
    never ? { collection: { deliveries: 'never', references: 'never' } } : {},
  ),
  onFault: option(everywhere, values.choice(faultPolicies), ['onFault'], (onFault) => ({ onFault })),
  importance: inContext(everywhere, 'importance'),
  critical: inContext(everywhere, 'importance'),
  worker: inContext(created, 'worker'),
  upgradeMessage: option(upgraded, values.upgradeMessage, ['upgradeMessage'], (upgradeMessage) => ({
    upgradeMessage,
  })),
  mode: option(upgraded, values.choice(upgradeModes), ['mode'], (mode) => ({ mode })),
  parametersFrom: option(
    upgraded,
    values.choice(parameterSources),
    ['parametersFrom'],
    (parametersFrom) => ({ parametersFrom }),
  ),
  onFailure: option(upgraded, values.choice(failurePolicies), ['onFailure'], (onFailure) => ({
    onFailure,
  })),
  drain: option(upgraded, values.drain, ['drain'], (drain) => ({ drain })),
  abandonKinds: option(upgraded, values.abandonedTags, ['abandonKinds'], (tags) =>
    tags.length === 0 ? {} : { abandonKinds: [...tags] },
  ),
  managerType: idle(created, values.managerType),
  virtualObjectCacheSize: idle(everywhere, values.whole),
  description: idle(created, values.text),
  enablePipelining: idle(created, values.flag),
  nodeOptions: idle(created, values.texts),
  useTranscript: idle(created, values.only(true, 'every vat has a transcript')),
  enableSetup: idle(created, values.only(false, 'a vat starts by buildRootObject')),
  enableVatstore: idle(
    created,
    values.only(false, 'a vat keeps its data in durable kinds and collections'),
  ),
  enableDisavow: idle(created, values.only(false, 'imports end when nothing holds them')),
} as const satisfies Readonly<Record<string, VatOption>>

export type VatOptionName = keyof typeof vatOptions

/** The options whose values depend on the place. */
export type ContextOption = {
  readonly [Name in VatOptionName]: (typeof vatOptions)[Name]['value'] extends null ? Name : never
}[VatOptionName]

/** The values of the options that depend on the place. An option that the place does not accept has none. */
export type ContextValues<Accepted extends ContextOption = ContextOption> = {
  readonly [Name in Accepted]: OptionValue<VatSettings>
}

const entries: readonly (readonly [string, VatOption])[] = Object.entries(vatOptions)

/** The names of the options that the place accepts, in the order of the table. */
export const optionsOf = (place: OptionsPlace): readonly string[] =>
  entries.filter(([, { places }]) => places.includes(place)).map(([name]) => name)

export type ReadSettings =
  | { readonly kind: 'settings'; readonly settings: VatSettings }
  | {
      readonly kind: 'wrong'
      readonly option: string
      readonly value: OptionValue<unknown>
      readonly given: unknown
    }
  /** Two names for one setting; `other` is the more usual one. */
  | { readonly kind: 'doubled'; readonly option: string; readonly other: string }

/** The settings from options whose names the place accepts, or the first error in them (Vo1, Vo2). */
export function readSettings(
  place: OptionsPlace,
  given: object,
  context: Partial<ContextValues>,
): ReadSettings {
  let settings: VatSettings = {}
  const chosen = new Map<string, unknown>(Object.entries(given))
  const found = entries.filter(([name]) => chosen.get(name) !== undefined)
  const own = new Map<string, OptionValue<unknown>>(Object.entries(context))
  for (const [option, { places, value: known, settings: settingsOf }] of found) {
    const value = known ?? own.get(option)
    assert(value !== undefined && places.includes(place), 'a reader checks the options of its place')
    const kept = value.read(chosen.get(option))
    if (kept === undefined) return { kind: 'wrong', option, value, given: chosen.get(option) }
    settings = merged(settings, settingsOf(kept))
  }
  const twice = doubled(found)
  return twice === undefined ? { kind: 'settings', settings } : { kind: 'doubled', ...twice }
}

/** Names of SwingSet set single parts of the schedule. */
const merged = (before: VatSettings, more: VatSettings): VatSettings => ({
  ...before,
  ...more,
  ...(before.collection && more.collection
    ? { collection: { ...before.collection, ...more.collection } }
    : {}),
})

/** Whether the options are names for the same setting, or for a part of it. */
export const shareSetting = (one: VatOption, other: VatOption): boolean =>
  one.sets.some((each) => other.sets.includes(each))

function doubled(
  found: readonly (readonly [string, VatOption])[],
): { readonly option: string; readonly other: string } | undefined {
  for (const [index, [option, entry]] of found.entries()) {
    const same = found.slice(0, index).find(([, other]) => shareSetting(entry, other))
    if (same !== undefined) return { option, other: same[0] }
  }
  return undefined
}

// --- stored fields

export const changeableFields: FieldsOf<ChangeableOptions> = {
  computronsPerDelivery: optional(isDigits, 'decimal digits'),
  heapLimitBytes: optional(isCount, 'number'),
  storageLimit: optional(isCount, 'number', 1),
  collection: optional(isCollectionSchedule, 'a schedule', 1),
  onFault: optional(oneOf(faultPolicies), listOfTexts(faultPolicies), 1),
  importance: optional(oneOf(importances), listOfTexts(importances), 1),
}

export const creationFields: FieldsOf<VatOptions> = {
  ...changeableFields,
  worker: optional((value): value is WorkerId => isText(value) && isWorkerId(value), '`w1-…`'),
}

export const upgradeChoiceFields: FieldsOf<UpgradeChoices> = {
  upgradeMessage: required(isText, 'text'),
  mode: optional(oneOf(upgradeModes), listOfTexts(upgradeModes), 1),
  parametersFrom: optional(oneOf(parameterSources), listOfTexts(parameterSources), 1),
  onFailure: optional(oneOf(failurePolicies), listOfTexts(failurePolicies), 1),
  drain: optional(isDrain, '`{ maxCranks }`', 1),
  abandonKinds: optional(areTags, 'list of texts', 1),
}

// --- documentation

/** What each option does, for the page; the kernel does not contain these texts. */
export const optionLines: Readonly<Record<VatOptionName, string>> = {
  name: 'names the vat ([names](vat-admin.md#names)); in a configuration nothing, for files that repeat the key',
  parameters: 'the second argument of `buildRootObject`',
  vatParameters: "SwingSet's name for `parameters`",
  computronsPerDelivery: 'limits one delivery',
  heapLimitBytes: 'limits the heap',
  storageLimit: 'limits what the vat [stores](lives.md#what-a-vat-may-store)',
  meter: 'the [meter](metering.md) that the vat is charged to',
  collection: 'when the vat [collects its garbage](collection.md#when-a-vat-is-asked)',
  reapInterval: "SwingSet's name for `collection: { deliveries }`",
  reapGCKrefs: "SwingSet's name for `collection: { references }`",
  neverReap: "`true` is `collection: { deliveries: 'never', references: 'never' }`",
  onFault: 'what happens to the vat when a delivery [fails](lives.md#faults)',
  importance: 'a fault of a `critical` vat [pauses the kernel](vat-admin.md#critical-vats)',
  critical: "SwingSet's name for `importance`",
  worker: 'the worker version of the first incarnation',
  upgradeMessage: 'part of the rejection of promises that end with the old incarnation',
  mode: 'how the new code [takes over](upgrade.md)',
  parametersFrom: '`kept`: the heir receives the parameters of the previous incarnation, and none may be passed',
  onFailure: 'what happens to the vat when the heir cannot start',
  drain: 'the vat receives pending answers first, for at most this many cranks ([draining](lives.md#draining))',
  abandonKinds: 'tags of durable kinds that end if the heir does not define them ([kinds](kinds.md#what-an-heir-must-and-may-do))',
  managerType: 'nothing: there is one kind of worker',
  virtualObjectCacheSize: 'nothing: the cache has one size',
  description: 'nothing',
  enablePipelining: 'nothing: messages are always pipelined',
  nodeOptions: 'nothing',
  useTranscript: 'nothing: every vat has a transcript',
  enableSetup: 'nothing: a vat starts by `buildRootObject`',
  enableVatstore: 'nothing: a vat keeps its data in durable kinds and collections',
  enableDisavow: 'nothing: imports end when nothing holds them',
}
