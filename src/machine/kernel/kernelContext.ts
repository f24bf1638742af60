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
 * Kc4. How deep calls may be nested, and how much memory there is, differs between machines: a kernel that
 *      meets either end has failed on this machine alone. A kernel that recurses without end therefore fails
 *      locally everywhere, and is never state.
 */
import { isRecord } from '../../base/guards.ts'
import { constants, createContext, runInContext } from 'node:vm'
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import { CodedError } from '../../base/errors.ts'
import type { Code } from '../../protocol/codes.ts'
import {
  refuseBundle,
  refuseKernel,
  type AdaptedBundle,
  type ForeignBundle,
  type ForeignObject,
} from './adapters/adapted.ts'
import { adapted } from './adapters/adapters.ts'
import { copyOut, isOwnError } from './foreign.ts'
import { KernelFault, KernelRefusal } from './kernelFault.ts'
import { membraneSource, type Foreign, type HostSide, type Membrane } from './membrane.ts'
import { PortGates } from './portGates.ts'
import { asynchronousSyntax } from './synchronous.ts'

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

/** Evaluates a kernel bundle in a separate context, without starting it. `maxCalls`: see Pg4. */
export function evaluateKernel(id: string, source: string, maxCalls?: number): AdaptedBundle {
  const broken = (why: string): never => refuseBundle(id, why)
  const found = asynchronousSyntax(source)
  if (found !== undefined) broken(`has ${found}, and a kernel is synchronous`)
  const context = createContext(constants.DONT_CONTEXTIFY, {
    name: 'kernel',
    codeGeneration: { strings: false, wasm: false },
  })
  runInContext(takeAway, context)
  const gates = new PortGates(maxCalls)
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
  return adapted(bundleIn(realm, id, bundle, tablesVersion))
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
      return this.#gates.during(() => {
        const result = copyOut(this.#membrane.call(target, name, args))
        if (this.#membrane.takeCut()) throw new RangeError(localRefusals[0][0])
        return result
      })
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
    if (isOwnError(behind)) return localOf(behind) ?? behind
    if (isOwnError(error)) return localOf(error) ?? error
    return this.#localIn(error) ?? this.#damageIn(error) ?? new KernelFault(this.#describe(error))
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
    const refusal = new KernelRefusal(
      damagedRow,
      stack.split('\n', 1)[0]?.replace(/^CodedError: /, '') ?? '',
      isRecord(detail) ? detail : {},
    )
    refusal.stack = stack
    return refusal
  }

  /** Kc4. */
  #localIn(error: unknown): CodedError | undefined {
    const thrown = foreign(error)
    if (thrown === undefined || this.#dataOf(thrown, 'name') !== 'RangeError') return undefined
    const message = this.#dataOf(thrown, 'message')
    return typeof message === 'string' ? localRefusal(message, this.#describe(error)) : undefined
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

/** What V8 says of a stack or memory that this machine does not have. */
const localRefusals = [
  ['Maximum call stack size exceeded', 'kernel/stack'],
  ['allocation failed', 'engine/host-memory'],
] as const satisfies readonly (readonly [words: string, code: Code])[]

/** Kc4, for an error of the host that a port threw. */
const localOf = (error: Error): CodedError | undefined =>
  error instanceof RangeError ? localRefusal(error.message, error.stack ?? '') : undefined

function localRefusal(message: string, stack: string): CodedError | undefined {
  const code = localRefusals.find(([words]) => message.includes(words))?.[1]
  if (code === undefined) return undefined
  const refusal = new CodedError<Code>(code, `the kernel: ${message}`)
  refusal.stack = stack
  return refusal
}

const damagedRow = 'store/corrupt-state' satisfies Code
const foreign = (value: unknown): Foreign | undefined =>
  typeof value === 'object' && value !== null ? (value as Foreign) : undefined

function bundleIn(realm: Realm, id: string, bundle: Foreign, tablesVersion: number): ForeignBundle {
  return {
    id,
    tablesVersion,
    exports: objectIn(realm, bundle),
    makeKernel: (platform) => {
      const kernel = realm.makeKernel(bundle, platform) ?? refuseKernel('makeKernel')
      const reader = realm.object(kernel, 'read') ?? refuseKernel('read')
      return { kernel: objectIn(realm, kernel), reader: objectIn(realm, reader) }
    },
    read: (name, platform) => realm.read(bundle, name, platform),
  }
}

const objectIn = (realm: Realm, target: Foreign): ForeignObject => ({
  has: (method) => realm.isFunction(target, method),
  data: (property) => realm.data(target, property),
  call: (method, args) => realm.call(target, method, args),
})

/** Name, message and stack of an error of the host. */
export function describeFault(error: unknown): string {
  return isOwnError(error) && error.stack !== undefined ? error.stack : String(error)
}
