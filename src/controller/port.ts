/**
 * A port in the hands of the host: what it delivers to vats, and what vats sent to it.
 *
 * Each direction counts its items from 1 for ever. The host numbers what it delivers; an item that is
 * delivered again under its number is taken once. What vats sent stays until it is acknowledged. So a
 * host that was killed goes on from what `status` says and what it has written down itself.
 */
import type { CapData } from '../protocol/capdata.ts'
import { checkBoundedCount, checkCount, checkWhole } from './checks.ts'
import { checkOptions } from './optionNames.ts'
import type { CallName, MachineCalls, Taken } from './calls.ts'
import { readableReason } from './reasons.ts'
import { decodeValue, encodeValue, Remote } from './values.ts'
import type { Port as VatPort } from '../vat/ports.ts'

/** How far a port is, in both directions. */
export interface PortStatus {
  readonly name: string
  /** Whether somebody receives at the port. */
  readonly handler: 'set' | 'none'
  /** The number of the last item that was delivered. */
  readonly delivered: number
  /** How many of those wait to be received. */
  readonly waiting: number
  /** How many were received and not answered yet. */
  readonly unsettled: number
  /** How many failed, ever. */
  readonly failed: number
  /** The number of the last item that vats sent, in a block that is committed. */
  readonly lastNumber: number
  /** The number up to which the host has acknowledged. */
  readonly acknowledged: number
}

/** An item that a vat sent, with its number. */
export interface PortItem {
  readonly number: number
  readonly item: unknown
}

/** An item of the host whose `receive` was rejected, or which could not be delivered. */
export interface PortFailure {
  readonly number: number
  readonly reason: unknown
  /** Who rejected it, as in `Status`. */
  readonly by: 'kernel' | 'vat'
}

/** Which of a list to return. */
export interface Stretch {
  /** Items after this number. */
  readonly after?: number
  /** At most so many; 100 if not given, at most 1,000. */
  readonly limit?: number
}

/** Asks the machine, if the controller is ready. */
export type Ask = <Name extends CallName>(name: Name, ...args: Parameters<MachineCalls[Name]>) => Promise<ReturnType<MachineCalls[Name]>>

const decodeIn = (data: CapData): unknown => decodeValue(data)

/** A port, as a host has it: `controller.openPort(name)`. */
export class Port {
  readonly name: string
  readonly #ask: Ask

  constructor(name: string, ask: Ask) {
    this.name = name
    this.#ask = ask
  }

  /** Delivers an item, under the next number if none is given. A number that was taken before changes nothing. */
  async deliver(item: unknown, options: { readonly number?: number } = {}): Promise<Taken> {
    const { number } = checkOptions(options, { number: true })
    return this.#ask('deliverItem', this.name, encodeValue(item), number === undefined ? null : checkCount(number, 'number'))
  }

  /** What vats sent and the host has not acknowledged, as of the last block, in order. */
  async receive(stretch: Stretch = {}): Promise<readonly PortItem[]> {
    const { after, limit = 100 } = checkOptions(stretch, { after: true, limit: true })
    const items = await this.#ask('receiveItems', this.name, after === undefined ? null : checkWhole(after, 'after'), checkBoundedCount(limit, 'limit', 1_000))
    return items.map(({ number, item }) => ({ number, item: decodeIn(item) }))
  }

  /** The host has all items up to this number, and will not ask for them again. */
  async acknowledge(number: number): Promise<void> {
    return this.#ask('acknowledgeItems', this.name, checkCount(number, 'number'))
  }

  /** Which of the host's items failed, in order; the last 1,000 are kept until they are dismissed. */
  async failures(stretch: Stretch = {}): Promise<readonly PortFailure[]> {
    const { after = 0, limit = 100 } = checkOptions(stretch, { after: true, limit: true })
    const failures = await this.#ask('portFailures', this.name, checkWhole(after, 'after'), checkBoundedCount(limit, 'limit', 1_000))
    return failures.map(({ number, reason }) => ({ number, reason: readableReason(reason), by: reason.by ?? 'vat' }))
  }

  /** The host has seen the failures up to this number. */
  async dismissFailures(number: number): Promise<void> {
    return this.#ask('dismissFailures', this.name, checkCount(number, 'number'))
  }

  async status(): Promise<PortStatus> {
    const { object: _object, sent, ...view } = await this.#ask('port', this.name)
    return { ...view, lastNumber: sent }
  }

  /** The port as an object that a vat can be given. */
  async remote(): Promise<Remote<VatPort>> {
    return new Remote((await this.#ask('port', this.name)).object, 'Alleged: port')
  }
}
