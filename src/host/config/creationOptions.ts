/**
 * Options of a static vat in a configuration, and of the host's calls: read by the table of
 * `protocol/host/vatOptions.ts`.
 *
 * Co1. An unknown option is refused by name, and an invalid value with the values allowed.
 * Co2. Two names for one option are not accepted together.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { ChangeableOptions } from '../../protocol/host/inbox.ts'
import { choice, flag, type OptionValue } from '../../protocol/host/optionValues.ts'
import {
  readSettings,
  type ContextValues,
  type OptionsPlace,
  type VatSettings,
} from '../../protocol/host/vatOptions.ts'
import { importances, type Importance, type OnFault } from '../../protocol/results.ts'
import { wrongValue } from '../../api/checks.ts'
import { engineNames, type EngineName } from '../../protocol/worker/engineNames.ts'

/** When a vat collects garbage, as the host writes it. */
export interface CollectionOptions {
  readonly deliveries?: number | 'never'
  /** References passed to the vat. */
  readonly references?: number | 'never'
  readonly computrons?: bigint | 'never'
}

/** The options of a static vat, under Heirloom's names and SwingSet's. */
export interface CreationOptions {
  readonly computronsPerDelivery?: bigint
  readonly heapLimitBytes?: number
  readonly storageLimit?: number
  readonly collection?: CollectionOptions
  readonly reapInterval?: number | 'never'
  readonly reapGCKrefs?: number | 'never'
  readonly neverReap?: boolean
  readonly onFault?: OnFault
  readonly importance?: Importance
  readonly critical?: boolean
  readonly worker?: EngineName
  readonly name?: string
}

/** The effective options. */
export interface ReadCreation {
  readonly options: ChangeableOptions
  /** Null: the engine on which all vats start. */
  readonly engine: EngineName | null
}

/** The value of an option, converted to settings. */
const converted = <Kept>(
  { wanted, read }: OptionValue<Kept>,
  settings: (kept: Kept) => VatSettings,
): OptionValue<VatSettings> => ({
  wanted,
  read(value) {
    const kept = read(value)
    return kept === undefined ? undefined : settings(kept)
  },
})

const importance = converted(choice(importances), (given) => ({ importance: given }))
const critical = converted(flag, (given) => ({ importance: given ? 'critical' : 'ordinary' }))
const worker = converted(choice(engineNames), (engine) => ({ engine }))
const nameOf = (vat: string): OptionValue<VatSettings> => ({
  wanted: `the key of the vat in vats, ${vat}, or left out`,
  read: (value) => (value === vat ? {} : undefined),
})

/** Runs the check of an option; it may add the place of the option to errors. */
type Within = (option: string, check: () => never) => never

/** Co2, and each option by itself. The keys are known ones. */
export function readCreation(given: object, vat: string, within: Within): ReadCreation {
  const context: ContextValues<'name' | 'importance' | 'critical' | 'worker'> = {
    name: nameOf(vat),
    importance,
    critical,
    worker,
  }
  const { engine = null, ...options } = settingsOf('configuration', given, context, within)
  assert(!('worker' in options), 'the worker of a static vat is installed by its engine')
  return { options, engine }
}

/** The settings from options of the host's calls, whose names are checked. The caller checks workers. */
export const checkSettings = (place: OptionsPlace, given: object): Omit<VatSettings, 'worker'> =>
  settingsOf(place, given, { importance }, (_option, check) => check())

function settingsOf(
  place: OptionsPlace,
  given: object,
  context: Partial<ContextValues>,
  within: Within,
): VatSettings {
  const read = readSettings(place, given, context)
  switch (read.kind) {
    case 'settings':
      return read.settings
    case 'wrong':
      return within(read.option, () => wrongValue(read.value, read.given, read.option))
    case 'doubled':
      return within(read.option, () =>
        refuse('api/bad-argument', `another word for ${read.other}; give one of them`, {
          argument: read.option,
        }),
      )
  }
}
