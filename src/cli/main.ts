/**
 * The process around the command line: its arguments, streams, exit code, and signals.
 *
 * Mn1. A signal ends the process at once, even if the machine thread is busy: the store is at its last block
 *      then, as after any death (DESIGN §6).
 * Mn2. A command that ends by itself is asked to by the first SIGINT or SIGTERM, and killed by the second.
 */
import { constants } from 'node:os'
import { dispatch } from './dispatch.ts'
import type { Io } from './output/io.ts'

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export async function main(): Promise<void> {
  const interruption = new Interruption()
  for (const signal of endings) process.on(signal, () => interruption.take(signal))
  // A reader that closes early (`| head`) is not a fault: the work is done, and the exit code reports it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosed)
  process.exitCode = await dispatch(process.argv.slice(2), processIo(interruption))
}

type Ending = (typeof endings)[number]

/**
 * Launchers forward signals that the terminal already sent to this process: a repeat this soon is the same
 * one.
 */
const repeatMs = 250

class Interruption {
  readonly #controller = new AbortController()
  #mode: 'at-once' | 'by-itself' = 'at-once'
  #asked = 0

  /** Mn2. */
  readonly endsItself = (): AbortSignal => {
    this.#mode = 'by-itself'
    return this.#controller.signal
  }

  take(signal: Ending): void {
    if (this.#mode === 'at-once' || signal === 'SIGHUP') endBy(signal)
    if (!this.#controller.signal.aborted) {
      this.#asked = performance.now()
      this.#controller.abort(signal)
      process.stderr.write(
        `${process.stderr.isTTY ? '\n' : ''}heirloom: ${signal}: ending after the crank in work; a second signal ends at once\n`,
      )
    } else if (performance.now() - this.#asked > repeatMs) endBy(signal)
  }
}

function endBy(signal: Ending): never {
  process.stderr.write(`heirloom: interrupted (${signal}); the store is at its last block\n`)
  process.exit(128 + constants.signals[signal])
}

function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

const processIo = ({ endsItself }: Interruption): Io => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  progress: process.stderr.isTTY === true ? 'shown' : 'hidden',
  ...(process.stdout.isTTY === true ? { screen: 'terminal' } : {}),
  env: process.env,
  endsItself,
})
