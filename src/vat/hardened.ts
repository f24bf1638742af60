/** Makes a value and everything reachable from it immutable. A global of every vat. */
declare const harden: <T>(value: T) => T

/**
 * Makes a value and everything reachable from it immutable, and returns it. Values that leave a vat must be
 * hardened.
 */
const hardenValue: typeof harden = (value) => harden(value)
export { hardenValue as harden }
