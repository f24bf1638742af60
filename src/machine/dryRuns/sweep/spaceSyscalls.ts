/**
 * Answers a script's syscalls from the vat's space, and writes to it: the caller undoes that.
 *
 * What the script reaches is listed: of the exports in the space it is shown those of the list only, and of a
 * kind that it sweeps only the records of the list, in their order. Messages, resolutions and drops go
 * nowhere.
 */
import { isText } from '../../../base/guards.ts'
import type { SyscallSink, Verdict } from '../../../protocol/kernel/platform.ts'
import { rangeLimits } from '../../../protocol/limits.ts'
import { exportKey } from '../../../protocol/worker/vatstore.ts'
import { patchAnswers, type Answer, type Syscall } from '../../../protocol/worker/syscall.ts'
import type { ObjectVref } from '../../../base/ids.ts'
import type { VatRows } from './vatRows.ts'

/** What a script reaches. */
export interface Reach {
  readonly exports: readonly ObjectVref[]
  readonly swept: { readonly prefix: string; readonly keys: readonly string[] } | null
}

const exportPrefix = 'export.'

export class SpaceSyscalls implements SyscallSink {
  readonly #rows: VatRows
  readonly #exports: readonly string[]
  readonly #swept: Reach['swept']
  /** How many of the swept records the script has asked for. */
  asked = 0

  constructor(rows: VatRows, { exports, swept }: Reach) {
    this.#rows = rows
    this.#exports = exports.map((vref) => exportKey(vref)).sort()
    this.#swept = swept
  }

  handle(syscall: Syscall): Verdict {
    try {
      return { kind: 'legal', answer: this.#answer(syscall) }
    } catch (error) {
      if (error instanceof NotText) return { kind: 'illegal', message: error.message }
      throw error
    }
  }

  #answer(syscall: Syscall): Answer {
    switch (syscall.kind) {
      case 'vatstoreGet':
        return this.#rows.get(text(syscall.key)) ?? null
      case 'vatstoreGetSeveral':
        return this.#several(syscall.keys)
      case 'vatstoreNextKey':
        return this.#nextKey(text(syscall.prefix), text(syscall.after))
      case 'vatstoreRange':
        return JSON.stringify(this.#range(text(syscall.from), text(syscall.to), syscall.limit))
      case 'patched':
        return patchAnswers.applies
      case 'vatstoreSet':
        this.#rows.set(text(syscall.key), text(syscall.value))
        return null
      case 'vatstoreDelete':
        this.#rows.set(text(syscall.key), null)
        return null
      case 'vatstoreWrite':
        this.#write(syscall.entries)
        return null
      default:
        return null
    }
  }

  #write(entries: readonly (string | null)[]): void {
    for (let at = 0; at < entries.length; at += 2) {
      const value = entries[at + 1] ?? null
      this.#rows.set(text(entries[at]), value === null ? null : text(value))
    }
  }

  #several(keys: readonly string[]): string {
    const values: (string | null)[] = []
    let length = 0
    for (const key of keys) {
      if (length > rangeLimits.text) break
      const value = this.#rows.get(text(key)) ?? null
      values.push(value)
      length += value?.length ?? 0
    }
    return JSON.stringify(values)
  }

  #nextKey(prefix: string, after: string): string | null {
    if (prefix !== this.#swept?.prefix) return this.#rows.nextKey(prefix, after) ?? null
    const key = this.#swept.keys[this.asked]
    this.asked += 1
    return key ?? null
  }

  #range(from: string, to: string, limit: number): readonly string[] {
    const found: string[] = []
    let length = 0
    for (const key of this.#keysBetween(from, to)) {
      if (found.length >= 2 * limit || length > rangeLimits.text) break
      const value = key.startsWith(exportPrefix) ? 'reachable' : (this.#rows.get(key) ?? '')
      found.push(key, value)
      length += key.length + value.length
    }
    return found
  }

  *#keysBetween(from: string, to: string): Generator<string> {
    if (from.startsWith(exportPrefix)) {
      yield* this.#exports.filter((key) => key >= from && key < to)
      return
    }
    let key: string | undefined = this.#rows.has(from) ? from : this.#rows.nextKey('', from)
    for (; key !== undefined && key < to; key = this.#rows.nextKey('', key)) yield key
  }
}

class NotText extends Error {}

function text(value: unknown): string {
  if (isText(value)) return value
  throw new NotText('a syscall has something else where text is to be')
}
