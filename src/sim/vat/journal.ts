/**
 * The journal of a vat: what it observed and did, in its own durable store.
 *
 * A line is written in the crank that it describes, so an undone crank leaves no line; and the journal
 * survives the incarnation. The model judges a world by the journals of its vats and the answers to the host
 * only.
 */
import { makeMapStore, provide, type Baggage, type MapStore } from 'heirloom/vat'

/**
 * A line follows the number of the incarnation that wrote it. `u` are names of things, `how` are outcomes in
 * the notation of `outcomes.ts`.
 *
 * | line                    | meaning                                                 |
 * |-------------------------|---------------------------------------------------------|
 * | `start tag mode`        | an incarnation begins, with the parameters of this tag  |
 * | `recv n u`              | message n was received by the object u                  |
 * | `answers n how`         | and this was answered                                   |
 * | `sent n u result which` | message n was sent to the object or promise u; the identity of the promise in this heap |
 * | `got n how`             | the result of n is known to the vat that awaited it     |
 * | `who n how`             | the object that was the result of n reported its name   |
 * | `made u kind`           | an object was made                                      |
 * | `promise u`             | a promise was made                                      |
 * | `decided u how`         | and settled                                             |
 * | `kept place key u`      | a thing was put into a durable place                    |
 * | `let place key`         | and taken away                                          |
 * | `saw u value kept`      | what the state of an object was when it got a message   |
 * | `wrote u value`         | a field of an object's state was written                |
 * | `watched n u`           | a durable watch of the promise u begins                 |
 * | `told n how`            | and ends                                                |
 * | `asked n what`          | a vat, an upgrade or a move was requested from the kernel |
 * | `posted n`              | item n was sent to the host                             |
 * | `listens n u`           | the object u was registered as receiver at the port     |
 * | `item n number u`       | u received item n of the host, which has this number    |
 * | `wakeup n how when x`   | a wakeup was requested; x: whether the handler lasts    |
 * | `woke n time`           | and has called the handler, at this time                |
 * | `cancel n w`            | wakeup w was cancelled                                  |
 * | `salvaged text`         | an incarnation begins with this salvaged data   |
 * | `wrong text`            | the vat observed something impossible                   |
 */
export type Line = readonly [incarnation: number, kind: string, ...rest: readonly (string | number)[]]

export interface Journal {
  readonly incarnation: number
  write(kind: string, ...rest: readonly (string | number)[]): void
  read(): string[]
  /** How many lines there are. */
  size(): number
}

export function openJournal(baggage: Baggage): Journal {
  const lines = provide(baggage, 'journal', () =>
    makeMapStore<number, string>('journal', { durable: true }),
  ) as MapStore<number, string>
  const incarnation = provide(baggage, 'lives', () => -1) + 1
  baggage.set('lives', incarnation)
  let next = lines.getSize()
  return {
    incarnation,
    write: (...line) => lines.init(next++, JSON.stringify([incarnation, ...line])),
    read: () => [...lines.values()],
    size: () => next,
  }
}
