/** Requests that wait for a block: a bounded number, which end when the server stops. */
import { refuseHttp } from './errors.ts'
import type { Waits } from '../parts.ts'

export class BoundedWaits implements Waits {
  readonly #max: number
  readonly #stopping: AbortSignal
  #count = 0

  constructor(max: number, stopping: AbortSignal) {
    this.#max = max
    this.#stopping = stopping
  }

  async during<Value>(
    seconds: number,
    client: AbortSignal,
    wait: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    if (this.#count >= this.#max)
      refuseHttp('http/too-many', `${this.#max} requests wait already`, { retryAfter: 1 })
    const end = new AbortController()
    const abort = (): void => end.abort()
    const timer = setTimeout(abort, seconds * 1_000)
    const signals = [client, this.#stopping]
    if (signals.some(({ aborted }) => aborted)) abort()
    for (const signal of signals) signal.addEventListener('abort', abort)
    this.#count += 1
    try {
      return await wait(end.signal)
    } finally {
      this.#count -= 1
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', abort)
    }
  }
}
