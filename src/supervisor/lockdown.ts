/**
 * Locks the realm down, once, while the base image is built.
 *
 * The console is replaced before SES is evaluated, since SES keeps the one that it finds: what a
 * vat writes goes into the batch (`console.ts`) and from there to the trace.
 */
import './harden.ts'
import './callSites.ts'
import './console.ts'
import 'ses'

lockdown({
  consoleTaming: 'unsafe',
  errorTaming: 'safe',
  evalTaming: 'safe-eval',
  localeTaming: 'safe',
  overrideTaming: 'moderate',
  reporting: 'none',
  stackFiltering: 'concise',
})
