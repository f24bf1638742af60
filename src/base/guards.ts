/** Type guards for values that no compiler has seen: parsed texts, arguments of callers, values of vats. */

/** A record with fields: an object that is neither a function nor an array. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value with an identity: an object or a function. */
export const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

export const isText = (value: unknown): value is string => typeof value === 'string'

/** A whole number from 0 on. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

/** A whole number from 0 on, in decimal digits. */
export const isDigits = (value: unknown): value is string => isText(value) && /^\d+$/.test(value)
