/** Programs of the tests as processes of their own, killed in the middle of what they do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'

/**
 * Runs a program that prints a line for each of its steps, until it has printed so many, or one at which it
 * shall die, and kills it there (SIGKILL). Returns the last line that it printed.
 */
export async function runUntilKilled(
  program: string,
  words: readonly string[],
  end: number | ((step: string) => boolean),
): Promise<string> {
  const host = spawn(execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(host, 'close')
  let last = ''
  let told = 0
  for await (const line of createInterface(host.stdout)) {
    last = line
    told += 1
    if (typeof end === 'number' ? told === end : end(line)) host.kill('SIGKILL')
  }
  await closed
  return last
}
