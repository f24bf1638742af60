/**
 * The parts of `@endo/patterns` that collections use, with the types they need. The library takes
 * `HandledPromise` from the global object while it is evaluated.
 */
import '../promises/globalPromise.ts'
import * as patterns from '@endo/patterns'

type Loose<Result> = (...args: readonly unknown[]) => Result

/** Throws when the value is not a pattern. */
export const assertPattern = patterns.assertPattern as Loose<void>
export const matches = patterns.matches as Loose<boolean>
/** Throws an error that states why the value does not match the pattern. */
export const mustMatch = patterns.mustMatch as Loose<void>
/** Two texts that bound the encoded keys that can match; the upper bound is exclusive. */
export const getRankCover = patterns.getRankCover as Loose<readonly [string, string]>

export const isCopyMap = patterns.isCopyMap as Loose<boolean>
export const isCopySet = patterns.isCopySet as Loose<boolean>
export const getCopyMapEntries = patterns.getCopyMapEntries as Loose<Iterable<readonly [unknown, unknown]>>
export const getCopySetKeys = patterns.getCopySetKeys as Loose<Iterable<unknown>>
export const makeCopyMap = patterns.makeCopyMap as Loose<object>
export const makeCopySet = patterns.makeCopySet as Loose<object>

/** The pattern of all strings. */
export const stringPattern: unknown = patterns.M.string()
