/** The host's own data: rows of the store that no kernel sees, in the block of everything else. */
import { isHostKey } from '../../protocol/host/names.ts'
import type { HostRow, HostWrite } from '../../protocol/machine/calls.ts'
import type { Store } from '../../store/store.ts'
import type { KernelDriver } from '../driver.ts'
import { damagedRow, hostKeys } from '../hostRows.ts'

export class HostState {
  readonly #store: Store
  readonly #driver: KernelDriver
  /** What the host sets outlives a fault, which takes back the kernel's part of the block. */
  readonly #note: (key: string, value: string | null) => void

  constructor(store: Store, driver: KernelDriver, note: (key: string, value: string | null) => void) {
    this.#store = store
    this.#driver = driver
    this.#note = note
  }

  get(key: string): string | null {
    return this.#store.state.get('host', key) ?? null
  }

  set(key: string, value: string | null): void {
    this.write([[key, value]])
  }

  list(prefix: string, after: string | null, limit: number): readonly HostRow[] {
    const rows: HostRow[] = []
    for (const key of hostKeys(this.#store.state, prefix, after)) {
      if (rows.length === limit) break
      if (isHostKey(key)) rows.push([key, this.get(key) ?? damagedRow(key)])
    }
    return rows
  }

  write(rows: readonly HostWrite[]): void {
    this.#driver.assertWhole()
    if (rows.length === 0) return
    const { state } = this.#store
    for (const [key, value] of rows) {
      this.#note(key, value)
      if (value === null) state.delete('host', key)
      else state.set('host', key, value)
    }
    this.#store.sealCrank()
  }
}
