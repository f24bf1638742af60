/**
 * What a machine records of faults of its kernel: rows in the host's space, under keys that no host can use
 * (`machineKeys`).
 *
 * | row              | key                   | value                                                    |
 * |------------------|-----------------------|----------------------------------------------------------|
 * | fault            | `fault`               | JSON `KernelFaultView`, while the kernel is faulted      |
 * | items set aside  | `aside.` number       | JSON `{ item, putBack }`                                 |
 * | items taken early | `early.` number      | empty: the kernel has accepted it out of turn            |
 * | names            | `names.` number       | JSON `Meanings` of an item: names that a fault took back |
 */
import { machineKeys } from '../../protocol/host/names.ts'
import { assert } from '../../base/errors.ts'
import { isCount, isRecord, isText } from '../../base/guards.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import { damagedRow, hostKeys } from '../hostRows.ts'
import { isMeanings, type Meanings } from './learnedNames.ts'
import { isKernelFault, type KernelFaultView, type SetAsideItem } from '../../protocol/machine/faults.ts'

const faultKey = `${machineKeys}fault`
const asidePrefix = `${machineKeys}aside.`
const earlyPrefix = `${machineKeys}early.`
const namesPrefix = `${machineKeys}names.`

type State = Pick<PlatformState, 'get' | 'set' | 'delete' | 'nextKey'>

export class FaultRows {
  readonly #state: State
  /** Whether there never was a row about an item: saves every item a look. */
  isEmpty: boolean
  /** Called for each row that the host has caused: a fault does not take it back. */
  readonly #note: (key: string, value: string) => void

  constructor(state: State, note: (key: string, value: string) => void) {
    this.#state = state
    this.#note = note
    this.isEmpty = [asidePrefix, earlyPrefix, namesPrefix].every(
      (prefix) => state.nextKey('host', prefix, prefix) === undefined,
    )
  }

  fault(): KernelFaultView | undefined {
    const text = this.#state.get('host', faultKey)
    if (text === undefined) return undefined
    const value: unknown = JSON.parse(text)
    return isKernelFault(value) ? value : damagedRow(faultKey)
  }
  setFault(fault: KernelFaultView): void {
    this.#state.set('host', faultKey, JSON.stringify(fault))
  }
  deleteFault(): void {
    this.#state.delete('host', faultKey)
  }

  setAside({ sequence, item, putBack }: SetAsideItem): void {
    const key = asidePrefix + orderedNumber(sequence)
    const text = JSON.stringify({ item, putBack })
    this.isEmpty = false
    this.#state.set('host', key, text)
    this.#note(key, text)
  }
  aside(sequence: number): SetAsideItem | undefined {
    const key = asidePrefix + orderedNumber(sequence)
    const text = this.#state.get('host', key)
    if (text === undefined) return undefined
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return damagedRow(key)
    const { item, putBack } = value
    if (!isText(item) || (putBack !== null && !isCount(putBack))) return damagedRow(key)
    return { sequence, item, putBack }
  }
  *allAside(): Generator<SetAsideItem> {
    for (const sequence of this.#numbers(asidePrefix)) {
      const item = this.aside(sequence)
      assert(item !== undefined, 'a row that is listed is there')
      yield item
    }
  }

  setEarly(sequence: number): void {
    this.isEmpty = false
    this.#state.set('host', earlyPrefix + orderedNumber(sequence), '')
  }
  /** Whether the kernel has accepted the item out of turn. */
  isEarly(sequence: number): boolean {
    return this.#state.get('host', earlyPrefix + orderedNumber(sequence)) !== undefined
  }
  /** The same; forgets it. */
  takeEarly(sequence: number): boolean {
    if (!this.isEarly(sequence)) return false
    this.#state.delete('host', earlyPrefix + orderedNumber(sequence))
    return true
  }

  allEarly(): readonly number[] {
    return [...this.#numbers(earlyPrefix)]
  }

  setMeanings(sequence: number, meanings: Meanings): void {
    const key = namesPrefix + orderedNumber(sequence)
    const text = JSON.stringify(meanings)
    this.isEmpty = false
    this.#state.set('host', key, text)
    this.#note(key, text)
  }
  /** What the names in the item stand for that a fault took back; empty when it has none. */
  meanings(sequence: number): Meanings {
    const key = namesPrefix + orderedNumber(sequence)
    const text = this.#state.get('host', key)
    if (text === undefined) return {}
    const value: unknown = JSON.parse(text)
    return isMeanings(value) ? value : damagedRow(key)
  }
  /** The same; forgets it. */
  takeMeanings(sequence: number): Meanings {
    const key = namesPrefix + orderedNumber(sequence)
    const meanings = this.meanings(sequence)
    // Deleting no row is a change too, and a restart may know that there are none.
    if (this.#state.get('host', key) !== undefined) this.#state.delete('host', key)
    return meanings
  }

  *#numbers(prefix: string): Generator<number> {
    for (const key of hostKeys(this.#state, prefix)) yield fromOrderedNumber(key.slice(prefix.length))
  }
}
