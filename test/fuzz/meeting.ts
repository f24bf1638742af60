/**
 * Calls of a host with an oddity in each place in turn: each is refused with a code of the list and changes
 * nothing, or is taken.
 */
import assert from 'node:assert/strict'
import { CodedError, type Controller } from '../../src/host/index.ts'
import { codes, type Code } from '../../src/protocol/codes.ts'
import { jsonOddities, liveOddities, nameOddities } from './oddities.ts'

export const oddities: readonly unknown[] = [
  ...jsonOddities,
  ...liveOddities,
  ...nameOddities.filter((name) => /^(?:v9|k|o\+0)/.test(name)),
]

/** One oddity of so many, others for each call: all calls together meet all of them. */
export const sampled = (every: number, offset: number): readonly unknown[] =>
  oddities.filter((_, index) => index % every === offset % every)

/** What no argument may bring about. */
const never: readonly Code[] = [
  'machine/gone',
  'machine/failed',
  'machine/hung',
  'machine/out-of-memory',
  'kernel/fault',
  'kernel/faulted',
  'api/shut-down',
  'api/busy',
]

/** Refused with a code of the list, or taken; nothing else. */
export async function meet(what: string, act: () => unknown): Promise<'taken' | 'refused'> {
  try {
    const promise = act()
    assert.ok(promise instanceof Promise, `${what} gives a promise`)
    await promise
    return 'taken'
  } catch (error) {
    // What a getter of the caller's own throws, the caller gets.
    if (error instanceof Error && error.message.endsWith('that throws')) return 'refused'
    assert.ok(
      error instanceof CodedError,
      `${what}: ${error instanceof Error ? error.stack : 'not an error'}`,
    )
    assert.ok(
      Object.hasOwn(codes, error.code) && !never.includes(error.code as Code),
      `${what}: ${error.code}: ${error.message}`,
    )
    assert.doesNotMatch(error.message, /\n {4}at /, `${what}: no stack`)
    return 'refused'
  }
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The arguments with an oddity in each place in turn, in the records among them too. */
export function* spoilt(
  args: readonly unknown[],
  some: readonly unknown[],
): Generator<readonly [where: string, args: readonly unknown[]]> {
  for (const [index, arg] of args.entries()) {
    for (const oddity of some) {
      const number = oddities.indexOf(oddity)
      yield [`${index}, oddity ${number}`, args.with(index, oddity)]
      if (!isPlain(arg)) continue
      for (const field of [...Object.keys(arg), 'other'])
        yield [`${index}.${field}, oddity ${number}`, args.with(index, { ...arg, [field]: oddity })]
    }
  }
}

/** Which instances are kept for the next worker is no part of anything. */
async function statusOf(controller: Controller): Promise<object> {
  const { residentBytes: _bytes, ...status } = await controller.storeStatus()
  return status
}

/** Gives how many calls were refused. */
export async function meetAll(
  controller: Controller,
  name: string,
  args: readonly unknown[],
  some: readonly unknown[],
  act: (args: readonly unknown[]) => unknown,
): Promise<number> {
  let before = await statusOf(controller)
  let refusals = 0
  for (const [where, odd] of spoilt(args, some)) {
    const outcome = await meet(`${name}, argument ${where}`, () => act(odd))
    const after = await statusOf(controller)
    if (outcome === 'refused') {
      refusals += 1
      assert.deepEqual(after, before, `${name}, argument ${where}: nothing has changed`)
    }
    before = after
  }
  return refusals
}
