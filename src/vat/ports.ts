/**
 * Ports: named channels between a vat and its host, on which every item is delivered exactly once.
 *
 * A port is opened by the host (`controller.openPort`) or the configuration (`ports`), and reaches a vat as
 * an object.
 *
 * ```ts
 * import { E, Far, defineKind, provide } from 'heirloom/vat'
 * import type { BuildRootObject, Port } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const makeLedger = defineKind(baggage, 'Ledger', () => ({ total: 0n }), {
 *     receive: ({ state }, { deposit }: { deposit: bigint }) => void (state.total += deposit),
 *   })
 *   const ledger = provide(baggage, 'ledger', makeLedger)
 *   return Far('bank', { open: (port: Port) => E(port).onReceive(ledger) })
 * }
 * ```
 */

/** Receives a port's items from the host. Make it of a durable kind, so that it continues after upgrades. */
export interface PortHandler {
  /** @param number the number of the item: 1, 2, 3, … of this port */
  receive(data: unknown, number: number): unknown
}

/** One end of a channel between a vat and its host. */
export interface Port {
  /** Sends passable data without promises to the host. Returns the number of the item. */
  send(data: unknown): number
  /**
   * Passes every item of the host to this handler from now on, in order; `undefined` releases the last one.
   */
  onReceive(handler: PortHandler | undefined): void
}
