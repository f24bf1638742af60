/**
 * Reads the interfaces of a vat's objects in a copy of its heap: the names of their methods and their guards.
 *
 * Ifs1. It needs of the worker only what a salvage needs, as sweeps do (Swp4): an old incarnation can be read
 *       with any supervisor since release 0.2.0. Of the vat's author it calls only a
 *       `__getInterfaceGuard__` that the author has written.
 * Ifs2. What was read is output of a worker: what has not the form of an interface is not known.
 */
import type { ObjectVref } from '../../../base/ids.ts'
import { isRecord, isText } from '../../../base/guards.ts'
import type { SalvageOutcome } from '../../../protocol/kernel/platform.ts'

/** An object to read; null: the root. */
export interface Sample {
  /** `root`, the tag of a kind, or `tag.facet`. */
  readonly name: string
  readonly vref: ObjectVref | null
}

/** The guard of a method; patterns are smallcaps JSON. */
export interface MethodGuard {
  /** `sync` or `async`. */
  readonly callKind: string
  readonly required: readonly string[]
  readonly optional: readonly string[]
  readonly rest: string | null
  readonly result: string | null
}

/** `guard`: null if none is known for the method. */
export type Interface = ReadonlyMap<string, MethodGuard | null>

/** Whether guards are read: one with a pattern that cannot be stored fails the script. */
export type Depth = 'guards' | 'names'

/** The result: `[index, [method, callKind, required, optional, [rest], [result]]…]` for each object. */
export const interfaceScript = (samples: readonly Sample[], depth: Depth): string => `({
salvage(root, exports) {
const hidden = ['constructor', '__getInterfaceGuard__', '__getMethodNames__']
const methodsOf = (object) => {
  const found = []
  for (let at = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) {
      const { value } = Reflect.getOwnPropertyDescriptor(at, name)
      if (typeof name === 'string' && typeof value === 'function' && !hidden.includes(name)) found.push(name)
    }
  }
  return [...new Set(found)].sort()
}
const guardsOf = (object) => {
  try {
    const { payload: { methodGuards } } = object.__getInterfaceGuard__()
    return methodGuards
  } catch {
    return {}
  }
}
const listed = (one) => (one === undefined ? [] : [one])
const formOf = (guards, name) => {
  try {
    if (!Object.hasOwn(guards, name)) return []
    const { callKind, argGuards, optionalArgGuards = [], restArgGuard, returnGuard } = guards[name].payload
    return [callKind, [...argGuards], [...optionalArgGuards], listed(restArgGuard), listed(returnGuard)]
  } catch {
    return []
  }
}
const samples = ${JSON.stringify(samples.map(({ vref }) => vref))}
const found = []
for (let at = 0; at < samples.length; at += 1) {
  const object = samples[at] === null ? root : exports[samples[at]]
  if (Object(object) !== object) continue
  const guards = ${depth === 'guards' ? 'guardsOf(object)' : '{}'}
  const methods = methodsOf(object)
  found.push([at, methods.map((name) => [name, ...formOf(guards, name)])])
}
return found
} })`

/** By the names of the samples; undefined when the script has failed (Ifs2). */
export function interfacesIn(
  samples: readonly Sample[],
  outcome: SalvageOutcome,
): ReadonlyMap<string, Interface> | undefined {
  if (outcome.kind !== 'done' || outcome.result.kind !== 'salvaged') return undefined
  const list: unknown = JSON.parse(outcome.result.data.body.replace(/^#/, ''))
  if (!Array.isArray(list)) return undefined
  const found = new Map<string, Interface>()
  for (const entry of list as readonly unknown[]) {
    const [at, methods] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
    const sample = samples[Number(String(at).replace('+', ''))]
    if (sample === undefined || !Array.isArray(methods)) return undefined
    found.set(sample.name, new Map((methods as readonly unknown[]).flatMap(methodIn)))
  }
  return found
}

function methodIn(entry: unknown): readonly (readonly [string, MethodGuard | null])[] {
  if (!Array.isArray(entry)) return []
  const [name, callKind, required, optional, rest, result] = entry as readonly unknown[]
  if (!isText(name)) return []
  const guard = isText(callKind)
    ? {
        callKind,
        required: textsIn(required),
        optional: textsIn(optional),
        rest: textsIn(rest)[0] ?? null,
        result: textsIn(result)[0] ?? null,
      }
    : null
  return [[plain(name), guard]]
}

const textsIn = (list: unknown): readonly string[] =>
  Array.isArray(list) ? (list as readonly unknown[]).map((each) => JSON.stringify(each)) : []

/** Smallcaps puts a `!` before texts that begin with one of its signs. */
const plain = (text: string): string => (text.startsWith('!') ? text.slice(1) : text)

/** A pattern for people: `M.string()`. */
export const patternText = (json: string): string => shown(JSON.parse(json)).slice(0, maxPattern)

const maxPattern = 120

function shown(value: unknown): string {
  if (isText(value)) return value === '#undefined' ? 'undefined' : JSON.stringify(plain(value))
  if (Array.isArray(value)) return `[${(value as readonly unknown[]).map(shown).join(', ')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const tag = value['#tag']
  if (isText(tag)) return tagged(tag, value['payload'])
  return `{ ${Object.entries(value).map(([name, each]) => `${name}: ${shown(each)}`).join(', ')} }`
}

function tagged(tag: string, payload: unknown): string {
  const [, of = '', name = tag] = /^(match|guard):(.*)$/.exec(tag) ?? []
  const given = Array.isArray(payload) ? (payload as readonly unknown[]) : [payload]
  if (of === 'guard' && name === 'rawGuard') return 'M.raw()'
  return `M.${name}(${given.filter((one) => !isEmpty(one)).map(shown).join(', ')})`
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === '#undefined' || (isRecord(value) && Object.keys(value).length === 0)
}
