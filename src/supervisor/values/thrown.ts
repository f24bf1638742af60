/**
 * Values thrown by user code, as text. Anything can be thrown: an error whose message is a getter that
 * throws, a revoked proxy, an object without any text. Reading it may run user code, so it is read in a job
 * of the vat, never while the supervisor ends a delivery.
 */
const unreadable = 'something was thrown that cannot be read'

/** `name: message` of an error, the text of anything else. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  } catch {
    return unreadable
  }
}

/** The message of an error, the text of anything else. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown)
  } catch {
    return unreadable
  }
}
