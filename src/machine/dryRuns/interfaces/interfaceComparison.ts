/**
 * Compares the interfaces of a vat's objects before and after an upgrade.
 *
 * Ifc1. A difference is a warning: its callers may be prepared for it. What only grows is not one: a method
 *       more, an argument that may be left out, a guard less.
 * Ifc2. A method without a guard accepts any arguments; so one that gets a guard may refuse some, and one
 *       that loses it refuses none.
 */
import type { UpgradeWarning } from '../../../protocol/reports/upgradeCheck.ts'
import type { Calls } from './recordedCalls.ts'
import { patternText, type Interface, type MethodGuard } from './interfaceScript.ts'

/** By the names of the objects. */
type Interfaces = ReadonlyMap<string, Interface>

/** `callsOf`: messages to a method of the objects of this name; asked only for methods that were removed. */
export function differentInterfaces(
  before: Interfaces,
  after: Interfaces,
  callsOf: (name: string, method: string) => Calls | undefined,
): readonly UpgradeWarning[] {
  return [...before].flatMap(([name, old]): readonly UpgradeWarning[] => {
    const young = after.get(name)
    if (young === undefined) return []
    const removed = [...old.keys()].filter((method) => !young.has(method))
    return [
      ...removedMethods(name, removed, callsOf),
      ...[...old].flatMap(([method, guard]) => {
        const now = young.get(method)
        return now === undefined ? [] : differentGuards(`${name}.${method}`, guard, now)
      }),
    ]
  })
}

function removedMethods(
  name: string,
  removed: readonly string[],
  callsOf: (name: string, method: string) => Calls | undefined,
): readonly UpgradeWarning[] {
  const called = removed.flatMap((method) => {
    const calls = callsOf(name, method)
    return calls === undefined ? [] : [{ method, calls }]
  })
  const others = removed.filter((method) => !called.some((one) => one.method === method))
  return [
    ...called.map(({ method, calls: { count, last } }) =>
      warning(
        'interface/called-method-removed',
        `${name}.${method} no longer exists, and was called ${count === 1 ? '1 time' : `${count} times`} since the incarnation began, last in delivery ${last}`,
        [`${name}.${method}`],
      ),
    ),
    ...(others.length === 0
      ? []
      : [
          warning(
            'interface/method-removed',
            `${name} no longer has ${others.join(', ')}`,
            others.map((method) => `${name}.${method}`),
          ),
        ]),
  ]
}

function differentGuards(
  name: string,
  old: MethodGuard | null,
  young: MethodGuard | null,
): readonly UpgradeWarning[] {
  if (young === null) return []
  if (old === null)
    return [warning('interface/guard-changed', `${name} has a guard now: ${guardText(young)}`, [name])]
  return [
    ...differentArity(name, old, young),
    ...differentCall(name, old, young),
    ...differentPatterns(name, old, young),
  ]
}

/** A number of arguments that was accepted no longer is. */
function differentArity(name: string, old: MethodGuard, young: MethodGuard): readonly UpgradeWarning[] {
  const [was, is] = [arityOf(old), arityOf(young)]
  if (is.least <= was.least && is.most >= was.most) return []
  const message = `${name} takes ${arityText(is)}; it took ${arityText(was)}`
  return [warning('interface/arity-changed', message, [name])]
}

function differentCall(name: string, old: MethodGuard, young: MethodGuard): readonly UpgradeWarning[] {
  if (old.callKind === young.callKind) return []
  return [
    warning('interface/call-kind-changed', `the guard of ${name} is ${young.callKind}; it was ${old.callKind}`, [name]),
  ]
}

function differentPatterns(name: string, old: MethodGuard, young: MethodGuard): readonly UpgradeWarning[] {
  const [was, is] = [patternsOf(old), patternsOf(young)]
  const changes = [...was].flatMap(([place, pattern]) => {
    const now = is.get(place)
    return now === undefined || now === pattern
      ? []
      : [`${place} from ${patternText(pattern)} to ${patternText(now)}`]
  })
  if (changes.length === 0) return []
  return [warning('interface/guard-changed', `the guard of ${name} changes ${changes.join(', ')}`, [name])]
}

/** By place; those of arguments that only one of both has are a matter of their number. */
const patternsOf = ({ required, optional, rest, result }: MethodGuard): ReadonlyMap<string, string> =>
  new Map([
    ...[...required, ...optional].map((pattern, at) => [`argument ${at + 1}`, pattern] as const),
    ...(rest === null ? [] : [['the other arguments', rest] as const]),
    ...(result === null ? [] : [['the result', result] as const]),
  ])

interface Arity {
  readonly least: number
  readonly most: number
}

const arityOf = ({ required, optional, rest }: MethodGuard): Arity => ({
  least: required.length,
  most: rest === null ? required.length + optional.length : Infinity,
})

function arityText({ least, most }: Arity): string {
  if (most === Infinity) return `${least} arguments or more`
  if (least < most) return `${least} to ${most} arguments`
  return least === 1 ? '1 argument' : `${least} arguments`
}

const guardText = ({ callKind, required, optional, rest, result }: MethodGuard): string =>
  `${callKind}, (${[
    ...required.map(patternText),
    ...optional.map((pattern) => `${patternText(pattern)}?`),
    ...(rest === null ? [] : [`...${patternText(rest)}`]),
  ].join(', ')})${result === null ? '' : `, returns ${patternText(result)}`}`

const warning = (
  code: UpgradeWarning['code'],
  message: string,
  names: readonly string[],
): UpgradeWarning => ({ code, message, names })
