/**
 * Named exports: objects of the heap whose identity outlives the incarnation.
 *
 * A singleton that is not a durable object can be exported under a label. Its external name is in the space
 * of durable objects (kind 6), so an upgrade preserves it; the heir replaces it with an object of its own, or
 * releases it.
 *
 * Ne1. A label is assigned before the object leaves the vat for the first time, and names one object.
 * Ne2. By the end of `buildRootObject` every label of the estate is reconnected or released.
 * Ne3. A released export is abandoned: messages to it are rejected, its holders live.
 */
import { assert } from '../../base/errors.ts'
import { baseOf, storedObject, type ObjectVref } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import { refusalLimits } from '../../protocol/limits.ts'
import { command } from '../wire/channel.ts'
import { Cursor } from '../memory/cursor.ts'
import { kindNumbers } from '../memory/kindNumbers.ts'
import type { References } from '../memory/references.ts'
import { isRemotable } from '../values/remotable.ts'
import type { Slots } from '../wire/slots.ts'
import { keys, keysFrom, read, remove, write } from '../memory/store.ts'

export class NamedExports {
  readonly #slots: Slots
  readonly #references: References
  /** Labels that this incarnation has assigned or reconnected. */
  readonly #connected = new Set<string>()

  constructor(slots: Slots, references: References) {
    this.#slots = slots
    this.#references = references
    references.registerKeeper(kindNumbers.namedExport, {
      representative: (vref) => {
        throw new Error(`the named export ${this.#labelOf(vref)} is not reconnected yet`)
      },
      facets: (base) => [base],
      delete: () => [],
    })
  }

  /** Exports the object under a label that is new in this vat. */
  nameExport(label: string, remotable: object): void {
    checkLabel(label)
    if (read(keys.namedExport(label)) !== undefined) {
      refuse('export/label-taken', `the label ${JSON.stringify(label)} names an export already`, { label })
    }
    const number = Number(read(keys.nextNamedExport) ?? '1')
    assert(Number.isSafeInteger(number) && number >= 1, 'Ne1: named exports are numbered from 1')
    write(keys.nextNamedExport, String(number + 1))
    const vref = storedObject('durable', kindNumbers.namedExport, number)
    this.#connect(label, vref, remotable)
    write(keys.namedExport(label), vref)
  }

  /** Replaces the object that an earlier incarnation exported under the label. */
  reconnectExport(label: string, remotable: object): void {
    if (this.#connected.has(label))
      refuse('export/label-taken', `the label ${JSON.stringify(label)} is connected already`, { label })
    this.#connect(label, this.#vrefOf(label), remotable)
  }

  /** Releases the export of this label (Ne3). */
  releaseExport(label: string): void {
    const vref = this.#vrefOf(label)
    remove(keys.namedExport(label))
    this.#connected.delete(label)
    this.#slots.forget(vref)
    if (this.#references.forgetExport(vref)) command({ kind: 'abandonExports', exports: [vref] })
  }

  /** Labels of the estate that are neither reconnected nor released (Ne2), as many as a refusal lists. */
  missing(): string[] {
    const labels: string[] = []
    const cursor = new Cursor(keys.namedExportPrefix, keys.namedExportsEnd)
    while (labels.length < refusalLimits.names && cursor.advance()) {
      const label = keys.namedExportLabel(cursor.row)
      if (!this.#connected.has(label)) labels.push(label)
    }
    return labels
  }

  #connect(label: string, vref: ObjectVref, remotable: object): void {
    if (typeof remotable !== 'object' || remotable === null || !isRemotable(remotable)) {
      throw new TypeError(
        `what is exported as ${JSON.stringify(label)} must be a remotable; make it with Far`,
      )
    }
    if (this.#slots.vrefOf(remotable) !== undefined) {
      refuse(
        'export/named-too-late',
        `the object for ${JSON.stringify(label)} was exported before; name it before it leaves the vat`,
        { label },
      )
    }
    assert(!this.#connected.has(label), 'Ne1: a label names one object')
    this.#slots.exportAs(vref, harden(remotable))
    this.#connected.add(label)
  }

  #vrefOf(label: string): ObjectVref {
    checkLabel(label)
    const vref = read(keys.namedExport(label))
    if (vref === undefined)
      refuse('export/label-unknown', `there is no export named ${JSON.stringify(label)}`, { label })
    return vref as ObjectVref
  }

  #labelOf(vref: ObjectVref): string {
    for (const key of keysFrom(keys.namedExportPrefix))
      if (read(key) === baseOf(vref)) return keys.namedExportLabel(key)
    return vref
  }
}

/** In UTF-16 code units: the label is part of a key. */
const maxLabelLength = 40

function checkLabel(label: unknown): asserts label is string {
  if (typeof label !== 'string' || label === '' || label.length > maxLabelLength || !label.isWellFormed()) {
    throw new TypeError(`the label of an export is a text of 1 to ${maxLabelLength} characters`)
  }
}
