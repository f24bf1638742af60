/**
 * A kernel that failed, and the ways out.
 *
 * Flt1. A replicated fault takes back what the kernel did since the last block, and nothing that the host
 *       did: its items wait in the inbox, in order, untaken, and its own data is as it set it. The fault is
 *       recorded in a block of its own, so that a restart comes up in the same state.
 * Flt2. While the kernel is faulted, what the host owes it (`owed`) is appended to the inbox and waits;
 *       requests about the life of a vat are accepted at once, out of turn, since they may be the way out;
 *       anything else is refused, with the fault.
 *       While the kernel's tables are migrated, no request can be accepted: what is owed waits, with bundles
 *       that are installed, and anything else is refused.
 * Flt3. After a retry or an upgrade of the kernel, every waiting item is accepted once, in order, except
 *       those that were set aside and those that were accepted out of turn.
 *       The same holds at the end of a migration.
 * Flt4. An item of a port that is set aside, or was put back behind others, holds the port: those with higher
 *       numbers are set aside when it is their turn, so that what is put back, in order, arrives in order.
 * Flt5. An item that waits is never about anything but what the host named, although a fault takes back the
 *       names that were given since the last block (`learnedNames.ts`).
 */
import { assert } from '../../base/errors.ts'
import { excerpt } from '../../base/text.ts'
import { refuse } from '../../protocol/codes.ts'
import type { InboxItem, RequestKind } from '../../protocol/host/requests.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { FaultCalls } from '../../protocol/machine/calls.ts'
import type {
  FaultEvent,
  KernelFaultView,
  KernelRetry,
  SetAsideItem,
  WaitingItem,
} from '../../protocol/machine/faults.ts'
import type { Store } from '../../store/store.ts'
import { readInboxItem } from '../calls/storedItems.ts'
import type { Migration } from '../kernelUpgrades/migration.ts'
import { addFaultEvent, faultEvents } from './faultHistory.ts'
import { FaultRows } from './faultRows.ts'
import { LearnedNames } from './learnedNames.ts'

/** What the host owes the kernel: it has happened outside, and must not be lost. */
const owed: ReadonlySet<RequestKind> = new Set<RequestKind>([
  'deliver',
  'acknowledge',
  'dismiss',
  'advanceTime',
  'forget',
])

/** Requests that may take away what provokes the fault. */
const lifecycle: ReadonlySet<RequestKind> = new Set<RequestKind>([
  'suspendVat',
  'terminateVat',
  'upgradeVat',
  'changeVatOptions',
])

/** While tables are migrated, a bundle waits to be known to the kernel; the store has it at once. */
const migratingToo: RequestKind = 'installBundle'

/** How much of an error the history keeps. */
const maxError = 1_000

/** Items that may wait for a kernel. */
const maxWaiting = 100_000

export interface FaultParts {
  readonly store: Store
  readonly migration: Migration
  /** Has the kernel accept the item of this number. `as`: whether it is as the inbox has it. */
  readonly accept: (sequence: number, item: InboxItem, as: 'stored' | 'resolved') => void
  /** Whether something below the kernel failed. */
  readonly isBroken: () => boolean
  /** Whether a plan holds the item back. */
  readonly isHeld: (item: InboxItem) => boolean
  /** Whether a plan holds back what waits. */
  readonly holds: () => boolean
  /** Called when a block was committed. */
  readonly committed: () => void
  readonly read: () => KernelReader
}

export class Faults implements FaultCalls {
  readonly #parts: FaultParts
  readonly #rows: FaultRows
  readonly #names: LearnedNames
  #fault: KernelFaultView | undefined
  /** The host's data that was set since the last block; null: deleted. */
  readonly #hostWrites = new Map<string, string | null>()
  /** Items of the machine's own since the last block: their requesters request them again after a fault. */
  readonly #own: number[] = []

  constructor(parts: FaultParts) {
    this.#parts = parts
    this.#rows = new FaultRows(parts.store.state, (key, value) => this.noteHostState(key, value))
    this.#names = new LearnedNames(parts.read)
    this.#fault = this.#rows.fault()
  }

  // --- called by the host

  fault(): KernelFaultView | null {
    return this.#fault ?? null
  }

  waitingItems(after: number, limit: number): readonly WaitingItem[] {
    const items: WaitingItem[] = []
    for (const item of this.#parts.store.inbox.waiting()) {
      if (items.length === limit) break
      if (item.sequence > after && !this.#rows.isEarly(item.sequence)) items.push(item)
    }
    return items
  }

  retryKernel(): KernelRetry {
    if (this.#parts.isBroken()) return 'failed'
    this.#parts.migration.assertNone()
    if (this.#fault === undefined) {
      // What waited for the end of an upgrade or a return, and a process died before it was accepted.
      this.takeAll()
      return 'done'
    }
    this.clear({ kind: 'retried', block: this.#parts.store.blocks.height })
    this.takeAll()
    return 'done'
  }

  setAside(sequence: number): void {
    const { store, migration } = this.#parts
    migration.assertNone()
    const fault = this.#fault ?? refuse('kernel/not-faulted', 'items are set aside only while the kernel is faulted')
    const item = this.#waiting(sequence)
    assert(fault.block <= store.blocks.height, 'a fault is not of a later block')
    this.#rows.setAside({ sequence, item, putBack: null })
    this.#record({ kind: 'set-aside', block: store.blocks.height, sequence })
    store.sealCrank()
  }

  putBack(sequence: number): number {
    const { store } = this.#parts
    const aside = this.#rows.aside(sequence)
    if (aside === undefined || aside.putBack !== null)
      refuse('kernel/no-item', `item ${sequence} is not set aside`, { sequence })
    const putBack = store.inbox.append(aside.item)
    this.#rows.setAside({ ...aside, putBack })
    this.#record({ kind: 'put-back', block: store.blocks.height, sequence, putBack })
    const meanings = this.#rows.meanings(sequence)
    if (Object.keys(meanings).length > 0) this.#rows.setMeanings(putBack, meanings)
    store.sealCrank()
    if (this.#accepts) this.takeAll()
    return putBack
  }

  setAsideItems(): readonly SetAsideItem[] {
    return [...this.#rows.allAside()]
  }

  // --- called by the machine

  /** Whether the item's result is not known to the kernel yet, because it waits or was set aside. */
  isPending(sequence: number): boolean {
    const { inbox } = this.#parts.store
    if (sequence > inbox.taken && sequence <= inbox.last) return true
    return this.#rows.aside(sequence)?.putBack === null
  }

  /** The highest number among the items of the port that wait or are set aside; 0 if none is. */
  owedTo(port: string): number {
    const { inbox } = this.#parts.store
    if (inbox.untaken === 0 && this.#rows.isEmpty) return 0
    const waiting = inbox.waiting()
    return [...numbersAt(port, waiting), ...numbersAt(port, this.#aside())].reduce(
      (highest, number) => Math.max(highest, number),
      0,
    )
  }

  /** Whether the kernel must not get the item (Flt3), and whether it is to be set aside (Flt4). */
  #marksOf(sequence: number, request: InboxItem): readonly [isSkipped: boolean, isHeld: boolean] {
    const isSkipped = this.#rows.takeEarly(sequence) || this.#rows.aside(sequence) !== undefined
    return [isSkipped, !isSkipped && this.#isHeld(sequence, request)]
  }

  /** Flt4. */
  #isHeld(sequence: number, request: InboxItem): boolean {
    if (request.kind !== 'deliver') return false
    const earlier = [...this.#aside(), ...this.#putBackAfter(sequence)]
    return numbersAt(request.port, earlier).some((number) => number < request.number)
  }

  /** The items that were put back behind this one: it is their turn later. */
  *#putBackAfter(sequence: number): Generator<WaitingItem> {
    for (const { putBack, item } of this.#rows.allAside())
      if (putBack !== null && putBack > sequence) yield { sequence: putBack, item }
  }

  /** The items that are set aside and were not put back. */
  *#aside(): Generator<WaitingItem> {
    for (const item of this.#rows.allAside()) if (item.putBack === null) yield item
  }

  /** Appends the item, and has the kernel accept it unless it must wait (Flt2). Returns its number. */
  append(item: InboxItem): number {
    const { store, migration, isHeld, holds } = this.#parts
    const { inbox } = store
    const text = JSON.stringify(item)
    if (this.#accepts && isHeld(item)) return this.#wait(text)
    if (this.#accepts && holds()) return this.#acceptNow(text)
    if (this.#accepts) {
      const appended = inbox.append(text)
      this.takeAll()
      return appended
    }
    const isMigrating = migration.view !== null
    if (owed.has(item.kind) || (isMigrating && item.kind === migratingToo)) return this.#wait(text)
    migration.assertNone()
    return lifecycle.has(item.kind) ? this.#acceptNow(text) : this.refuse()
  }

  /** Has the kernel accept an item of the machine's own, out of turn. A fault takes it back whole. */
  appendOwn(item: InboxItem): number {
    this.#parts.migration.assertNone()
    this.assertNone()
    const sequence = this.#acceptNow(JSON.stringify(item))
    this.#own.push(sequence)
    return sequence
  }

  #wait(text: string): number {
    const { inbox } = this.#parts.store
    if (inbox.untaken >= maxWaiting)
      refuse('kernel/inbox-full', `${inbox.untaken} items wait for the kernel`, { most: maxWaiting })
    return inbox.append(text)
  }

  /** Out of turn. */
  #acceptNow(text: string): number {
    const { store, accept } = this.#parts
    const sequence = store.inbox.append(text)
    this.#rows.setEarly(sequence)
    accept(sequence, readInboxItem(sequence, text), 'stored')
    return sequence
  }

  /** Whether the kernel can accept items. */
  get #accepts(): boolean {
    return this.#fault === undefined && this.#parts.migration.view === null
  }

  /** Has the kernel accept all that waits, unless it cannot (Flt3). */
  takeAll(): void {
    const { store, accept, holds } = this.#parts
    if (!this.#accepts || holds()) return
    for (let next = store.inbox.next(); next !== undefined; next = store.inbox.next()) {
      const { sequence, item } = next
      store.inbox.take(sequence)
      const request = readInboxItem(sequence, item)
      const [isSkipped, isHeld] = this.#rows.isEmpty ? [false, false] : this.#marksOf(sequence, request)
      if (isHeld) this.#rows.setAside({ sequence, item, putBack: null })
      if (isSkipped || isHeld) store.sealCrank()
      else {
        const resolved = this.#rows.isEmpty ? request : this.#resolved(sequence, request)
        accept(sequence, resolved, resolved === request ? 'stored' : 'resolved')
        this.#names.note(request)
      }
    }
  }

  /** Flt5. */
  #resolved(sequence: number, request: InboxItem): InboxItem {
    const meanings = this.#rows.takeMeanings(sequence)
    return Object.keys(meanings).length === 0 ? request : this.#names.resolve(request, meanings)
  }

  /** What the machine requested since the last block is requested again by what requested it. */
  #skipOwn(): void {
    for (const sequence of this.#own) this.#rows.setEarly(sequence)
  }

  /** Flt5. Only items that were appended since can have names that the state does not have. */
  #noteNames(since: number): void {
    for (const { sequence, item } of this.#parts.store.inbox.waiting()) {
      if (sequence <= since) continue
      const meanings = this.#names.meaningsIn(readInboxItem(sequence, item))
      if (Object.keys(meanings).length > 0) this.#rows.setMeanings(sequence, meanings)
    }
  }

  noteHostState(key: string, value: string | null): void {
    this.#hostWrites.set(key, value)
  }

  /** Sets again what the host has set since the last block: the block was taken back. */
  restoreHostState(): void {
    const { state } = this.#parts.store
    for (const [key, value] of this.#hostWrites) {
      if (value === null) state.delete('host', key)
      else state.set('host', key, value)
    }
  }

  blockCommitted(): void {
    this.#hostWrites.clear()
    this.#names.blockCommitted()
    this.#own.length = 0
  }

  /** Flt1. The kernel's part of the block was undone, and the workers were evicted. */
  record(error: string, crank: number, input: number | null): KernelFaultView {
    const { store, committed } = this.#parts
    this.takenBack()
    const fault = { error, crank, block: store.blocks.height, input }
    this.#rows.setFault(fault)
    this.#record({ kind: 'faulted', block: fault.block, crank, error: excerpt(error, maxError) })
    store.sealCrank()
    // A private copy for reading has no blocks of its own.
    if (store.access === 'write') store.commit()
    this.#fault = fault
    committed()
    return fault
  }

  /** The kernel's part of the block was undone: what the host did in it stays (Flt1). */
  takenBack(): void {
    const { inbox } = this.#parts.store
    this.restoreHostState()
    this.#skipOwn()
    this.#noteNames(inbox.last - inbox.added.length)
  }

  /** What a return to the block before an upgrade needs, before the upgrade. */
  kept(): { readonly fault: KernelFaultView | null; readonly early: readonly number[] } {
    return { fault: this.fault(), early: this.#rows.allEarly() }
  }

  /** The store is about to return: what the host may have named since is remembered by its name (Flt5). */
  learnNames(): void {
    this.#names.learnAll()
  }

  /** Part of the crank that returns (Trl2). What the host did since the last block stays. */
  restore({ fault, early }: ReturnType<Faults['kept']>): void {
    this.restoreHostState()
    this.#skipOwn()
    this.#noteNames(0)
    for (const sequence of early) this.#rows.setEarly(sequence)
    if (fault !== null) this.#rows.setFault(fault)
  }

  /** The return is committed. */
  restored(fault: KernelFaultView | null): void {
    this.#fault = fault ?? undefined
  }

  /** The fault is over, by `how`; nothing is accepted yet. */
  clear(how: FaultEvent): void {
    this.#record(how)
    this.#rows.deleteFault()
    this.#fault = undefined
    this.#parts.store.sealCrank()
  }

  faultHistory(): readonly FaultEvent[] {
    return faultEvents(this.#parts.store.state)
  }

  /** A fault does not take back what was done about the one before. */
  #record(event: FaultEvent): void {
    const { key, text } = addFaultEvent(this.#parts.store.state, event)
    this.noteHostState(key, text)
  }

  /** Refuses what the kernel cannot do while it is faulted. */
  assertNone(): void {
    if (this.#fault !== undefined) this.refuse()
  }

  refuse(): never {
    const fault = this.#fault
    assert(fault !== undefined, 'a fault refuses only while there is one')
    const [why = ''] = fault.error.split('\n', 1)
    return refuse(
      'kernel/faulted',
      `the kernel failed at crank ${fault.crank}, after block ${fault.block}: ${why}`,
      { ...fault },
    )
  }

  #waiting(sequence: number): string {
    const { inbox } = this.#parts.store
    for (const item of inbox.waiting())
      if (item.sequence === sequence && !this.#rows.isEarly(sequence)) return item.item
    return refuse('kernel/no-item', `no item ${sequence} waits in the inbox`, { sequence })
  }
}

/** The numbers of those of the items that are for the port. */
const numbersAt = (port: string, items: Iterable<WaitingItem>): readonly number[] =>
  [...items].flatMap(({ sequence, item }) => {
    const request = readInboxItem(sequence, item)
    return request.kind === 'deliver' && request.port === port ? [request.number] : []
  })
