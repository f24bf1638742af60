/** The names of options: unknown ones are refused, never dropped. */
import { excerpt } from '../base/text.ts'
import { didYouMean } from '../base/nearest.ts'
import { refuse } from '../protocol/codes.ts'
import { checkRecord } from './checks.ts'

/** The names of all options of a type. */
export type Names<Options> = { readonly [Name in keyof Required<Options>]: true }

/** Returns the options, or throws `api/bad-argument`. */
export function checkOptions<Options extends object>(
  options: Options,
  names: Names<Options>,
  argument = 'options',
): Options {
  checkNames(Object.keys(checkRecord(options, argument)), Object.keys(names), argument)
  return options
}

export function checkNames(given: readonly string[], known: readonly string[], argument = 'options'): void {
  const unknown = given.find((name) => !known.includes(name))
  if (unknown === undefined) return
  const path = argument === 'options' ? '' : `${argument}.`
  const options = known.map((name) => path + name)
  const meant = didYouMean(path + unknown, options) || `; the options are ${options.join(', ')}`
  refuse('api/bad-argument', `there is no option ${shown(path + unknown)}${meant}`, {
    argument: shown(path + unknown),
  })
}

const shown = (name: string): string => excerpt(name, 100)
