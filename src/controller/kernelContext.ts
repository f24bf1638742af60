/**
 * A kernel bundle, evaluated in a context of its own.
 *
 * Kc1. The context has the language and nothing else: no clock, no randomness, no weak references,
 *      no locale, no way to make code from text. What the kernel needs it is given as ports.
 * Kc2. Errors that come out of a kernel belong to its context; they are known by their shape.
 */
import { createContext, runInContext } from 'node:vm'
import type { Kernel } from '../kernel/events.ts'
import type { AuditPorts } from '../kernel/audit/audit.ts'
import type { KernelPorts } from '../kernel/ports.ts'
import type { KernelAudit } from '../protocol/audit.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import { refuse } from '../protocol/codes.ts'

export interface KernelBundle {
  makeKernel(ports: KernelPorts): Kernel
  readonly tablesVersion: number
  /** Not in release 0.1.0. */
  audit?(ports: AuditPorts): KernelAudit
  findCycles?(ports: AuditPorts): readonly CycleGroup[]
}

/** What a deterministic program must not have (Kc1). */
const takeAway = `
  for (const name of ['Date', 'WeakRef', 'FinalizationRegistry', 'Intl', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', 'console', 'performance', 'crypto', 'setTimeout', 'setInterval', 'queueMicrotask']) delete globalThis[name]
  delete Math.random
  for (const [owner, names] of [
    [String.prototype, ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
    [Number.prototype, ['toLocaleString']],
    [BigInt.prototype, ['toLocaleString']],
    [Array.prototype, ['toLocaleString']],
    [Object.prototype, ['toLocaleString']],
  ]) for (const name of names) delete owner[name]
  Error.stackTraceLimit = 20
`

function isKernelBundle(value: unknown): value is KernelBundle {
  return typeof value === 'object' && value !== null && 'makeKernel' in value && typeof value.makeKernel === 'function' && 'tablesVersion' in value
}

/** Evaluates a kernel's bundle in a context of its own, without starting it. */
export function evaluateKernel(id: string, source: string): KernelBundle {
  const context = createContext(Object.create(null) as object, {
    name: 'kernel',
    codeGeneration: { strings: false, wasm: false },
  })
  runInContext(takeAway, context)
  let bundle: unknown
  try {
    bundle = runInContext(source, context, { filename: `kernel-${id.slice(3, 11)}.js` })
  } catch (error) {
    refuse('kernel/broken-bundle', `the kernel bundle ${id} throws when it is evaluated: ${describeFault(error)}`, { bundle: id })
  }
  if (!isKernelBundle(bundle)) refuse('kernel/broken-bundle', `the bundle ${id} does not give makeKernel`, { bundle: id })
  return bundle
}

/** Name, message and stack of whatever was thrown, from whichever context. */
export function describeFault(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stack' in error && typeof error.stack === 'string') return error.stack
  return String(error)
}
