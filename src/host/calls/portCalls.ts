/** Calls of a controller about ports and time. */
import { checkText, checkTime } from '../../api/checks.ts'
import { Remote } from '../../api/values.ts'
import type { TimerService } from '../../vat/timer.ts'
import type { Calling } from './calling.ts'
import { Port, type Ask } from './port.ts'
import { StoreCalls } from './storeCalls.ts'

export class PortCalls extends StoreCalls {
  readonly #ask: Ask

  constructor(calling: Calling) {
    super(calling)
    this.#ask = calling.ask
  }

  /** Opens a port. Idempotent. */
  async openPort(name: string): Promise<Port> {
    await this.#ask('openPort', checkText(name, 'name'))
    return this.port(name)
  }

  /** Refers to an open port. A missing one is detected on use. */
  port(name: string): Port {
    return new Port(checkText(name, 'name'), this.#ask)
  }

  async ports(): Promise<readonly string[]> {
    return this.#ask('portNames')
  }

  /** Advances the clock to `now`, in the host's unit. Due wakeups happen in the next run. */
  async advanceTime(now: bigint): Promise<void> {
    return this.#ask('advanceTime', checkTime(now))
  }

  async currentTime(): Promise<bigint> {
    return this.#ask('currentTime')
  }

  /** The kernel's timer service. */
  async timer(): Promise<Remote<TimerService>> {
    return new Remote(await this.#ask('timer'), 'Alleged: timer')
  }
}
