/**
 * Ports, time and services, as the machine offers them to the host: requests are checked here against the
 * kernel's state and go into the inbox like all others.
 *
 * Ch1. The host sees an item of a port only after its block is committed, and after the probation of the
 *      kernel that sent it (Trl3), so never one that is rolled back.
 * Ch2. A refusal changes nothing; nor does a number that was taken or acknowledged before.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { Kernel } from '../../protocol/kernel/kernel.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { InboxItem, ProvidedService } from '../../protocol/host/requests.ts'
import { portLimits } from '../../protocol/limits.ts'
import { isPortName } from '../../protocol/host/names.ts'
import type { FailureView, PortView } from '../../protocol/host/port.ts'
import type { Store } from '../../store/store.ts'
import { readOutboxItem } from './storedItems.ts'
import type { Faults } from '../faults/faults.ts'
import type { HostViews } from '../kernelUpgrades/hostViews.ts'
import type { KernelTrials } from '../kernelUpgrades/trials.ts'
import type { PlanGate } from '../plans/planGate.ts'
import type { ChannelCalls } from '../../protocol/machine/calls.ts'
import type { SentItem, Taken } from '../../protocol/machine/reports.ts'

type Accept = (item: InboxItem) => number
type AssertAccepted = (kind: InboxItem['kind']) => void

export class Channels implements ChannelCalls {
  readonly #store: Store
  readonly #kernel: Kernel
  readonly #accept: Accept
  readonly #assertAccepted: AssertAccepted
  readonly #faults: Pick<Faults, 'owedTo' | 'fault' | 'assertNone'>
  readonly #trials: Pick<KernelTrials, 'before'>
  readonly #views: HostViews
  readonly #plans: Pick<PlanGate, 'isHolding' | 'assertNone'>
  /** The number of the last committed item of each port (Ch1). */
  readonly #committed = new Map<string, number>()

  constructor(
    store: Store,
    kernel: Kernel,
    accept: Accept,
    assertAccepted: AssertAccepted,
    {
      faults,
      trials,
      plans,
    }: {
      readonly faults: Pick<Faults, 'owedTo' | 'fault' | 'assertNone'>
      readonly trials: Pick<KernelTrials, 'before'>
      readonly plans: Pick<PlanGate, 'isHolding' | 'assertNone'>
    },
    views: HostViews,
  ) {
    this.#views = views
    this.#plans = plans
    this.#trials = trials
    this.#faults = faults
    this.#store = store
    this.#kernel = kernel
    this.#accept = accept
    this.#assertAccepted = assertAccepted
    this.committed()
  }

  /** Makes the items that the committed block sent visible. */
  committed(): void {
    for (const { name, sent } of this.#trials.before?.ports() ?? this.#views.ports()) {
      assert(sent >= this.#sent(name), 'a committed item stays committed (Ch1)')
      this.#committed.set(name, sent)
    }
  }

  /** What the host may see of what the kernel did (Trl3). */
  get #shown(): Kernel['read'] {
    return this.#trials.before ?? this.#kernel.read
  }

  // --- ports

  openPort(name: string): void {
    if (!isPortName(name))
      refuse('port/name-invalid', `${JSON.stringify(name)} cannot be the name of a port`, { port: name })
    this.#assertAccepted('openPort')
    if (this.#views.port(name) === undefined) this.#acceptNow({ kind: 'openPort', name })
    assert(this.#views.port(name) !== undefined, 'a port is open once it was opened')
  }

  portNames(): readonly string[] {
    this.#assertAccepted('openPort')
    return this.#views.ports().map(({ name }) => name)
  }

  port(name: string): PortView {
    return { ...this.#found(name), sent: this.#sent(name) }
  }

  deliverItem(name: string, item: CapData, given: number | null): Taken {
    const found = this.#found(name)
    const delivered = Math.max(found.delivered, this.#faults.owedTo(name))
    const waiting = found.waiting + delivered - found.delivered
    const number = given ?? delivered + 1
    if (number <= delivered) return { number, outcome: 'duplicate' }
    if (number > delivered + 1) {
      refuse('port/gap', `item ${number} cannot be delivered to port ${name} before item ${delivered + 1}`, {
        port: name,
        number,
        next: delivered + 1,
      })
    }
    const { body, slots } = portLimits
    if (item.body.length > body || item.slots.length > slots) {
      refuse(
        'port/too-large',
        `item ${number} for port ${name} has ${item.body.length} characters and ${item.slots.length} references; the limits are ${body} and ${slots}`,
        { port: name, number },
      )
    }
    if (waiting >= portLimits.waiting)
      refuse('port/full', `${waiting} items wait at port ${name}; item ${number} was not accepted`, {
        port: name,
        number,
      })
    this.#accept({ kind: 'deliver', port: name, number, item })
    return { number, outcome: 'taken' }
  }

  receiveItems(name: string, after: number | null, limit: number): readonly SentItem[] {
    const { acknowledged } = this.#found(name)
    const last = this.#sent(name)
    assert(acknowledged <= last, 'the host acknowledges only what it could receive (Ch1)')
    const sent = this.#views.sent(name, Math.max(after ?? 0, acknowledged), limit)
    return sent
      .filter(({ number }) => number <= last)
      .map(({ number, sequence }) => ({
        number,
        item: readOutboxItem(sequence, this.#store.outbox.get(sequence)),
      }))
  }

  acknowledgeItems(name: string, number: number): void {
    const { acknowledged } = this.#found(name)
    const last = this.#sent(name)
    if (number > last)
      refuse('port/not-sent', `port ${name} has sent ${last} items; ${number} cannot be acknowledged`, {
        port: name,
        number,
        sent: last,
      })
    if (number > acknowledged) this.#accept({ kind: 'acknowledge', port: name, number })
  }

  portFailures(name: string, after: number, limit: number): readonly FailureView[] {
    this.#found(name)
    return this.#shown.failures(name, after, limit).map(({ number, reason }) => ({ number, reason }))
  }

  dismissFailures(name: string, number: number): void {
    this.#found(name)
    // While tables are migrated, it is not known which failures there are; the kernel drops those there are.
    if (
      this.#views.isMigrating ||
      this.#kernel.read.failures(name, 0, 1).some((first) => first.number <= number)
    )
      this.#accept({ kind: 'dismiss', port: name, number })
  }

  #found(name: string): PortView {
    this.#assertAccepted('openPort')
    // An invalid name may not be a valid table key either.
    const view = isPortName(name) ? this.#views.port(name) : undefined
    if (view === undefined)
      refuse(
        'port/unknown',
        `there is no port ${JSON.stringify(name)}${didYouMean(name, this.portNames())}`,
        { port: name },
      )
    return view
  }

  /** Requests whose effect the caller is to see at once. */
  #acceptNow(item: InboxItem): void {
    this.#plans.assertNone(item.kind)
    this.#accept(item)
  }

  #sent(name: string): number {
    return this.#committed.get(name) ?? 0
  }

  // --- time and the first message

  advanceTime(now: bigint): void {
    this.#assertAccepted('advanceTime')
    const last = this.#views.now()
    if (now < last)
      refuse('time/backwards', `the time is ${last} already and cannot be set back to ${now}`, {
        now: String(now),
        last: String(last),
      })
    if (now > last) this.#accept({ kind: 'advanceTime', now: String(now) })
    const isNow = this.#views.now() === now
    assert(
      isNow || this.#faults.fault() !== null || this.#views.isMigrating || this.#plans.isHolding,
      'the time is what the host advanced it to',
    )
  }

  currentTime(): bigint {
    this.#assertAccepted('advanceTime')
    return this.#views.now()
  }

  timer(): ObjectKref {
    this.#assertAccepted('advanceTime')
    // A store gets its timer when the time is first set.
    if (this.#kernel.read.timer() === undefined) {
      // A faulted kernel would leave the time for later.
      this.#faults.assertNone()
      this.#acceptNow({ kind: 'advanceTime', now: String(this.#views.now()) })
    }
    const kref = this.#kernel.read.timer()
    assert(kref !== undefined, 'there is a timer once there is a time')
    return kref
  }

  /** Returns a service that the kernel creates on first use. */
  provided(service: ProvidedService): ObjectKref {
    this.#assertAccepted('provideService')
    if (this.#kernel.read.provided(service) === undefined) this.#acceptNow({ kind: 'provideService', service })
    const kref = this.#kernel.read.provided(service)
    assert(kref !== undefined, `${service} is there once it was provided`)
    return kref
  }

  /** Sends the very first message of a new store. */
  bootstrap(target: ObjectKref, methargs: CapData): void {
    assert(this.bootstrapResult() === null, 'a store has one first message')
    this.#accept({ kind: 'bootstrap', target, methargs, onRejection: 'fault' })
  }

  bootstrapResult(): number | null {
    return this.#views.bootstrap()
  }
}
