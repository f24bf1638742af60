/**
 * The process around the command line: its arguments, streams, exit code, and signals.
 *
 * Mn1. A signal ends the process at once, even while the machine thread works: the store is then at its last
 *      block, as after any crash.
 * Mn2. A command that intercepts signals receives the first SIGINT or SIGTERM as a request to end; the second
 *      ends the process.
 */
import { constants } from 'node:os'
import { dispatch } from './dispatch.ts'
import { askSecret } from './session/askSecret.ts'
import type { Io } from './output/io.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export async function main(): Promise<void> {
  const interruption = new Interruption()
  for (const signal of signals) process.on(signal, () => interruption.take(signal))
  // A reader may close early (`| head`): the work is done, and the exit code reports its outcome.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosed)
  process.exitCode = await dispatch(process.argv.slice(2), processIo(interruption))
}

type Signal = (typeof signals)[number]

/**
 * Launchers forward signals that the terminal already sent to this process: a repeat this soon is the same
 * one.
 */
const repeatMs = 250

class Interruption {
  readonly #controller = new AbortController()
  #mode: 'exit' | 'intercept' = 'exit'
  #ending = ''
  #requestedAt = 0

  /** Mn2. */
  readonly intercept = (ending = 'ending after the current crank'): AbortSignal => {
    this.#mode = 'intercept'
    this.#ending = ending
    return this.#controller.signal
  }

  take(signal: Signal): void {
    if (this.#mode === 'exit' || signal === 'SIGHUP') exitBy(signal)
    if (!this.#controller.signal.aborted) {
      this.#requestedAt = performance.now()
      this.#controller.abort(signal)
      process.stderr.write(
        `${process.stderr.isTTY ? '\n' : ''}heirloom: ${signal}: ${this.#ending}; a second signal ends at once\n`,
      )
    } else if (performance.now() - this.#requestedAt > repeatMs) exitBy(signal)
  }
}

function exitBy(signal: Signal): never {
  process.stderr.write(`heirloom: interrupted (${signal}); the store is at its last block\n`)
  process.exit(128 + constants.signals[signal])
}

function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

const processIo = ({ intercept }: Interruption): Io => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  progress: process.stderr.isTTY === true ? 'shown' : 'hidden',
  ...(process.stdout.isTTY === true ? { screen: 'terminal' } : {}),
  env: process.env,
  interceptSignals: intercept,
  ...(process.stdin.isTTY === true && process.stderr.isTTY === true ? { askSecret } : {}),
})
