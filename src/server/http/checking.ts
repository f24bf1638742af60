/**
 * Checks the parts of a request by their schemas. The texts of a path or a query string become numbers and
 * booleans where the schema says so, in one form each.
 */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { isRecord } from '../../base/guards.ts'
import { refuseHttp } from './errors.ts'

export type Part = 'params' | 'query' | 'body'

export type Checker = (value: unknown) => unknown

/** Returns the value of the part, or refuses the request with `http/bad-request`. */
export function checkerOf(part: Part, schema: TSchema): Checker {
  const validator = Compile(schema)
  const kinds = part === 'body' ? new Map<string, unknown>() : kindsOf(schema)
  return (given) => {
    const value = part === 'body' ? given : converted(given, kinds)
    if (validator.Check(value)) return value
    const flaws = validator.Errors(value)
    const unknown = flaws.find(({ keyword }) => keyword === 'additionalProperties')
    const { path, message } = unknown === undefined ? flawOf(flaws) : unknownIn(unknown.params)
    const place = `${part}${path}`.slice(0, maxPath)
    return refuseHttp('http/bad-request', `${place}: ${message}`, { detail: { part, path } })
  }
}

const maxPath = 100

interface Flaw {
  readonly instancePath: string
  readonly message: string
}

function flawOf(flaws: readonly Flaw[]): { readonly path: string; readonly message: string } {
  const [first] = flaws
  const path = (first?.instancePath ?? '').replaceAll('/', '.').slice(0, maxPath)
  return { path, message: first?.message ?? '' }
}

function unknownIn(params: object): { readonly path: string; readonly message: string } {
  const names = 'additionalProperties' in params ? (params.additionalProperties as readonly string[]) : []
  return { path: `.${names[0] ?? ''}`.slice(0, maxPath), message: 'there is no such field' }
}

function kindsOf(schema: TSchema): Map<string, unknown> {
  const properties: unknown = 'properties' in schema ? schema.properties : {}
  const entries = isRecord(properties) ? Object.entries(properties) : []
  return new Map(entries.map(([name, each]) => [name, isRecord(each) ? each['type'] : undefined]))
}

function converted(given: unknown, kinds: ReadonlyMap<string, unknown>): unknown {
  const entries = Object.entries(given ?? {})
  return Object.fromEntries(entries.map(([name, value]) => [name, convert(value, kinds.get(name))]))
}

function convert(value: unknown, kind: unknown): unknown {
  if (typeof value !== 'string') return value
  if (kind === 'integer' && /^(?:0|[1-9]\d{0,15})$/.test(value)) return Number(value)
  if (kind === 'number' && /^(?:0|[1-9]\d{0,8})(?:\.\d{1,3})?$/.test(value)) return Number(value)
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
