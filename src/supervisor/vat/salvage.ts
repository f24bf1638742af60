/**
 * Salvage: a bundle of the host searches the heap, and returns the data worth keeping.
 *
 * It runs in a copy of the heap that is discarded, so nothing needs cleaning up. `begin` runs in the entry;
 * the engine then runs all jobs; `outcome` reports the result, as at a start.
 *
 * Slv1. The bundle is evaluated in the vat's own compartment: it reaches everything that the vat's code
 *       reaches, and also the root and all exports of the vat.
 * Slv2. Its result is encoded like durable data: plain data, durable objects, imports.
 * Slv3. Nothing here stops it from writing. The owner of the copy accepts reads and refuses the rest.
 */
import { assert } from '../../base/errors.ts'
import { exportedObject, isStoredVref, type ObjectVref } from '../../base/ids.ts'
import { classifyPassable } from '../../codec/passable.ts'
import type { SalvageFailureCode, SalvageResult } from '../../protocol/worker/salvage.ts'
import type { Codec } from '../values/codec.ts'
import { Cursor } from '../memory/cursor.ts'
import { pathToOffender } from '../collections/offender.ts'
import { stackOf } from '../realm/console.ts'
import type { Environment } from '../realm/globals.ts'
import type { ExportStatus } from '../memory/references.ts'
import type { Slots } from '../wire/slots.ts'
import { keys } from '../memory/store.ts'
import { describeThrown } from '../values/thrown.ts'

type Salvage = (root: object, exports: object) => unknown

/** The progress of the salvage. */
type Progress =
  | { readonly kind: 'pending' }
  | { readonly kind: 'given'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: SalvageFailureCode; readonly error: unknown }

export interface SalvagingParts {
  readonly environment: Environment
  readonly slots: Slots
  readonly codec: Codec
}

export class Salvaging {
  readonly #parts: SalvagingParts
  #progress: Progress = { kind: 'pending' }

  constructor(parts: SalvagingParts) {
    this.#parts = parts
  }

  begin(source: string): void {
    assert(this.#progress.kind === 'pending', 'a salvage begins twice')
    let salvage: Salvage
    try {
      salvage = evaluate(this.#parts.environment, source)
    } catch (error) {
      this.#progress = { kind: 'failed', code: 'salvage/bundle-broken', error }
      return
    }
    const { codec } = this.#parts
    const call = async (): Promise<unknown> => salvage(codec.reference(rootVref), this.#exports())
    call().then(
      (value) => { this.#progress = { kind: 'given', value } },
      (error: unknown) => { this.#progress = { kind: 'failed', code: 'salvage/threw', error } },
    )
  }

  outcome(): SalvageResult {
    const progress = this.#progress
    switch (progress.kind) {
      case 'pending':
        return failed(
          'salvage/never-settled',
          'the promise of salvage is still pending and nothing is left to do',
        )
      case 'failed':
        return failed(progress.code, describeThrown(progress.error), stackOf(progress.error))
      case 'given':
        return this.#encode(progress.value)
    }
  }

  /** By vref: heap objects by their numbers, then stored objects, which are created on access. */
  #exports(): object {
    const { slots, codec } = this.#parts
    const exports: Record<string, object> = {}
    for (const [vref, value] of slots.ephemeralExports()) exports[vref] = value
    for (const vref of storedExports()) {
      Object.defineProperty(exports, vref, { get: () => codec.reference(vref), enumerable: true })
    }
    return harden(exports)
  }

  /** Slv2. */
  #encode(value: unknown): SalvageResult {
    const { codec } = this.#parts
    try {
      return { kind: 'salvaged', data: codec.encodeStored(value, 'durable') }
    } catch (error) {
      return failed('salvage/not-durable', `${this.#placeOf(value)}: ${describeThrown(error)}`)
    }
  }

  #placeOf(value: unknown): string {
    try {
      const path = pathToOffender(value, (inner) => this.#isRefused(inner))
      return path === '' ? 'what salvage gave' : `what salvage gave, at ${path}`
    } catch {
      // A trap of a proxy may prevent inspection.
      return 'what salvage gave'
    }
  }

  #isRefused(value: object): boolean {
    const { slots, codec } = this.#parts
    if (value instanceof Promise || typeof value === 'function') return true
    if (slots.vrefOf(value) === undefined && classifyPassable(value) !== 'remotable') return !isPlain(value)
    try {
      codec.storedSlot(value, 'durable')
      return false
    } catch {
      return true
    }
  }
}

const rootVref = exportedObject(0)

function evaluate(environment: Environment, source: string): Salvage {
  const exported = environment.evaluate(source) as { salvage?: unknown } | undefined
  const salvage = exported?.salvage
  if (typeof salvage !== 'function') throw new TypeError('the bundle does not export a function salvage')
  return salvage as Salvage
}

/** Exports with stored data that other vats can reach, in row order. */
function* storedExports(): Generator<ObjectVref> {
  const cursor = new Cursor(keys.exportedFrom, keys.exportedEnd)
  while (cursor.advance()) {
    const vref = keys.exportedVref(cursor.row)
    if (isStoredVref(vref) && cursor.text === ('reachable' satisfies ExportStatus)) yield vref
  }
}

/** Lists, records, errors, and tagged values. Anything else in the heap is not data. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    prototype === null ||
    prototype === Object.prototype ||
    Array.isArray(value) ||
    value instanceof Error ||
    Object.hasOwn(value, Symbol.for('passStyle'))
  )
}

const failed = (code: SalvageFailureCode, message: string, stack = ''): SalvageResult => ({
  kind: 'failed',
  code,
  message,
  stack,
})
