/** Values of a plan: JSON in which records beginning with `@` stand for something else. */
import { fromJson, toJson, type Json } from '../../api/jsonForm.ts'
import { decodeValue, encodeValue } from '../../api/values.ts'
import { isRecord } from '../../base/guards.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { PlanPattern, PlanValue } from '../../protocol/plan/plan.ts'

/** What references stand for. */
export interface PlanNames {
  /** The answer of an earlier step. */
  resultOf(step: string): CapData
  /** The root object of a vat. */
  rootOf(vat: string): string
}

/** @throws CodedError `plan/result-missing`, `vat/unknown`, `value/…` */
export const encodePlanValue = (value: PlanValue, names: PlanNames): CapData =>
  encodeValue(valueOf(value, names))

/** The value with what its references stand for. */
export const valueOf = (value: PlanValue, names: PlanNames): unknown =>
  fromJson(value, (form) => referenced(form, names))

/** A value as JSON, for a report or a pattern. */
export const jsonOf = (data: CapData): PlanValue => toJson(decodeValue(data))

function referenced(form: ReadonlyMap<string, unknown>, names: PlanNames): Json | undefined {
  const root = form.get('@root')
  if (typeof root === 'string') return { '@remote': names.rootOf(root) }
  const step = form.get('@result')
  if (typeof step !== 'string') return undefined
  const path = (form.get('path') ?? []) as readonly (string | number)[]
  return partOf(jsonOf(names.resultOf(step)), path, step)
}

function partOf(value: PlanValue, path: readonly (string | number)[], step: string): PlanValue {
  let part: unknown = value
  for (const name of path) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name))
      return refuse('plan/result-missing', `the result of ${step} has no ${path.join('.')}`, { step, path })
    part = Reflect.get(part, name)
  }
  return part as PlanValue
}

/** Where the value does not match the pattern, as a path (`.owner.name`); undefined if it matches. */
export function mismatch(value: PlanValue, pattern: PlanPattern, path = ''): string | undefined {
  if (isRecord(pattern)) return mismatchOfRecord(value, pattern, path)
  if (!Array.isArray(pattern)) return Object.is(value, pattern) ? undefined : placeOf(path)
  if (!Array.isArray(value) || value.length !== pattern.length) return placeOf(path)
  return first(pattern.map((each, index) => mismatch(value[index] as PlanValue, each as PlanPattern, `${path}[${index}]`)))
}

function mismatchOfRecord(
  value: PlanValue,
  pattern: Readonly<Record<string, unknown>>,
  path: string,
): string | undefined {
  if (pattern['@any'] === true) return undefined
  if (typeof pattern['@type'] === 'string') return typeOf(value) === pattern['@type'] ? undefined : placeOf(path)
  if (!isRecord(value)) return placeOf(path)
  return first(
    Object.entries(pattern).map(([name, each]) =>
      Object.hasOwn(value, name)
        ? mismatch(value[name] as PlanValue, each as PlanPattern, `${path}.${name}`)
        : `${path}.${name}`,
    ),
  )
}

/** As `@type` of a pattern names it. */
function typeOf(value: PlanValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (!isRecord(value)) return typeof value
  const [name = ''] = Object.keys(value)
  return name.startsWith('@') && !name.startsWith('@@') ? name.slice(1) : 'record'
}

const first = (found: readonly (string | undefined)[]): string | undefined =>
  found.find((each) => each !== undefined)
const placeOf = (path: string): string => (path === '' ? 'the whole answer' : path)
