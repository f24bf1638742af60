/** Pauses between attempts. */

/** @throws the reason of the signal */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Ever longer pauses: of 100 ms at first, of 5 s at most. */
export const pauseAfter = (failures: number): number => Math.min(5_000, 100 * 2 ** Math.min(failures, 10))
