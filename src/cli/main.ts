/**
 * The process around the command line: its words, its streams, its exit code, its end by a signal.
 *
 * An interruption ends the process at once, whatever the machine thread does: the store is at its
 * last block then, as it is after any death (DESIGN §6).
 */
import { constants } from 'node:os'
import { dispatch } from './dispatch.ts'
import type { Io } from './io.ts'

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export async function main(): Promise<void> {
  for (const signal of endings) process.once(signal, () => endBy(signal))
  // A reader that has seen enough (`| head`) is no fault: what was done stays done, and the code tells of it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosed)
  process.exitCode = await dispatch(process.argv.slice(2), processIo())
}

function endBy(signal: (typeof endings)[number]): never {
  process.stderr.write(`heirloom: interrupted (${signal}); the store is at its last block\n`)
  process.exit(128 + constants.signals[signal])
}

function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

const processIo = (): Io => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  progress: process.stderr.isTTY === true ? 'shown' : 'hidden',
  env: process.env,
})
