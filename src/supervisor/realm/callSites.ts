/**
 * Stacks for people: the engine's call sites have no text of their own, and SES needs it to write stacks.
 * Evaluated before SES. User code never sees a stack; they go to the trace and to refusals of a start.
 *
 * Cs1. The stack of an error is that of its creation. The engine requests it again whenever the error is
 *      rethrown (SES does so when an evaluation fails), when the author's frames are no longer there.
 */
interface CallSite {
  getFunctionName(): string | null
  getFileName(): string | null
  getLineNumber(): number | null
  getColumnNumber(): number | null
}

interface StackedErrors {
  prepareStackTrace: ((error: unknown, sites: readonly CallSite[]) => unknown) | undefined
}

function frameText(this: CallSite): string {
  const place = `${this.getFileName() ?? 'native'}:${this.getLineNumber() ?? 0}:${this.getColumnNumber() ?? 0}`
  const name = this.getFunctionName()
  return name === null || name === '' ? place : `${name} (${place})`
}

/** One call site, used to find their common prototype. */
function sample(errors: StackedErrors): CallSite | undefined {
  errors.prepareStackTrace = (_error, sites) => sites
  const { stack: sites }: { stack?: unknown } = new Error('sample')
  errors.prepareStackTrace = undefined
  return Array.isArray(sites) ? (sites as readonly CallSite[])[0] : undefined
}

/** Cs1. Called after SES has set its own stack formatter, which keeps the last stack it receives. */
export function keepFirstStacks(): void {
  const write = errors.prepareStackTrace
  if (write === undefined) return
  const written = new WeakSet<object>()
  errors.prepareStackTrace = (error, sites) => {
    if (typeof error !== 'object' || error === null || written.has(error)) return ''
    written.add(error)
    return write(error, sites)
  }
}

const errors: Partial<StackedErrors> & ErrorConstructor = Error
const site = sample(errors as StackedErrors)
if (site !== undefined) {
  Object.defineProperty(Object.getPrototypeOf(site), 'toString', {
    value: frameText,
    writable: true,
    configurable: true,
  })
}
