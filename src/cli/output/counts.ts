/** Numbers for people. */

/** `1234567` as `1,234,567`. */
export const formatCount = (number: number | bigint): string =>
  String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')

/** A number with its noun in the singular or plural. */
export const pluralize = (number: number, one: string, more = `${one}s`): string =>
  `${formatCount(number)} ${number === 1 ? one : more}`
