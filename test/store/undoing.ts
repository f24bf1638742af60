/**
 * Random work on a store, and everything that an undo log takes back, as one value: the numbers of spaces and
 * pages do not count.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { vatId, type VatId } from '../../src/base/ids.ts'
import type { Space } from '../../src/protocol/kernel/platform.ts'
import { keepAll } from '../../src/protocol/store/retention.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { Dice, entry, heap, newStore } from './support.ts'

const dumped: Readonly<Record<string, string>> = {
  space: "SELECT name, rows, digest FROM space WHERE name <> 'host' ORDER BY name",
  state:
    "SELECT name, key, hex(value) AS value, state.checksum FROM state LEFT JOIN space ON id = space WHERE name IS NOT 'host' ORDER BY name, key",
  span: 'SELECT * FROM span ORDER BY vat, number',
  entry: 'SELECT * FROM entry ORDER BY vat, position',
  snapshot: 'SELECT vat, position, heap_hash, hex(manifest) AS manifest, checksum FROM snapshot ORDER BY vat',
  page: 'SELECT hash, uses, hex(bytes) AS bytes FROM page ORDER BY hash',
  page_use: 'SELECT vat, hash FROM page_use LEFT JOIN page ON id = page ORDER BY vat, hash',
  pruned: "SELECT * FROM pruned WHERE what <> 'block' ORDER BY what",
  pruned_to: 'SELECT * FROM pruned_to ORDER BY vat',
  span_begun: 'SELECT * FROM span_begun ORDER BY vat, start',
  outbox: 'SELECT * FROM outbox ORDER BY sequence',
}

/** What is kept of the state, of the vats and of the outbox, as of the last block. */
export const dump = (directory: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(dumped).map(([table, text]) => [table, query(directory, text)]))

export const logRows = (directory: string): number =>
  query<{ rows: number }>(directory, 'SELECT count(*) AS rows FROM undo')[0]?.rows ?? -1

/** A store that is worked on at random, and may be closed and opened between two pieces of work. */
export class Worked {
  readonly #dice: Dice
  readonly #directory: string
  store: Store
  /** Every item that was ever appended. */
  readonly items: string[] = []
  #vats = 1
  /** Vats that were terminated: nothing is done for them any more, even if a return revives them. */
  readonly #ended = new Set<VatId>()
  #steps = 0

  constructor(store: Store, seed: number) {
    this.store = store
    this.#directory = store.directory
    this.#dice = new Dice(seed)
  }

  block(): void {
    for (let crank = this.#dice.roll(4); crank >= 0; crank -= 1) {
      for (let step = this.#dice.roll(12); step >= 0; step -= 1) this.#step()
      this.store.sealCrank()
    }
    // As after a fault: the block is done in part, and lost.
    if (this.#dice.roll(8) === 0) {
      this.items.length = this.store.inbox.last - this.store.inbox.added.length
      this.store.abandonBlock()
      return this.block()
    }
    this.store.commit()
    this.#betweenBlocks()
  }

  #betweenBlocks(): void {
    switch (this.#dice.roll(8)) {
      case 0:
        return this.reopen()
      case 1:
        return void this.store.freePages()
      case 2:
        return void this.store.prune({ transcripts: 'restart', blocks: 'all', inputs: 'all' }, 'none')
      case 3:
        return this.store.setRetention({
          transcripts: this.#dice.pick(['all', 'restart', 'incarnation'] as const),
          blocks: this.#dice.pick(['all', 120]),
          inputs: 'all',
        })
    }
  }

  reopen(): void {
    this.store.close()
    this.store = openStore(this.#directory, { verify: 'all' })
  }

  get #spaces(): readonly Space[] {
    return ['kernel', 'host', `vat/v${1 + this.#dice.roll(this.#vats)}`]
  }

  #step(): void {
    const { state, transcripts, heaps, inbox, outbox, bundles } = this.store
    this.#steps += 1
    const vat = vatId(1 + this.#dice.roll(this.#vats))
    if (this.#ended.has(vat)) return
    switch (this.#dice.roll(12)) {
      case 0:
      case 1:
      case 2:
        return state.set(this.#dice.pick(this.#spaces), `k${this.#dice.roll(30)}`, `${this.#steps}\u0000'"é`)
      case 3:
        return state.delete(this.#dice.pick(this.#spaces), `k${this.#dice.roll(30)}`)
      case 4:
        return this.#empty(this.#dice.pick(this.#spaces))
      case 5:
        return this.#deliver(vat)
      case 6:
        if (transcripts.span(vat) === undefined) return
        heaps.save(vat, transcripts.count(vat), heap([this.#dice.roll(9), 9 + this.#dice.roll(9)]))
        return transcripts.beginSpan(vat, 'snapshot')
      case 7:
        return this.#terminate(vat)
      case 8:
        this.items.push(`item ${this.#steps}`)
        return void inbox.append(`item ${this.#steps}`)
      case 9: {
        const next = inbox.next()
        return next === undefined ? undefined : inbox.take(next.sequence)
      }
      case 10:
        return void outbox.append('port', `out ${this.#steps}`)
      default:
        bundles.putScript(`// ${this.#steps}`)
        return this.#release()
    }
  }

  #empty(space: Space): void {
    const { state } = this.store
    for (let key = state.nextKey(space, '', ''); key !== undefined; key = state.nextKey(space, '', key))
      state.delete(space, key)
  }

  #deliver(vat: VatId): void {
    const { transcripts } = this.store
    if (transcripts.span(vat) === undefined) transcripts.beginSpan(vat, 'incarnation')
    transcripts.append(vat, entry(`${this.#steps}`))
    if (this.#dice.roll(3) === 0) this.#vats += 1
  }

  #terminate(vat: VatId): void {
    const { transcripts, heaps } = this.store
    heaps.forget(vat)
    transcripts.forget(vat, 0)
    this.#empty(`vat/${vat}`)
    this.#vats += 1
    this.#ended.add(vat)
  }

  #release(): void {
    const { outbox } = this.store
    const [first] = outbox.kept()
    if (first !== undefined && this.#dice.roll(2) === 0) outbox.release(first[0])
  }
}

/** The items of the inbox that wait. */
export const waiting = (store: Store): readonly string[] => [...store.inbox.waiting()].map(({ item }) => item)

/** The whole file is as it should be. */
export function assertSound(store: Store): void {
  store.verify('all')
  const pagesOf = (manifest: Uint8Array): never => JSON.parse(Buffer.from(manifest).toString()) as never
  assert.deepEqual(store.audit(pagesOf).deviations, [])
}

/** Writes what else belongs to the block of a return. */
export const note = (store: Store, text: string) => (): void => {
  store.state.set('host', 'returned', text)
  store.sealCrank()
}

/** Works, begins a log, works on, returns, and compares; three times. */
export function returnAtRandom(test: TestContext, seed: number): void {
  const worked = new Worked(newStore(test), seed * 7_919)
  test.after(() => worked.store.close())
  for (let block = 0; block < 12; block += 1) worked.block()
  for (let round = 0; round < 3; round += 1) {
    const { directory } = worked.store
    const before = dump(directory)
    const { height } = worked.store.blocks
    const { taken } = worked.store.inbox
    worked.store.undoLog.begin()
    worked.store.commit()
    for (let block = 0; block < 3 + 5 * round; block += 1) worked.block()
    assert.equal(worked.store.undoLog.since, height)
    assertSound(worked.store)
    // The block of a return prunes as any other.
    worked.store.setRetention(keepAll)
    const { cranks, height: last } = worked.store.blocks
    const host = worked.store.state.get('host', 'k1')
    worked.store.rollBack(note(worked.store, `${seed}`))
    assert.deepEqual(dump(directory), before)
    assert.deepEqual(waiting(worked.store), worked.items.slice(taken), 'every item waits again (Ulg3)')
    assert.deepEqual([worked.store.blocks.height, worked.store.blocks.cranks], [last + 1, cranks + 1])
    assert.equal(worked.store.state.get('host', 'k1'), host, 'the data of the host stays (Ulg2)')
    assert.equal(worked.store.state.get('host', 'returned'), `${seed}`)
    assert.deepEqual([worked.store.undoLog.isOn, logRows(directory)], [false, 0])
    assertSound(worked.store)
    worked.reopen()
    for (let block = 0; block < 4; block += 1) worked.block()
    assertSound(worked.store)
  }
}
