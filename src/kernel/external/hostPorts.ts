/**
 * The traffic of ports: items between the host and vats, each exactly once.
 *
 * Pt1. An item of the host waits at its port until the crank in which a vat receives it: that crank takes it,
 *      delivers it and is undone as a unit. So an item is received once or still waits.
 * Pt2. Items are received in the order of their numbers. One that fails is set aside for the host to see and
 *      never holds up those behind it.
 * Pt3. While items wait and the port has a live handler, an item of the run-queue (or of its vat's parked
 *      queue) is on its way to receive the first of them; that item creates the next one.
 * Pt4. A handler without an owner is released, and items wait for the next one.
 * Pt5. The references of an item for the host are held until the host acknowledges it.
 *
 * The machine checks what the host sends and reads; here an item number that was already taken is a no-op.
 */
import { assert } from '../../base/errors.ts'
import { isVatId, type ObjectKref, type VatId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { portLimits } from '../../protocol/limits.ts'
import { rejection } from '../objects/kernelValues.ts'
import type { ReasonData } from '../../protocol/results.ts'
import type { PlatformOutbox } from '../../protocol/kernel/platform.ts'
import { newKernelObject } from '../objects/kernelObjects.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { Message, PromiseState } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface HostPortParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
  readonly outbox: PlatformOutbox
}

/** The receiver of the first waiting item. */
export interface Receiver {
  readonly vat: VatId
  readonly handler: ObjectKref
}

export class HostPorts {
  readonly #parts: HostPortParts

  constructor(parts: HostPortParts) {
    this.#parts = parts
  }

  open(name: string): void {
    const { tables, references } = this.#parts
    if (tables.ports.find(name) !== undefined) return
    const object = newKernelObject(this.#parts, { kind: 'port', name })
    references.add(object)
    const nothing = {
      delivered: 0,
      waiting: 0,
      unsettled: 0,
      failed: 0,
      failures: 0,
      sent: 0,
      acknowledged: 0,
    }
    tables.ports.set(name, { object, handler: null, ...nothing })
  }

  // --- from the host

  /**
   * Accepts the item if it is the next; no-op for an earlier one. `missing` names a collected object in it.
   */
  deliver(name: string, number: number, item: CapData, missing: string | undefined): void {
    const { tables, references } = this.#parts
    const record = tables.ports.get(name)
    if (number <= record.delivered) return
    assert(number === record.delivered + 1, `item ${number} of port ${name} comes after ${record.delivered}`)
    if (missing !== undefined) {
      tables.ports.set(name, { ...record, delivered: number })
      this.#fail(
        name,
        number,
        rejection({ code: 'object-unknown', message: `there is no object ${missing}` }),
      )
      return
    }
    references.addAll(item.slots)
    tables.ports.setItem('in', name, number, item)
    tables.ports.set(name, { ...record, delivered: number, waiting: record.waiting + 1 })
    if (record.waiting === 0) this.#scheduleReceive(name)
  }

  /** Sets the receiver at the port; waiting items are on their way. */
  receiveWith(name: string, handler: ObjectKref | null): void {
    const { tables, references } = this.#parts
    const record = tables.ports.get(name)
    if (handler !== null) references.add(handler)
    if (record.handler !== null) references.remove(record.handler)
    tables.ports.set(name, { ...record, handler })
    if (record.waiting > 0) this.#scheduleReceive(name)
  }

  /** The next receiver, if there is one now. */
  nextReceiver(name: string): Receiver | undefined {
    const { tables, references } = this.#parts
    const record = tables.ports.get(name)
    const { handler, waiting, unsettled } = record
    if (handler === null || waiting === 0 || unsettled >= portLimits.unsettled) return undefined
    const { owner } = tables.object(handler)
    if (isVatId(owner)) return { vat: owner, handler }
    tables.ports.set(name, { ...record, handler: null })
    references.remove(handler)
    return undefined
  }

  /**
   * Takes the first waiting item, as the message for its receiver. The port keeps holding its references: see
   * `release`.
   */
  take(name: string): Message {
    const { tables, promises } = this.#parts
    const { number, item } = this.#takeFirst(name)
    const record = tables.ports.get(name)
    tables.ports.set(name, { ...record, unsettled: record.unsettled + 1 })
    return {
      methargs: receiveCall(item, number),
      result: promises.expect({ kind: 'received', port: name, number }),
    }
  }

  /** The message has reached its receiver: the port releases it, and the next item follows. */
  releaseReceived(name: string, { methargs }: Message): void {
    this.#parts.references.removeAll(methargs.slots)
    this.#scheduleNext(name)
  }

  /** The receiver could not take the first item: sets it aside, and the next one follows. */
  setAside(name: string, reason: ReasonData): void {
    const { number, item } = this.#takeFirst(name)
    this.#fail(name, number, reason)
    this.#parts.references.removeAll(item.slots)
    this.#scheduleNext(name)
  }

  /** Records how receiving an item ended. */
  receiveSettled(name: string, number: number, state: PromiseState, data: ReasonData): void {
    const { ports } = this.#parts.tables
    const record = ports.get(name)
    assert(record.unsettled > 0, 'a settled item was received and not settled before (Pt1)')
    ports.set(name, { ...record, unsettled: record.unsettled - 1 })
    if (record.unsettled === portLimits.unsettled) this.#scheduleNext(name)
    if (state === 'rejected') this.#fail(name, number, data)
  }

  /** The host has seen the failures up to this number. */
  dismiss(name: string, upTo: number): void {
    const { ports } = this.#parts.tables
    for (const number of ports.numbers('failed', name)) {
      if (number > upTo) break
      this.#dropFailure(name, number)
    }
  }

  // --- to the host

  /** Returns the item's number, or undefined when the host acknowledges nothing and the port is full. */
  send(name: string, item: CapData<ObjectKref>): number | undefined {
    const { tables, references, outbox } = this.#parts
    const record = tables.ports.get(name)
    if (record.sent - record.acknowledged >= portLimits.unacknowledged) return undefined
    assert(record.sent >= record.acknowledged, 'the host acknowledges only what was sent (Pt5)')
    const number = record.sent + 1
    references.addAll(item.slots)
    const sequence = outbox.append(name, JSON.stringify(item))
    tables.ports.setItem('out', name, number, { sequence, slots: item.slots })
    tables.ports.set(name, { ...record, sent: number })
    return number
  }

  acknowledge(name: string, number: number): void {
    const { tables, references, outbox } = this.#parts
    const record = tables.ports.get(name)
    assert(record.acknowledged <= record.sent, 'the host acknowledges only what was sent (Pt5)')
    const upTo = Math.min(number, record.sent)
    if (upTo <= record.acknowledged) return
    for (let sent = record.acknowledged + 1; sent <= upTo; sent += 1) {
      const { sequence, slots } = tables.ports.takeItem('out', name, sent)
      outbox.release(sequence)
      references.removeAll(slots)
    }
    tables.ports.set(name, { ...record, acknowledged: upTo })
  }

  // --- inside

  #takeFirst(name: string): { readonly number: number; readonly item: CapData } {
    const { ports } = this.#parts.tables
    const [number] = ports.numbers('in', name)
    assert(number !== undefined, `port ${name} says that items wait, and none does`)
    const item = ports.takeItem('in', name, number)
    const record = ports.get(name)
    assert(record.waiting > 0, 'the port counts each item that waits (Pt1)')
    assert(number <= record.delivered, 'an item that waits was delivered by the host (Pt2)')
    ports.set(name, { ...record, waiting: record.waiting - 1 })
    return { number, item }
  }

  /** Pt3. */
  #scheduleNext(name: string): void {
    if (this.#parts.tables.ports.get(name).waiting > 0) this.#scheduleReceive(name)
  }

  #scheduleReceive(name: string): void {
    if (this.#parts.tables.ports.get(name).handler !== null)
      this.#parts.queue.push({ kind: 'receive', port: name })
  }

  #fail(name: string, number: number, reason: ReasonData): void {
    const { tables, references } = this.#parts
    const { ports } = tables
    references.addAll(reason.slots)
    ports.setItem('failed', name, number, reason)
    const record = ports.get(name)
    ports.set(name, { ...record, failed: record.failed + 1, failures: record.failures + 1 })
    if (record.failures < portLimits.failures) return
    const [oldest] = ports.numbers('failed', name)
    if (oldest !== undefined) this.#dropFailure(name, oldest)
  }

  #dropFailure(name: string, number: number): void {
    const { tables, references } = this.#parts
    const { slots } = tables.ports.takeItem('failed', name, number)
    references.removeAll(slots)
    const record = tables.ports.get(name)
    assert(record.failures > 0, 'the port counts each failure that it keeps (Pt2)')
    tables.ports.set(name, { ...record, failures: record.failures - 1 })
  }
}

/** The call `receive(data, number)`, with the item's text and slots unchanged. */
function receiveCall({ body, slots }: CapData, number: number): CapData {
  assert(body.startsWith('#'), 'an item of a port is smallcaps')
  return { body: `#["receive",[${body.slice(1)},${number}]]`, slots }
}
