/**
 * The start of an incarnation: evaluate the bundle, call `buildRootObject`, check the estate.
 *
 * `begin` runs in the dispatch; the engine then runs all jobs; `outcome` looks at what has become
 * of it. A start that is not finished when there is nothing left to do never will be.
 */
import { exportedObject } from '../base/ids.ts'
import type { Vref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { DeliveryResult, StartRefusalCode } from '../protocol/results.ts'
import type { Codec } from './codec.ts'
import { stackOf } from './console.ts'
import type { Environment } from './globals.ts'
import { provideBaggage } from './baggage.ts'
import type { Collections } from './collections/collections.ts'
import type { Kinds } from './kinds/kinds.ts'
import type { NamedExports } from './namedExports.ts'
import { isRemotable } from './remotable.ts'
import type { Slots } from './slots.ts'

type BuildRootObject = (vatPowers: object, parameters: unknown, baggage: object) => unknown

/** How far the start has come. */
type Progress =
  | { readonly kind: 'pending' }
  | { readonly kind: 'built'; readonly root: unknown }
  | { readonly kind: 'failed'; readonly code: StartRefusalCode; readonly error: unknown }

export class Start {
  #progress: Progress = { kind: 'pending' }
  #missing: readonly Vref[] = []

  /** Objects that were salvaged and are gone: without them it is refused. */
  expect(missing: readonly Vref[]): void {
    this.#missing = missing
  }

  begin(environment: Environment, codec: Codec, collections: Collections, powers: object, source: string, parameters: CapData): void {
    if (this.#missing.length > 0) return
    let build: BuildRootObject
    try {
      build = evaluate(environment, source)
    } catch (error) {
      this.#progress = { kind: 'failed', code: 'start/bundle-broken', error }
      return
    }
    const call = async (): Promise<unknown> => build(powers, codec.decode(parameters), provideBaggage(collections))
    call().then(
      (root) => { this.#progress = { kind: 'built', root } },
      (error: unknown) => { this.#progress = { kind: 'failed', code: 'start/threw', error } },
    )
  }

  outcome(slots: Slots, kinds: Kinds, namedExports: NamedExports): DeliveryResult {
    const progress = this.#progress
    const missing = this.#missing
    if (missing.length > 0) return refused('salvage/stale', `objects that were salvaged are gone since: ${missing.join(', ')}`, missing)
    const flaw = kinds.flaw()
    if (flaw !== undefined) return refused(flaw.code, flaw.message, flaw.names)
    switch (progress.kind) {
      case 'pending':
        return refused('start/never-settled', 'the promise of buildRootObject is still pending and nothing is left to do')
      case 'failed':
        return refused(progress.code, describe(progress.error), [], stackOf(progress.error))
      case 'built':
        return checkEstate(slots, kinds, namedExports, progress.root)
    }
  }
}

function evaluate(environment: Environment, source: string): BuildRootObject {
  const exported = environment.evaluate(source) as { buildRootObject?: unknown } | undefined
  const build = exported?.buildRootObject
  if (typeof build !== 'function') throw new TypeError('the bundle does not export a function buildRootObject')
  return build as BuildRootObject
}

function checkEstate(slots: Slots, kinds: Kinds, namedExports: NamedExports, root: unknown): DeliveryResult {
  if (typeof root !== 'object' || root === null || !isRemotable(root)) {
    return refused('start/root-not-remotable', 'buildRootObject gave something that is not a remotable; make it with Far')
  }
  const missing = kinds.missing()
  if (missing.length > 0) {
    return refused('start/kinds-missing', `durable kinds of the estate were not defined: ${missing.join(', ')}`, missing)
  }
  const labels = namedExports.missing()
  if (labels.length > 0) {
    return refused('start/exports-missing', `named exports of the estate were neither reconnected nor released: ${labels.join(', ')}`, labels)
  }
  const vref = exportedObject(0)
  if (slots.vrefOf(root) !== undefined) {
    return refused('start/root-not-remotable', 'the root must be an object of its own, made by buildRootObject and not exported before')
  }
  slots.exportAs(vref, harden(root))
  const migrated = kinds.migrated()
  return { kind: 'started', root: vref, promises: 'kept', ...(migrated.length === 0 ? {} : { migrated }) }
}

function refused(code: StartRefusalCode, message: string, names: readonly string[] = [], stack = ''): DeliveryResult {
  return { kind: 'refused', refusal: { code, message, names, stack } }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
