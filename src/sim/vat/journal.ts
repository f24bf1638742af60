/**
 * The journal of a vat: what it saw and did, in its own durable store.
 *
 * It is written in the crank that it tells of, so that it says nothing of a crank that was undone, and it
 * outlives the incarnation. Whoever judges a world has nothing but the journals of its vats and what
 * the host was answered.
 */
import { makeMapStore, provide, type Baggage, type MapStore } from 'heirloom/vat'

/**
 * What a line says after the number of the incarnation that wrote it. `u` are names of things, `how` are
 * outcomes as `describe` writes them.
 *
 * | line                    | means                                                   |
 * |-------------------------|---------------------------------------------------------|
 * | `start tag mode`        | an incarnation begins, with the parameters of this tag  |
 * | `recv n u`              | message n was received by the object u                  |
 * | `answers n how`         | and this was answered                                   |
 * | `sent n u result which` | message n was sent to the object or promise u; which of the promises of this heap |
 * | `got n how`             | the result of n is known; for whom the heap remembers   |
 * | `who n how`             | the object that was the result of n said its name       |
 * | `made u kind`           | an object was made                                      |
 * | `promise u`             | a promise was made                                      |
 * | `decided u how`         | and settled                                             |
 * | `kept place key u`      | a thing was put into a durable place                    |
 * | `let place key`         | and taken away                                          |
 * | `saw u value kept`      | what the state of an object was when it got a message   |
 * | `wrote u value`         | a field of an object's state was written                |
 * | `watched n u`           | a durable watch of the promise u begins                 |
 * | `told n how`            | and ends                                                |
 * | `asked n what`          | the kernel was asked for a vat, or for an upgrade       |
 * | `posted n`              | item n was sent to the host                             |
 * | `listens n u`           | the object u is to receive at the port                  |
 * | `item n number u`       | u received item n of the host, which has this number    |
 * | `wakeup n how when x`   | the timer was asked; x tells whether the handler lasts  |
 * | `woke n time`           | and has called the handler, at this time                |
 * | `cancel n w`            | wakeup w was taken back                                 |
 * | `salvaged text`         | an incarnation begins, and this is what its ancestors left it |
 * | `wrong text`            | the vat itself saw what cannot be                       |
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
