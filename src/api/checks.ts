/**
 * Checks arguments of the host API before they are used. Each check returns the argument, or throws
 * `api/bad-argument` with the argument's name.
 */
import { isObject } from '../base/guards.ts'
import { isBundleId, isVatId, type ObjectKref } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import { isCapData } from '../protocol/capdata.ts'
import type { CollectionSchedule } from '../protocol/host/gcSchedule.ts'
import { isBundleLabel, isHostKey } from '../protocol/host/names.ts'
import {
  computrons,
  heapLimit,
  schedule,
  storageLimit,
  valueFlaw,
  type OptionValue,
} from '../protocol/host/optionValues.ts'
import { messageLimits, timerLimits } from '../protocol/limits.ts'
import { minBlocks, type KeptTranscripts, type Retention } from '../protocol/store/retention.ts'
import { isSalvageSlot, summaryOf, type Salvage } from '../protocol/worker/salvage.ts'
import { engineNames, isEngineName, type EngineName } from '../protocol/worker/engineNames.ts'
import { decodeValue, krefOf, Remote } from './values.ts'

/** Length limit of names and of messages for people. */
const maxText = 10_000

export const badArgument = (name: string, wanted: string, given: unknown): never =>
  refuse('api/bad-argument', `${name} must be ${wanted}, not ${describe(given)}`, { argument: name })

function describe(given: unknown): string {
  if (typeof given === 'string')
    return given.length > 100 ? `a text of ${given.length} characters` : JSON.stringify(given)
  return typeof given === 'object' && given !== null ? 'an object' : String(given)
}

export function checkText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') return badArgument(name, 'a text that is not empty', value)
  if (value.length > maxText)
    return badArgument(name, `a text of at most ${maxText} characters`, value)
  return value
}

/** A bundle label from the host. */
export function checkLabel(value: unknown): string {
  const label = checkText(value, 'label')
  return isBundleLabel(label)
    ? label
    : badArgument('label', 'a well-formed text of at most 100 characters', label)
}

/** A key of the host's own data. */
export function checkKey(value: unknown): string {
  const key = checkText(value, 'key')
  return isHostKey(key)
    ? key
    : badArgument('key', 'a text of 1 to 1,000 ASCII characters, the first not U+0001', key)
}

/** A value of the host's own data. */
export function checkHostValue(value: unknown): string | null {
  if (value === undefined) return null
  const most = 1_000_000
  return typeof value === 'string' && value.length <= most && value.isWellFormed()
    ? value
    : badArgument('value', `a well-formed text of at most ${most} characters, or undefined`, value)
}

/** Rows of the host's own data that are written in one step. */
export function checkHostRows(value: unknown): readonly (readonly [key: string, value: string | null])[] {
  const most = 1_000_000
  if (!isObject(value) || !(Symbol.iterator in value)) return badArgument('rows', 'pairs of key and value', value)
  const rows = [...(value as Iterable<unknown>)]
  if (rows.length > most) badArgument('rows', `at most ${most} pairs`, value)
  return rows.map((row) =>
    Array.isArray(row) && row.length === 2
      ? [checkKey(row[0]), checkHostValue(row[1])]
      : badArgument('rows', 'pairs of key and value', row),
  )
}

export function checkCount(value: unknown, name: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 1
    ? (value as number)
    : badArgument(name, 'a whole number from 1 on', value)
}

/** A limit that may be absent. */
export function checkCountOrNone(value: unknown, name: string): number {
  return value === 0 ? 0 : checkCount(value, name)
}

export function checkBoolean(value: unknown, name: string): boolean {
  return typeof value === 'boolean' ? value : badArgument(name, 'true or false', value)
}

/** Retention setting for transcripts. */
export function checkKeptTranscripts(value: unknown): KeptTranscripts {
  if (value === 'all' || value === 'incarnation' || value === 'restart') return value
  const blocks = typeof value === 'object' && value !== null && 'blocks' in value ? value.blocks : undefined
  if (blocks === undefined)
    return badArgument('transcripts', 'all, incarnation, restart or { blocks }', value)
  return { blocks: checkCount(blocks, 'transcripts.blocks') }
}

/** How many of the latest blocks keep their record. */
export function checkKeptBlocks(value: unknown): Retention['blocks'] {
  if (value === 'all') return value
  return Number.isSafeInteger(value) && (value as number) >= minBlocks
    ? (value as number)
    : badArgument('blocks', `all, or a whole number from ${minBlocks} on`, value)
}

/** How many of the latest blocks keep their inputs. */
export const checkKeptInputs = (value: unknown): Retention['inputs'] =>
  value === 'all' ? value : checkCount(value, 'inputs')

export function checkBoundedCount(value: unknown, name: string, most: number): number {
  const count = checkCount(value, name)
  return count <= most ? count : badArgument(name, `a whole number from 1 to ${most}`, count)
}

export function checkWhole(value: unknown, name: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : badArgument(name, 'a whole number from 0 on', value)
}

export function checkTime(value: unknown): bigint {
  return typeof value === 'bigint' && value >= 0n && value <= timerLimits.time
    ? value
    : badArgument('now', 'a bigint from 0n to 2n ** 64n - 1n', value)
}

export function checkBigint(value: unknown, name: string): bigint {
  return typeof value === 'bigint' && value >= 1n && value <= 2n ** 62n
    ? value
    : badArgument(name, 'a bigint from 1n to 2n ** 62n', value)
}

/** A reason for people: of a suspension, a termination, a pause. */
export function checkReason(value: unknown): string {
  const reason = checkText(value, 'reason')
  return reason.isWellFormed() ? reason : badArgument('reason', 'a well-formed text', reason)
}

/** The value of an option of a vat, in the form in which it is kept. */
export function checkValue<Kept>(value: OptionValue<Kept>, given: unknown, name: string): Kept {
  const kept = value.read(given)
  return kept === undefined ? wrongValue(value, given, name) : kept
}

export function wrongValue(value: OptionValue<unknown>, given: unknown, name: string): never {
  if (value.why !== undefined)
    return refuse('api/bad-argument', `${value.wanted} is the only choice: ${value.why}`, { argument: name })
  const flaw = valueFlaw(value, given)
  return badArgument(flaw.part === null ? name : `${name}.${flaw.part}`, flaw.wanted, flaw.given)
}

export const checkComputrons = (given: unknown): string =>
  checkValue(computrons, given, 'computronsPerDelivery')
export const checkHeap = (given: unknown): number => checkValue(heapLimit, given, 'heapLimitBytes')
export const checkStorage = (given: unknown): number => checkValue(storageLimit, given, 'storageLimit')
export const checkCollection = (given: unknown): CollectionSchedule =>
  checkValue(schedule, given, 'collection')

export function checkEngine(value: unknown, name = 'engine'): EngineName {
  return typeof value === 'string' && isEngineName(value)
    ? value
    : badArgument(name, `one of ${engineNames.join(', ')}`, value)
}

export function checkOneOf<Choice extends string>(
  value: unknown,
  name: string,
  choices: readonly Choice[],
): Choice {
  return (
    choices.find((choice) => choice === value) ?? badArgument(name, `one of ${choices.join(', ')}`, value)
  )
}

export function checkRecord<Options extends object>(value: Options, name: string): Options {
  return typeof value === 'object' && value !== null ? value : badArgument(name, 'a record', value)
}

export function checkRemote(value: unknown): ObjectKref {
  return value instanceof Remote
    ? krefOf(value)
    : badArgument('object', 'an object of a vat, as the host was answered it', value)
}

/**
 * A result of `controller.salvage`; since it may have been in a file meanwhile, its summary is recomputed.
 */
export function checkSalvage(value: unknown): Salvage | null {
  if (value === undefined) return null
  const {
    vat,
    bundle,
    incarnation,
    position,
    data,
    summary: _summary,
    ...others
  } = checkRecord(value as { readonly [Name in keyof Salvage]: unknown }, 'salvage')
  const [other] = Object.keys(others)
  if (other !== undefined) return badArgument('salvage', 'a result of controller.salvage', other)
  if (typeof vat !== 'string' || !isVatId(vat)) return badArgument('salvage.vat', 'the id of a vat', vat)
  if (typeof bundle !== 'string' || !isBundleId(bundle))
    return badArgument('salvage.bundle', 'the id of a bundle', bundle)
  const found = checkSalvagedData(data)
  return {
    vat,
    bundle,
    incarnation: checkWhole(incarnation, 'salvage.incarnation'),
    position: checkWhole(position, 'salvage.position'),
    data: found,
    summary: summaryOf(found),
  }
}

function checkSalvagedData(value: unknown): Salvage['data'] {
  const wrong = (): never => badArgument('salvage.data', 'capdata, as returned by controller.salvage', value)
  if (!isCapData(value)) return wrong()
  const [body, slots] = [value.body, [...value.slots]]
  if (
    body.length > messageLimits.body ||
    slots.length > messageLimits.slots ||
    !body.isWellFormed() ||
    !slots.every(isSalvageSlot)
  )
    return wrong()
  try {
    decodeValue({ body, slots })
  } catch {
    return wrong()
  }
  return { body, slots }
}
