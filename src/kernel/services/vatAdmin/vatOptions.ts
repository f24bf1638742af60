/**
 * Reads the options that vats pass to `createVat`, `upgrade` and `changeOptions`
 * (`protocol/host/vatOptions.ts`), and words refusals as SwingSet does.
 */
import { nearest } from '../../../base/nearest.ts'
import { isWorkerId } from '../../../base/ids.ts'
import { isVatLabel } from '../../../protocol/host/names.ts'
import type { OptionValue } from '../../../protocol/host/optionValues.ts'
import {
  optionsOf,
  readSettings,
  type ContextValues,
  type OptionsCall,
  type ReadSettings,
  type VatSettings,
} from '../../../protocol/host/vatOptions.ts'
import type { Tables } from '../../tables/tables.ts'
import { heapPages } from '../../delivery/vatLimits.ts'
import { meterOf } from './meter.ts'
import { isOptions, nameOf, objectOf } from '../service.ts'

/** The settings from the options. Absent options are absent here. */
export interface Settings extends Omit<VatSettings, 'heapLimitBytes' | 'engine'> {
  readonly heapLimitPages?: number
}

export type ReadOptions =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'refused'; readonly message: string }

/** The settings from a call's options, or the error in them. */
export function readOptions(tables: Tables, call: OptionsCall, given: unknown): ReadOptions {
  if (!isOptions(given)) return { kind: 'refused', message: `the options of ${call} are a record` }
  const known = optionsOf(call)
  const unknown = Object.keys(given).filter((name) => given[name] !== undefined && !known.includes(name))
  if (unknown.length > 0) return { kind: 'refused', message: unknownOptions(call, unknown, known) }
  const read = readSettings(call, given, valuesIn(tables))
  if (read.kind !== 'settings') return { kind: 'refused', message: messageOf(call, read) }
  const { heapLimitBytes, ...others } = read.settings
  const pages = heapLimitBytes === undefined ? {} : { heapLimitPages: heapPages(heapLimitBytes) }
  return { kind: 'settings', settings: { ...others, ...pages } }
}

function messageOf(call: OptionsCall, read: Exclude<ReadSettings, { kind: 'settings' }>): string {
  switch (read.kind) {
    case 'doubled':
      return `${[read.option, read.other].sort().join(' and ')} are the same option; ${call} takes one of them`
    case 'wrong': {
      const { option, given, value: { wanted, why } } = read
      return `${wrongOption(call, option, given)}: the option ${option} is ${why === undefined ? wanted : `${wanted}: ${why}`}`
    }
  }
}

/** SwingSet's messages for options that a call does not accept, with the name that was probably meant. */
const unknownWords = {
  createVat: 'CreateVatOptions: unknown options',
  upgrade: 'upgrade() received unknown options:',
  changeOptions: 'invalid option',
} as const satisfies { readonly [Call in OptionsCall]: string }

function unknownOptions(call: OptionsCall, unknown: readonly string[], known: readonly string[]): string {
  const meant = unknown.flatMap((name) =>
    name.length <= maxMisspeltLength ? (nearest(name, known) ?? []) : [],
  )
  return `${unknownWords[call]} ${nameOf(unknown.join(','))}: ${call} has no such option${meant.length === 0 ? '' : `; did you mean ${meant.join(', ')}?`}`
}

const maxMisspeltLength = 30

/** SwingSet's message for an option with a wrong value. */
function wrongOption(call: OptionsCall, name: string, value: unknown): string {
  if (call !== 'createVat') return name === 'reapInterval' ? 'invalid reapInterval value' : call
  return name === 'name' || name === 'managerType'
    ? `CreateVatOptions: bad ${name === 'name' ? 'vat name' : name} ${nameOf(value)}`
    : `CreateVatOptions(${name})`
}

// --- values that depend on the store

const valuesIn = (tables: Tables): ContextValues => ({
  name,
  importance,
  meter: {
    wanted: 'a meter that createMeter or createUnlimitedMeter gave',
    read(value) {
      const meter = meterOf(tables, value)
      return meter && { meter }
    },
  },
  worker: {
    wanted: 'the id of a worker version that is installed',
    read(value) {
      const worker = typeof value === 'string' && isWorkerId(value) ? tables.workers.find(value) : undefined
      return worker && { worker }
    },
  },
  critical: {
    wanted: 'the key of getCriticalVatKey(), or false; what was given is an invalid criticalVatKey',
    read(value) {
      if (value === false) return { importance: 'ordinary' }
      const key = objectOf(value)
      return key !== undefined && key === tables.serviceRoot('criticalVatKey')
        ? { importance: 'critical' }
        : undefined
    },
  },
})

const name: OptionValue<VatSettings> = {
  wanted: 'the name of the new vat: 1 to 199 letters, digits, dots, dashes or underscores',
  read: (value) => (typeof value === 'string' && isVatLabel(value) ? { label: value } : undefined),
}

/** A critical vat can stop the kernel, so the option alone is not enough. */
const importance: OptionValue<VatSettings> = {
  wanted:
    "'ordinary'; a vat becomes critical by the option critical, with the key of getCriticalVatKey()",
  read: (value) => (value === 'ordinary' ? { importance: value } : undefined),
}
