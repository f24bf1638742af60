/**
 * A kernel bundle, evaluated in a context of its own.
 *
 * Kc1. The context has the language and nothing else: no clock, no randomness, no weak references, no locale,
 *      no promises, no way to make code from text or to load a module. The kernel receives what it needs as
 *      ports.
 * Kc2. No object of the host is ever reachable from the context, and results are copied. The membrane ensures
 *      both (`membrane.ts`); the rest of the host sees a kernel as plain functions and plain host data.
 * Kc3. An exception of a kernel becomes an error of the host: the one that a port threw, if it was that; the
 *      refusal of a damaged row of its tables; or else a `KernelFault` with its stack.
 */
import { isRecord } from '../../base/guards.ts'
import { constants, createContext, runInContext } from 'node:vm'
import type { KernelReport } from '../../protocol/kernel/events.ts'
import type { Kernel, KernelReader, RehearsalReport, SalvageReport } from '../../protocol/kernel/kernel.ts'
import type { AuditPlatform, KernelBundle } from '../../protocol/kernel/bundle.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { KernelAudit } from '../../protocol/reports/audit.ts'
import type { CycleGroup } from '../../protocol/reports/cycles.ts'
import { CodedError } from '../../base/errors.ts'
import { refuse, type Code } from '../../protocol/codes.ts'
import { copyOut, isOwnError } from './foreign.ts'
import { membraneSource, type Foreign, type HostSide, type Membrane } from './membrane.ts'
import { PortGates } from './portGates.ts'
import { asynchronousSyntax } from './synchronous.ts'

/** Thrown by a kernel. */
export class KernelFault extends Error {
  constructor(stack: string) {
    super(stack.split('\n', 1)[0])
    this.name = 'KernelFault'
    this.stack = stack
  }
}

/**
 * Globals that a deterministic program must not have (Kc1) or through which a kernel could escape (Kc2): the
 * formatter of stacks passes no frame to the kernel and names no file of the host.
 */
const takeAway = `
  'use strict'
  for (const name of ['Date', 'WeakRef', 'FinalizationRegistry', 'Intl', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', 'AsyncDisposableStack', 'console', 'performance', 'crypto', 'setTimeout', 'setInterval', 'queueMicrotask']) delete globalThis[name]
  delete Math.random
  delete Array.fromAsync
  for (const [owner, names] of [
    [String.prototype, ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
    [Number.prototype, ['toLocaleString']],
    [BigInt.prototype, ['toLocaleString']],
    [Array.prototype, ['toLocaleString']],
    [Object.prototype, ['toLocaleString']],
  ]) for (const name of names) delete owner[name]
  {
    const { defineProperty } = Object
    const refuseFunction = () => { throw new TypeError('A kernel is synchronous: it has no promises.') }
    const NoPromise = function Promise() { refuseFunction() }
    NoPromise.resolve = NoPromise.reject = refuseFunction
    defineProperty(NoPromise, 'prototype', { value: Promise.prototype, writable: false })
    defineProperty(Promise.prototype, 'constructor', { value: NoPromise })
    defineProperty(globalThis, 'Promise', { value: NoPromise })
  }
  {
    const { apply } = Reflect
    const { startsWith } = String.prototype
    const text = String
    const formatStack = (error, sites) => {
      let stack
      try { stack = \`\${error}\` } catch { stack = 'an error that cannot be written' }
      for (let index = 0; index < sites.length; index += 1) {
        const file = sites[index].getFileName()
        if (typeof file === 'string' && apply(startsWith, file, ['kernel-'])) stack += '\\n    at ' + text(sites[index])
      }
      return stack
    }
    Object.defineProperty(Error, 'prepareStackTrace', { value: formatStack, writable: false, configurable: false })
    Object.defineProperty(globalThis, 'Error', { value: Error, writable: false, configurable: false })
    Error.stackTraceLimit = 20
  }
`

/** Evaluates a kernel bundle in a separate context, without starting it. */
export function evaluateKernel(id: string, source: string): KernelBundle {
  const broken = (why: string): never =>
    refuse('kernel/broken-bundle', `the kernel bundle ${id} ${why}`, { bundle: id })
  const found = asynchronousSyntax(source)
  if (found !== undefined) broken(`has ${found}, and a kernel is synchronous`)
  const context = createContext(constants.DONT_CONTEXTIFY, {
    name: 'kernel',
    codeGeneration: { strings: false, wasm: false },
  })
  runInContext(takeAway, context)
  const gates = new PortGates()
  const makeMembrane = runInContext(membraneSource, context, { filename: 'membrane' }) as (
    host: HostSide,
  ) => Membrane
  const realm = new Realm(makeMembrane(gates), gates)
  const bundle = realm.evaluate(
    () => runInContext(source, context, { filename: `kernel-${id.slice(3, 11)}.js`, displayErrors: false }),
    (why) => broken(`throws when it is evaluated: ${why}`),
  )
  if (bundle === undefined || !realm.isFunction(bundle, 'makeKernel'))
    return broken('does not export makeKernel')
  const tablesVersion = realm.data(bundle, 'tablesVersion')
  if (typeof tablesVersion !== 'number') return broken('does not export tablesVersion')
  return bundleIn(realm, bundle, tablesVersion)
}

/** A context with its membrane. */
class Realm {
  readonly #membrane: Membrane
  readonly #gates: PortGates

  constructor(membrane: Membrane, gates: PortGates) {
    this.#membrane = membrane
    this.#gates = gates
  }

  /** The script's value, when it is an object. */
  evaluate(run: () => unknown, refuseWith: (why: string) => never): Foreign | undefined {
    try {
      return foreign(run())
    } catch (error) {
      return refuseWith(this.#outward(error).stack ?? '')
    }
  }

  isFunction(target: Foreign, name: string): boolean {
    return this.#attempt(() => this.#membrane.isFunction(target, name)) === true
  }

  /** The target's property, when it is an object. */
  object(target: Foreign, name: string): Foreign | undefined {
    return foreign(this.#attempt(() => this.#membrane.property(target, name)))
  }

  data(target: Foreign, name: string): unknown {
    return this.#attempt(() => copyOut(this.#membrane.property(target, name)))
  }

  call(target: Foreign, name: string, args: readonly unknown[]): unknown {
    try {
      return copyOut(this.#membrane.call(target, name, args))
    } catch (error) {
      throw this.#outward(error)
    }
  }

  makeKernel(bundle: Foreign, ports: KernelPlatform): Foreign | undefined {
    return foreign(this.#attempt(() => this.#membrane.makeKernel(bundle, this.#gates.portsFor(ports))))
  }

  read(bundle: Foreign, name: string, ports: AuditPlatform): unknown {
    return this.#attempt(() => copyOut(this.#membrane.read(bundle, name, this.#gates.portsForReading(ports))))
  }

  #attempt(act: () => unknown): unknown {
    try {
      return act()
    } catch (error) {
      throw this.#outward(error)
    }
  }

  /** Kc3. */
  #outward(error: unknown): Error {
    const behind = this.#gates.behind(error)
    if (isOwnError(behind)) return behind
    return isOwnError(error) ? error : (this.#damageIn(error) ?? new KernelFault(this.#describe(error)))
  }

  /**
   * A kernel refuses a damaged row of its tables as the store would (T2); it throws no other code of the
   * host.
   */
  #damageIn(error: unknown): CodedError | undefined {
    const thrown = foreign(error)
    if (thrown === undefined || this.#dataOf(thrown, 'code') !== damagedRow) return undefined
    const detail = this.#dataOf(thrown, 'detail')
    const stack = this.#describe(error)
    const refusal = new CodedError(
      damagedRow,
      stack.split('\n', 1)[0]?.replace(/^CodedError: /, '') ?? '',
      isRecord(detail) ? detail : {},
    )
    refusal.stack = stack
    return refusal
  }

  #dataOf(target: Foreign, name: string): unknown {
    try {
      return copyOut(this.#membrane.property(target, name))
    } catch {
      return undefined
    }
  }

  #describe(error: unknown): string {
    const text = this.#membrane.describe(error)
    return typeof text === 'string' ? text : 'something was thrown that cannot be described'
  }
}

const damagedRow = 'store/corrupt-state' satisfies Code
const foreign = (value: unknown): Foreign | undefined =>
  typeof value === 'object' && value !== null ? (value as Foreign) : undefined

function bundleIn(realm: Realm, bundle: Foreign, tablesVersion: number): KernelBundle {
  return {
    tablesVersion,
    makeKernel: (ports) => kernelIn(realm, realm.makeKernel(bundle, ports) ?? refuseKernel('makeKernel')),
    ...(realm.isFunction(bundle, 'audit')
      ? { audit: (ports: AuditPlatform) => realm.read(bundle, 'audit', ports) as KernelAudit }
      : {}),
    ...(realm.isFunction(bundle, 'findCycles')
      ? {
          findCycles: (ports: AuditPlatform) =>
            realm.read(bundle, 'findCycles', ports) as readonly CycleGroup[],
        }
      : {}),
  }
}

type Rehearse = NonNullable<Kernel['rehearse']>
type Salvage = NonNullable<Kernel['salvage']>

function kernelIn(realm: Realm, kernel: Foreign): Kernel {
  const accepts = realm.data(kernel, 'accepts')
  return {
    ...(accepts === undefined ? {} : { accepts: accepts as readonly string[] }),
    step: (...args: Parameters<Kernel['step']>) => realm.call(kernel, 'step', args) as KernelReport,
    ...(realm.isFunction(kernel, 'rehearse')
      ? {
          rehearse: (...args: Parameters<Rehearse>) =>
            realm.call(kernel, 'rehearse', args) as RehearsalReport,
        }
      : {}),
    ...(realm.isFunction(kernel, 'salvage')
      ? { salvage: (...args: Parameters<Salvage>) => realm.call(kernel, 'salvage', args) as SalvageReport }
      : {}),
    read: readerIn(realm, realm.object(kernel, 'read') ?? refuseKernel('read')),
  }
}

const refuseKernel = (missing: string): never =>
  refuse('kernel/broken-bundle', `the kernel of the store has no ${missing}`)

/** Questions that the host can ask a kernel; older kernels lack some. */
const questions = {
  vats: true,
  vatNamed: true,
  vat: true,
  assignment: true,
  replayLimits: true,
  result: true,
  whyPending: true,
  workers: true,
  defaultWorker: true,
  queueLength: true,
  paused: true,
  cleanups: true,
  vatAdmin: true,
  provided: true,
  history: true,
  parameters: true,
  hasObject: true,
  pins: true,
  bootstrap: true,
  timer: true,
  now: true,
  ports: true,
  port: true,
  sent: true,
  failures: true,
  audit: true,
  cycles: true,
  bundleFormat: true,
  bundleCode: true,
} as const satisfies Record<keyof KernelReader, true>

function readerIn(realm: Realm, reader: Foreign): KernelReader {
  const known = Object.keys(questions).filter((name) => realm.isFunction(reader, name))
  const asked: Partial<Record<keyof KernelReader, (...args: readonly unknown[]) => unknown>> =
    Object.fromEntries(
      known.map((name) => [name, (...args: readonly unknown[]) => realm.call(reader, name, args)]),
    )
  return asked as KernelReader
}

/** Name, message and stack of an error of the host. */
export function describeFault(error: unknown): string {
  return isOwnError(error) && error.stack !== undefined ? error.stack : String(error)
}
