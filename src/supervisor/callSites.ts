/**
 * Stacks for people: the engine's call sites have no text of their own, and SES writes stacks by it.
 * Evaluated before SES. User code never sees a stack; they go to the trace and to refusals of a start.
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

function describe(this: CallSite): string {
  const place = `${this.getFileName() ?? 'native'}:${this.getLineNumber() ?? 0}:${this.getColumnNumber() ?? 0}`
  const name = this.getFunctionName()
  return name === null || name === '' ? place : `${name} (${place})`
}

/** One call site, from which their common prototype is found. */
function sample(errors: StackedErrors): CallSite | undefined {
  errors.prepareStackTrace = (_error, sites) => sites
  const { stack: sites }: { stack?: unknown } = new Error('sample')
  errors.prepareStackTrace = undefined
  return Array.isArray(sites) ? (sites as readonly CallSite[])[0] : undefined
}

const errors: Partial<StackedErrors> & ErrorConstructor = Error
const site = sample(errors as StackedErrors)
if (site !== undefined) {
  Object.defineProperty(Object.getPrototypeOf(site), 'toString', { value: describe, writable: true, configurable: true })
}
