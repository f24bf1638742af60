/**
 * The libraries of guards and patterns, with the types that this folder needs of them.
 *
 * They are bundled into the supervisor, so that the guards and shapes of every vat mean the same, for any
 * copy of the packages the vat used to create them. They take `HandledPromise` from the global object while
 * they are evaluated; `globalPromise.ts` has put it there before.
 */
import '../../promises/globalPromise.ts'
import { defendPrototype } from '@endo/exo/tools.js'
import {
  M as matchers,
  assertPattern as assertLibraryPattern,
  matches as matchesPattern,
  mustMatch as mustMatchPattern,
} from '@endo/patterns'

type Untyped<Result> = (...args: readonly unknown[]) => Result

/** Throws when the value is not a pattern. */
export const assertPattern = assertLibraryPattern as Untyped<void>
export const matches = matchesPattern as Untyped<boolean>
/** Throws an error that states why the value does not match the pattern. */
export const mustMatch = mustMatchPattern as Untyped<void>

/** A prototype whose methods check their arguments and results by the guard. */
export const guardedPrototype = defendPrototype as Untyped<object>

/** Creates patterns and guards. */
export const M: object = matchers
