/** Makes a value and all that is reachable from it immutable. A global of every vat. */
declare const harden: <T>(value: T) => T

/** Makes a value and all that is reachable from it immutable, and returns it. What leaves a vat must be hardened. */
const hardenValue: typeof harden = (value) => harden(value)
export { hardenValue as harden }
