/**
 * Locks the realm down, once, while the base image is built.
 *
 * The console is replaced before SES is evaluated, since SES keeps the one that it finds: output of a vat
 * goes into the batch (`console.ts`) and from there to the trace.
 */
import './harden.ts'
import { keepFirstStacks } from './callSites.ts'
import './console.ts'
import 'ses'

const { toString: digits } = BigInt.prototype

repairIntrinsics({
  consoleTaming: 'unsafe',
  errorTaming: 'safe',
  evalTaming: 'safe-eval',
  localeTaming: 'safe',
  overrideTaming: 'moderate',
  reporting: 'none',
  stackFiltering: 'concise',
})

keepFirstStacks()

// Bigints inherit the method of all objects, which SES replaces by one that does not format numbers.
const method = 'toLocaleString'
Object.defineProperty(BigInt.prototype, method, {
  value: { [method](this: bigint): string { return Reflect.apply(digits, this, []) } }[method],
  writable: true,
  configurable: true,
})

hardenIntrinsics()
