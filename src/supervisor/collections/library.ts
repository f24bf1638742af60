/**
 * The parts of `@endo/patterns` that collections use, with the types they need. The library takes
 * `HandledPromise` from the global object while it is evaluated.
 */
import '../promises/globalPromise.ts'
import * as patterns from '@endo/patterns'

type Untyped<Result> = (...args: readonly unknown[]) => Result

/** Throws when the value is not a pattern. */
export const assertPattern = patterns.assertPattern as Untyped<void>
export const matches = patterns.matches as Untyped<boolean>
/** Throws an error that states why the value does not match the pattern. */
export const mustMatch = patterns.mustMatch as Untyped<void>
/** Two texts that bound the encoded keys that can match; the upper bound is exclusive. */
export const getRankCover = patterns.getRankCover as Untyped<readonly [string, string]>

export const isCopyMap = patterns.isCopyMap as Untyped<boolean>
export const isCopySet = patterns.isCopySet as Untyped<boolean>
export const getCopyMapEntries = patterns.getCopyMapEntries as Untyped<Iterable<readonly [unknown, unknown]>>
export const getCopySetKeys = patterns.getCopySetKeys as Untyped<Iterable<unknown>>
export const makeCopyMap = patterns.makeCopyMap as Untyped<object>
export const makeCopySet = patterns.makeCopySet as Untyped<object>

/** The pattern of all strings. */
export const stringPattern: unknown = patterns.M.string()
