/**
 * Runs the inputs that a store has recorded on a fork.
 *
 * Giv1. Items of the host get the numbers that the fork has for them: in its inbox, and at its ports. Names
 *       in them are replaced by those of the fork (`names.ts`). An item about something that the fork has
 *       never named is not given.
 * Giv2. The kernel in place, its migration and what the machine notes about itself stay those of the fork.
 * Giv3. The fork runs as many cranks as the store ran, and, where the store was at rest, on until it is at
 *       rest itself. So code that needs other numbers of cranks answers before the next item all the same.
 */
import type { Replica, RunCrank } from '../../machine/blockReplay/replica.ts'
import { readInboxItem } from '../../machine/calls/storedItems.ts'
import { renamed } from '../../machine/faults/learnedNames.ts'
import { unsupportedBy, type InboxItem } from '../../protocol/host/requests.ts'
import { machineKeys } from '../../protocol/host/names.ts'
import type { PortView } from '../../protocol/host/port.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { BlockInput } from '../../protocol/store/inputs.ts'
import type { NamePairs } from './names.ts'

/** How many cranks a fork may run for one of the store, and in any case, before it counts as busy. */
const maxCranks = { perCrank: 20, least: 10_000 }

/** An item that the store has appended: its number on each side. */
export interface GivenItem {
  readonly item: InboxItem
  readonly store: number
  /** Null: the fork did not get it. */
  readonly fork: number | null
  readonly notGiven: string | null
}

type OtherInput = Exclude<BlockInput, { readonly kind: 'append' | 'take' | 'accept' | 'crank' | 'seal' }>
type CrankInput = Extract<BlockInput, { readonly kind: 'crank' }>

export class GivenInputs {
  readonly #fork: Replica
  readonly #read: KernelReader
  readonly #names: NamePairs
  readonly #numbers = new Map<number, number | null>()
  /** The last item of the inbox at the block of the fork, and how many of these the fork has taken. */
  readonly #before: { readonly last: number; readonly taken: number }
  readonly #offsets: ReadonlyMap<string, PortOffset>
  /** Items of ports that the fork did not get: those after them have lower numbers there. */
  readonly #missed = new Map<string, number>()
  #isBusy = false

  constructor(
    fork: Replica,
    read: KernelReader,
    names: NamePairs,
    before: { readonly last: number; readonly ports: readonly PortView[] },
  ) {
    this.#fork = fork
    this.#read = read
    this.#names = names
    this.#before = { last: before.last, taken: fork.store.inbox.taken }
    this.#offsets = new Map(before.ports.map((port) => [port.name, offsetOf(port, read.port(port.name))]))
  }

  /** Whether the fork went on where the store was at rest, until a limit of cranks (Giv3). */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Giv1. `store`: its number in the store. */
  append(store: number, text: string): GivenItem {
    const original = readInboxItem(store, text)
    const item = this.#translated(original)
    const missing = typeof item === 'string' ? item : this.#unsupported(item)
    if (missing !== null || typeof item === 'string') {
      this.#numbers.set(store, null)
      if (original.kind === 'deliver') this.#missed.set(original.port, this.#missedAt(original.port) + 1)
      return { item: original, store, fork: null, notGiven: missing }
    }
    this.#fork.run({ kind: 'append', item: JSON.stringify(item) })
    const fork = this.#fork.store.inbox.last
    this.#numbers.set(store, fork)
    return { item: original, store, fork, notGiven: null }
  }

  /** `store`: the number of the item that the store took. */
  take(store: number): void {
    if (this.#forkNumber(store) !== null) this.#fork.run({ kind: 'take' })
  }

  /** Returns whether the fork has accepted it too. */
  accept({ sequence, item }: Extract<BlockInput, { readonly kind: 'accept' }>): boolean {
    const fork = this.#forkNumber(sequence)
    if (fork === null) return false
    const translated = item === null ? null : this.#translated(readInboxItem(sequence, item))
    if (typeof translated === 'string') return false
    const text = translated === null ? null : JSON.stringify(translated)
    this.#fork.run({ kind: 'accept', sequence: fork, item: text })
    return true
  }

  /** Giv3. `isAtRest`: whether the store was, after these cranks. */
  *crank({ cleaning, times }: CrankInput, isAtRest: boolean): Generator<RunCrank> {
    const most = isAtRest ? Math.max(maxCranks.least, maxCranks.perCrank * times) : times
    for (let done = 0; done < most; done += 1) {
      const ran = this.#fork.run({ kind: 'crank', cleaning, times: 1 })
      if (ran === null || ran.report?.kind === 'idle' || ran.report?.kind === 'paused') return
      yield ran
    }
    if (isAtRest) this.#isBusy = true
  }

  /** Everything else (Giv2). */
  other(input: OtherInput): void {
    const { kind } = input
    const isOfKernel =
      kind === 'initialise' ||
      kind === 'migrate' ||
      kind === 'undoLog' ||
      (kind === 'bundle' && input.of === 'kernel') ||
      (kind === 'name' && input.label.startsWith('heirloom:')) ||
      (kind === 'host' && input.key.startsWith(machineKeys))
    if (!isOfKernel) this.#fork.run(input)
  }

  /** A crank without an event; the fork may have nothing to seal. */
  seal(): void {
    this.#fork.store.sealUnlessUnchanged()
  }

  /** Null: the fork did not get the item, or had taken it before. */
  #forkNumber(store: number): number | null {
    const { last, taken } = this.#before
    if (store <= last) return store <= taken ? null : store
    return this.#numbers.get(store) ?? null
  }

  #unsupported(item: InboxItem): string | null {
    const missing = unsupportedBy(this.#fork.kernel?.level ?? 0, item)
    return missing === undefined ? null : `the kernel of the fork does not support ${missing}`
  }

  /** A text: why it cannot be. */
  #translated(item: InboxItem): InboxItem | string {
    let unknown: string | undefined
    const named = renamed(item, (name) => {
      const other = this.#names.inItem(name)
      if (other === undefined) unknown ??= name
      return other ?? name
    })
    if (unknown !== undefined) return `the fork has given nothing that is ${unknown} in the store`
    return this.#numbered(named)
  }

  #missedAt(port: string): number {
    return this.#missed.get(port) ?? 0
  }

  #numbered(item: InboxItem): InboxItem {
    switch (item.kind) {
      case 'forget': {
        const { sequence } = item
        return { ...item, sequence: this.#forkNumber(sequence) ?? sequence }
      }
      case 'deliver':
      case 'dismiss':
        return {
          ...item,
          number: item.number + (this.#offsets.get(item.port)?.delivered ?? 0) - this.#missedAt(item.port),
        }
      case 'acknowledge': {
        const sent = this.#read.port(item.port)?.sent ?? 0
        return { ...item, number: Math.min(item.number + (this.#offsets.get(item.port)?.sent ?? 0), sent) }
      }
      default:
        return item
    }
  }
}

/** By how much the numbers of the fork are higher. */
interface PortOffset {
  readonly delivered: number
  readonly sent: number
}

const offsetOf = (store: PortView, fork: PortView | undefined): PortOffset => ({
  delivered: (fork?.delivered ?? store.delivered) - store.delivered,
  sent: (fork?.sent ?? store.sent) - store.sent,
})
