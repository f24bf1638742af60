/**
 * Reads a plan: JSON, or the parsed value.
 *
 * Pl1. A plan is read whole or refused whole, with the path to what is wrong (`steps[2].drain.maxCranks`).
 * Pl2. Steps refer to earlier ones only, so that a plan has no cycle.
 */
import { Value } from 'typebox/value'
import type { TSchema } from 'typebox'
import { fromJson } from '../../api/jsonForm.ts'
import { assert, CodedError } from '../../base/errors.ts'
import { isRecord } from '../../base/guards.ts'
import { didYouMean } from '../../base/nearest.ts'
import { refuse } from '../../protocol/codes.ts'
import {
  hasRollback,
  planDefaults,
  planLimits,
  type Plan,
  type PlanStep,
  type PlanStepKind,
  type PlanValue,
} from '../../protocol/plan/plan.ts'
import { planFrame, stepSchemas, type WrittenPlan } from './planSchema.ts'

/** @throws CodedError `plan/malformed`, with `path` */
export function readPlan(given: unknown): Plan {
  const written = parsed(typeof given === 'string' ? given : textOf(given))
  assertFits(planFrame, written, '')
  const plan = written as WrittenPlan
  if (plan.steps.length === 0 || plan.steps.length > planLimits.steps)
    malformed('steps', `a plan has 1 to ${planLimits.steps} steps, not ${plan.steps.length}`)
  const names = new Set<string>()
  for (const [index, step] of plan.steps.entries()) checkStep(step, `steps[${index}]`, names)
  const { onFailure, budget, maxBlocks } = planDefaults
  const whole: Plan = { about: '', expects: {}, onFailure, budget, maxBlocks, ...plan }
  if (hasRollback(whole)) checkOneBlock(whole)
  return whole
}

/** What cannot be in a plan that may be taken back. */
function checkOneBlock({ steps, onFailure }: Plan): void {
  for (const [index, step] of steps.entries()) {
    const flaw = flawInOneBlock(step)
    if (flaw !== undefined) malformed(`steps[${index}].kind`, flaw)
    if ((step.onFailure ?? onFailure) !== 'stop') continue
    const path = step.onFailure === undefined ? 'onFailure' : `steps[${index}].onFailure`
    malformed(
      path,
      `${JSON.stringify(step.name)} would stop the plan; with rollback, a plan is one block, and cannot stop within it`,
    )
  }
}

/** `names`: of the earlier steps; the step's own is added. */
function checkStep(step: unknown, path: string, names: Set<string>): void {
  const kind = isRecord(step) ? step['kind'] : undefined
  if (typeof kind !== 'string') malformed(`${path}.kind`, 'a step has a kind')
  if (!isStepKind(kind)) {
    const meant = didYouMean(kind, Object.keys(stepSchemas))
    malformed(`${path}.kind`, `there is no step ${JSON.stringify(kind)}${meant}`)
  }
  assertFits(stepSchemas[kind], step, path)
  const { name } = step as PlanStep
  if (names.has(name)) malformed(`${path}.name`, `an earlier step is named ${JSON.stringify(name)} too`)
  for (const [at, value] of valuesOf(step as PlanStep)) checkValue(value, `${path}.${at}`, names)
  checkOwn(step as PlanStep, path, names)
  names.add(name)
}

const isStepKind = (kind: string): kind is PlanStepKind => Object.hasOwn(stepSchemas, kind)

/** What the kind of the step demands beside its schema. */
function checkOwn(step: PlanStep, path: string, names: ReadonlySet<string>): void {
  if (step.kind === 'wait' && !names.has(step.for)) notEarlier(`${path}.for`, step.for)
  if (step.kind === 'worker' && step.vats !== undefined && step.pattern !== undefined)
    malformed(path, 'vats and pattern are alternatives')
  if (step.kind === 'retire' && (step.worker === undefined) === (step.bundle === undefined))
    malformed(path, 'a step retires a worker or a bundle, one of both')
  if (step.kind !== 'together') return
  const vats = new Set<string>()
  for (const [index, { vat }] of step.upgrades.entries()) {
    if (vats.has(vat)) malformed(`${path}.upgrades[${index}].vat`, `${JSON.stringify(vat)} is upgraded twice`)
    vats.add(vat)
  }
}

/** The values of a step in which references may be. */
function* valuesOf(step: PlanStep): Generator<readonly [path: string, value: PlanValue]> {
  switch (step.kind) {
    case 'vat':
    case 'create':
    case 'evaluate':
      if (step.parameters !== undefined) yield ['parameters', step.parameters]
      return
    case 'together':
      for (const [index, { parameters }] of step.upgrades.entries())
        if (parameters !== undefined) yield [`upgrades[${index}].parameters`, parameters]
      return
    case 'parameter':
      yield ['governor', step.governor]
      yield ['value', step.value]
      return
    case 'probe':
      yield ['to', step.to]
      for (const [index, argument] of (step.args ?? []).entries()) yield [`args[${index}]`, argument]
      return
    default:
  }
}

/** Pl2. */
function checkValue(value: PlanValue, path: string, names: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly PlanValue[]).entries())
      checkValue(item, `${path}[${index}]`, names)
    return
  }
  if (!isRecord(value)) return
  const [first] = Object.keys(value)
  if (first?.startsWith('@') === true && !first.startsWith('@@')) {
    if (first === '@result' || first === '@root') checkReference(value, first, path, names)
    else checkForm(value, first, path, names)
    return
  }
  for (const [name, member] of Object.entries(value)) checkValue(member as PlanValue, `${path}.${name}`, names)
}

function checkReference(
  value: Readonly<Record<string, unknown>>,
  name: '@result' | '@root',
  path: string,
  names: ReadonlySet<string>,
): void {
  const given = value[name]
  const known = name === '@result' ? [name, 'path'] : [name]
  const others = Object.keys(value).filter((other) => !known.includes(other))
  if (others.length > 0) malformed(`${path}.${others[0]}`, `a reference ${name} has no member ${others[0]}`)
  if (name === '@root') {
    if (typeof given !== 'string') malformed(path, '@root is the name of a vat')
    return
  }
  if (typeof given !== 'string' || !names.has(given)) notEarlier(path, given)
  if (value['path'] !== undefined && !isPath(value['path']))
    malformed(`${path}.path`, 'a path is a list of names and numbers')
}

/** What JSON does not have. An object has another name in each store, so that no plan can contain it. */
function checkForm(
  value: Readonly<Record<string, unknown>>,
  name: string,
  path: string,
  names: ReadonlySet<string>,
): void {
  if (name === '@remote') malformed(path, 'an object of a vat is referred to by @root or @result')
  if (name === '@tagged') checkValue(value['payload'] as PlanValue, `${path}.payload`, names)
  try {
    fromJson(value as PlanValue, (form) => (form.has('@result') || form.has('@root') ? null : undefined))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    malformed(path, error.message)
  }
}

const isPath = (path: unknown): boolean =>
  Array.isArray(path) && path.every((each) => typeof each === 'string' || Number.isSafeInteger(each))

/** What a program passes is taken as its JSON. */
function textOf(given: unknown): string {
  try {
    return JSON.stringify(given) ?? malformed('', 'a plan is a record')
  } catch (error) {
    if (error instanceof CodedError) throw error
    return malformed('', `it has no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parsed(text: string): unknown {
  if (text.length > planLimits.text) malformed('', `a plan has at most ${planLimits.text} characters as JSON`)
  try {
    return JSON.parse(text)
  } catch (error) {
    return malformed('', `not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Pl1. */
function assertFits(schema: TSchema, value: unknown, path: string): void {
  const [first] = Value.Errors(schema, value).filter(({ keyword }) => keyword !== 'boolean')
  if (first === undefined) return
  const { instancePath, message, params } = first
  const at = pathOf(path, instancePath)
  if ('additionalProperties' in params) {
    const [name = ''] = params.additionalProperties as string[]
    const known = Object.keys(propertiesAt(schema, instancePath))
    malformed(at === '' ? name : `${at}.${name}`, `there is no such member${didYouMean(name, known)}`)
  }
  const allowed = 'allowedValues' in params ? `: ${params.allowedValues.map(String).join(', ')}` : ''
  assert(!Value.Check(schema, value), 'a value with errors does not fit its schema (Pl1)')
  malformed(at, `${message}${allowed}`)
}

/** `/steps/0/name` as `steps[0].name`. */
const pathOf = (before: string, pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .reduce((path, part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
      if (/^\d+$/.test(name)) return `${path}[${name}]`
      return path === '' ? name : `${path}.${name}`
    }, before)

/** The members that a record at this place of a value may have. */
function propertiesAt(schema: TSchema, pointer: string): Readonly<Record<string, unknown>> {
  let here: unknown = schema
  for (const part of pointer.split('/').slice(1)) {
    if (!isRecord(here)) return {}
    const { properties, items } = here
    here = /^\d+$/.test(part) ? items : isRecord(properties) ? properties[part] : undefined
  }
  return isRecord(here) && isRecord(here['properties']) ? here['properties'] : {}
}

function notEarlier(path: string, name: unknown): never {
  malformed(path, `${JSON.stringify(name)} is not the name of an earlier step`)
}

/** Why a step cannot be taken back with its block; undefined if it can. */
export const flawInOneBlock = ({ kind }: PlanStep): string | undefined =>
  kind === 'kernel'
    ? 'a kernel is put in place between two blocks, and a plan that is rolled back is one block; it has a trial of its own'
    : undefined

export function malformed(path: string, why: string): never {
  refuse('plan/malformed', `the plan cannot be read${path === '' ? '' : `, at ${path}`}: ${why}`, { path })
}
