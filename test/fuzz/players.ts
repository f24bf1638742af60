/**
 * Who answers deliveries: mallory, who sends what she likes, and honest peers, who keep count of what they
 * do.
 *
 * Each plays one delivery as the batches that come up a worker's channel; the last is the end of the
 * delivery.
 */
import type { VatId } from '../../src/base/ids.ts'
import type { Delivery } from '../../src/protocol/worker/delivery.ts'
import { isQuestion, type Syscall } from '../../src/protocol/worker/syscall.ts'
import type { Tables } from '../../src/kernel/tables/tables.ts'
import type { Dice } from '../store/support.ts'
import { garbled, mutated } from './mutate.ts'
import { jsonOddities, nameOddities } from './oddities.ts'
import { knowledgeOf, type Ways } from './ways.ts'

/** All of one delivery, and how many of its syscalls or frames are not as they should be. */
export interface Play {
  readonly batches: readonly string[]
  readonly finish: string
  readonly mutations: number
}

const finishOf = (batch: unknown, delivery: Delivery): string =>
  JSON.stringify({
    batch,
    result:
      delivery.kind === 'startVat' ? { kind: 'started', root: 'o+0', promises: 'kept' } : { kind: 'ok' },
  })

export class Mallory {
  readonly #tables: Tables
  readonly #dice: Dice
  readonly #ways: Ways

  constructor(tables: Tables, dice: Dice, ways: Ways) {
    this.#tables = tables
    this.#dice = dice
    this.#ways = ways
  }

  play(vat: VatId, delivery: Delivery): Play {
    const dice = this.#dice
    if (delivery.kind === 'startVat' && dice.roll(8) > 0)
      return { batches: [], finish: finishOf([], delivery), mutations: 0 }
    const known = knowledgeOf(this.#tables, vat)
    const sent: unknown[] = Array.from({ length: 1 + dice.roll(4) }, () =>
      this.#ways.syscall(known, delivery),
    )
    let mutations = 0
    // What is not a message is delivered again until it is played well: mostly it is.
    const well = delivery.kind === 'message' ? 12 : 2
    if (dice.roll(well) > 0) {
      const at = dice.roll(sent.length)
      sent[at] = this.#spoilt(sent[at], [...known.names, ...nameOddities])
      mutations += 1
    }
    if (dice.roll(6) === 0) {
      sent.splice(dice.roll(sent.length + 1), 0, dice.pick(sent))
      mutations += 1
    }
    return this.#framed(sent, delivery, mutations)
  }

  #spoilt(syscall: unknown, names: readonly string[]): unknown {
    return this.#dice.roll(30) === 0 ? this.#dice.pick(jsonOddities) : mutated(syscall, this.#dice, names)
  }

  /** Cut after each question, as a supervisor would; now and then not. */
  #framed(sent: readonly unknown[], delivery: Delivery, mutations: number): Play {
    const dice = this.#dice
    const batches: string[] = []
    let batch: unknown[] = []
    for (const syscall of sent) {
      batch.push(syscall)
      if (!asks(syscall) || dice.roll(40) === 0) continue
      batches.push(JSON.stringify(batch))
      batch = []
    }
    const finish = finishOf(batch, delivery)
    if (mutations > 0 && dice.roll(25) === 0)
      return { batches, finish: garbled(finish, dice), mutations: mutations + 1 }
    if (mutations > 0 && dice.roll(25) === 0)
      return {
        batches,
        finish: JSON.stringify(mutated(JSON.parse(finish), dice, nameOddities)),
        mutations: mutations + 1,
      }
    if (dice.roll(50) === 0)
      return {
        batches: [
          ...batches,
          dice.pick([
            '',
            'null',
            '[]',
            '{}',
            '[[]]',
            '[null]',
            '"x"',
            '[{"kind":"console"}]',
            '[{"kind":"console","level":5,"text":{}}]',
          ]),
        ],
        finish,
        mutations: mutations + 1,
      }
    return { batches, finish, mutations }
  }
}

const asks = (syscall: unknown): boolean =>
  typeof syscall === 'object' &&
  syscall !== null &&
  'kind' in syscall &&
  typeof syscall.kind === 'string' &&
  isQuestion(syscall as Syscall)

/**
 * An honest vat: what it sends is valid whatever reaches it. It answers `ping` with one more than it was
 * given, and everything else now or later; it hands on what it is handed, and lets go of it when it is asked
 * to collect.
 */
export class Peer {
  readonly #tables: Tables
  readonly #dice: Dice
  readonly #unanswered: string[] = []
  #exports = 1
  #promises = 1
  /** Deliveries; the vat keeps the same number in its own data. */
  deliveries = 0

  constructor(tables: Tables, dice: Dice) {
    this.#tables = tables
    this.#dice = dice
  }

  play(vat: VatId, delivery: Delivery): Play {
    this.deliveries += 1
    const batch: unknown[] = [{ kind: 'vatstoreSet', key: 'count', value: String(this.deliveries) }]
    if (delivery.kind === 'message') this.#message(delivery, batch)
    if (delivery.kind === 'bringOutYourDead') this.#collect(vat, batch)
    if (delivery.kind === 'dropExports') {
      const gone = delivery.exports.filter((vref) => vref !== 'o+0' && this.#dice.roll(2) === 0)
      if (gone.length > 0) batch.push({ kind: 'retireExports', exports: gone })
    }
    return { batches: [], finish: finishOf(batch, delivery), mutations: 0 }
  }

  #message({ methargs, result }: Extract<Delivery, { kind: 'message' }>, batch: unknown[]): void {
    const dice = this.#dice
    if (methargs.body.startsWith('#["ping"')) {
      const [, [number]] = JSON.parse(methargs.body.slice(1)) as [string, [number]]
      if (result !== null) batch.push(settling(result, { body: `#${number + 1}`, slots: [] }))
      return
    }
    if (result !== null) this.#unanswered.push(result)
    const given = methargs.slots
    const own = dice.roll(2) === 0 ? [`o+${(this.#exports += 1)}`] : []
    const data = { body: '#["touch",[]]', slots: [...given.slice(0, 3), ...own] }
    const target = given[0]
    if (target !== undefined && dice.roll(3) === 0)
      batch.push({
        kind: 'send',
        target,
        methargs: data,
        result: dice.roll(2) === 0 ? null : `p+${(this.#promises += 1)}`,
      })
    for (const slot of given)
      if (slot.startsWith('p-') && dice.roll(2) === 0) batch.push({ kind: 'subscribe', promise: slot })
    const settled = new Set<string>()
    while (this.#unanswered.length > dice.roll(4)) {
      const promise = this.#unanswered.shift() ?? ''
      // The name of a promise ends when it is settled.
      batch.push(
        settling(
          promise,
          { ...data, slots: data.slots.filter((slot) => !settled.has(slot)) },
          dice.pick(['fulfilled', 'rejected']),
        ),
      )
      settled.add(promise)
    }
  }

  #collect(vat: VatId, batch: unknown[]): void {
    const { imports, dropped } = knowledgeOf(this.#tables, vat)
    const dead = imports.filter(() => this.#dice.roll(2) === 0)
    if (dead.length > 0) batch.push({ kind: 'dropImports', imports: dead })
    const forgotten = [...dead, ...dropped].filter(() => this.#dice.roll(2) === 0)
    if (forgotten.length > 0) batch.push({ kind: 'retireImports', imports: forgotten })
  }
}

const settling = (promise: string, data: unknown, outcome = 'fulfilled'): unknown => ({
  kind: 'resolve',
  resolutions: [{ promise, outcome, data }],
})
