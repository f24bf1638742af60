/**
 * Watches the pulse of a machine thread while the host waits for it.
 *
 * Wch1. A thread is hung when its pulse stands still for the whole patience of its watchdog. Time is counted
 *       in ticks of the host's own event loop: a host that is blocked itself, or a machine that sleeps, loses
 *       ticks and never makes a thread look hung.
 * Wch2. A thread of which nothing is wanted, that starts, or that does work without bounds, is not hung.
 */
import { assert } from '../../base/errors.ts'
import { activities, readPulse, type Activity, type Pulse } from '../../base/pulse.ts'

/** `off`: for debuggers, which stop a thread for as long as they like. */
export type Watchdog = { readonly seconds: number } | 'off'

/** Ten times what the longest delivery with the default limits takes on a slow machine. */
export const defaultWatchdog: Watchdog = { seconds: 600 }

/** In one patience. */
const ticks = 10

/** A thread shows its pulse once its modules are loaded. */
const isPatient: ReadonlySet<Activity> = new Set<Activity>(['none', 'unbounded'])

export class Watch {
  readonly #pulse: SharedArrayBuffer
  /** What the host waits for; undefined when it waits for nothing. */
  readonly #wanted: () => string | undefined
  readonly #onHung: (why: string) => void
  #timer: NodeJS.Timeout | undefined
  #seen: Pulse
  #still = 0

  constructor(
    watchdog: Watchdog,
    pulse: SharedArrayBuffer,
    wanted: () => string | undefined,
    onHung: (why: string) => void,
  ) {
    this.#pulse = pulse
    this.#wanted = wanted
    this.#onHung = onHung
    this.#seen = readPulse(pulse)
    if (watchdog === 'off') return
    const { seconds } = watchdog
    // The thread keeps the process alive, not the watch.
    this.#timer = setInterval(() => this.#tick(seconds), (seconds * 1_000) / ticks).unref()
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #tick(seconds: number): void {
    const now = readPulse(this.#pulse)
    const wanted = this.#wanted()
    const isStill = wanted !== undefined && now.beats === this.#seen.beats && !isPatient.has(now.last)
    this.#seen = now
    this.#still = isStill ? this.#still + 1 : 0
    if (this.#still < ticks) return
    assert(isStill, 'a thread is hung while something is wanted of it (Wch2)')
    this.end()
    this.#onHung(`${wanted}: no sign of life for ${seconds} seconds; the last was at ${activities[now.last]}`)
  }
}
