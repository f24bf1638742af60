/**
 * A port as the host uses it: items delivered to vats, and items that vats sent.
 *
 * Each direction numbers its items from 1, without end. The host numbers what it delivers; an item
 * redelivered under its number is taken once. What vats sent stays until acknowledged. So a killed host
 * continues from `status` and its own records.
 */
import { assert } from '../../base/errors.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { checkBoundedCount, checkCount, checkWhole } from '../../api/checks.ts'
import { checkOptions } from '../../api/optionNames.ts'
import type { CallArguments, CallName, MachineCalls } from '../../protocol/machine/calls.ts'
import type { Taken } from '../../protocol/machine/reports.ts'
import { readableReason } from './reasons.ts'
import { decodeValue, encodeValue, Remote } from '../../api/values.ts'
import type { Port as VatPort } from '../../vat/ports.ts'

/** The progress of a port, in both directions. */
export interface PortStatus {
  readonly name: string
  /** Whether the port has a receiver. */
  readonly handler: 'set' | 'none'
  /** The number of the last delivered item. */
  readonly delivered: number
  /** Delivered items that wait to be received. */
  readonly waiting: number
  /** Items received but not answered yet. */
  readonly unsettled: number
  /** Total number of failed items. */
  readonly failed: number
  /** The number of the last item that vats sent, in a committed block. */
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
  /** The rejecting party, as in `Status`. */
  readonly by: 'kernel' | 'vat'
}

/** A range of a list. */
export interface Stretch {
  /** Items after this number. */
  readonly after?: number
  /** Limit on the number of items; default 100, at most 1,000. */
  readonly limit?: number
}

/** Calls the machine, if the controller is ready. */
export type Ask = <Name extends CallName>(
  name: Name,
  ...args: CallArguments[Name]
) => Promise<ReturnType<MachineCalls[Name]>>

const decodeIn = (data: CapData): unknown => decodeValue(data)

/** A list of numbered items: within its range, and in order. */
function assertListed(items: readonly { readonly number: number }[], after: number, limit: number): void {
  assert(items.length <= limit, 'a list has at most the requested items')
  const numbers = [after, ...items.map(({ number }) => number)]
  assert(
    items.every(({ number }, index) => number > (numbers[index] ?? after)),
    'listed items are in the order of their numbers',
  )
}

/** A port, as a host has it: `controller.openPort(name)`. */
export class Port {
  readonly name: string
  readonly #ask: Ask

  constructor(name: string, ask: Ask) {
    this.name = name
    this.#ask = ask
  }

  /** Delivers an item, by default under the next number. Idempotent per number. */
  async deliver(item: unknown, options: { readonly number?: number } = {}): Promise<Taken> {
    const { number } = checkOptions(options, { number: true })
    const data = encodeValue(item)
    const given = number === undefined ? null : checkCount(number, 'number')
    const taken = await this.#ask('deliverItem', this.name, data, given)
    assert(given === null ? taken.outcome === 'taken' : taken.number === given, 'an item has its number')
    return taken
  }

  /** Unacknowledged items from vats as of the last block, in order. */
  async receive(stretch: Stretch = {}): Promise<readonly PortItem[]> {
    const { after, limit = 100 } = checkOptions(stretch, { after: true, limit: true })
    const items = await this.#ask(
      'receiveItems',
      this.name,
      after === undefined ? null : checkWhole(after, 'after'),
      checkBoundedCount(limit, 'limit', 1_000),
    )
    assertListed(items, after ?? 0, limit)
    return items.map(({ number, item }) => ({ number, item: decodeIn(item) }))
  }

  /** Acknowledges all items up to this number; they cannot be received again. */
  async acknowledge(number: number): Promise<void> {
    return this.#ask('acknowledgeItems', this.name, checkCount(number, 'number'))
  }

  /** The host's failed items, in order; the last 1,000 are kept until dismissed. */
  async failures(stretch: Stretch = {}): Promise<readonly PortFailure[]> {
    const { after = 0, limit = 100 } = checkOptions(stretch, { after: true, limit: true })
    const failures = await this.#ask(
      'portFailures',
      this.name,
      checkWhole(after, 'after'),
      checkBoundedCount(limit, 'limit', 1_000),
    )
    assertListed(failures, after, limit)
    return failures.map(({ number, reason }) => ({
      number,
      reason: readableReason(reason),
      by: reason.by ?? 'vat',
    }))
  }

  /** Dismisses the failures up to this number. */
  async dismissFailures(number: number): Promise<void> {
    return this.#ask('dismissFailures', this.name, checkCount(number, 'number'))
  }

  async status(): Promise<PortStatus> {
    const { object: _object, sent, ...view } = await this.#ask('port', this.name)
    assert(view.waiting + view.unsettled <= view.delivered, 'items of the host are counted once delivered')
    assert(view.acknowledged <= sent, 'the host acknowledges only what it could receive')
    return { ...view, lastNumber: sent }
  }

  /** The port as an object for a vat. */
  async remote(): Promise<Remote<VatPort>> {
    return new Remote((await this.#ask('port', this.name)).object, 'Alleged: port')
  }
}
