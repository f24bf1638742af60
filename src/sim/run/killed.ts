/**
 * A course that is played by real processes, each but the last killed with SIGKILL on its way.
 *
 * How many calls of the machine a process may make is rolled; where exactly in the call it dies is luck, and
 * must make no difference. After each kill the log of a copy is torn or rots, and what is left is opened
 * (`rot.ts`).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { Dice } from '../program/dice.ts'
import type { Failure } from './failure.ts'
import type { Observation } from './observation.ts'
import type { Prepared, Workshop } from './prepared.ts'
import { tryRotten } from './rot.ts'
import type { Script } from '../script/script.ts'

/** What a process is told. */
export interface Task {
  readonly script: Script
  readonly prepared: Omit<Prepared, 'cache'>
  readonly directory: string
  readonly auditInterval: number
  /** The number of the process. */
  readonly life: number
  /** The file for what is seen at the end. */
  readonly observed: string
}

const mostKills = 4

export async function playKilled(
  script: Script,
  workshop: Workshop,
  number: number,
  auditInterval: number,
): Promise<Observation | Failure> {
  const dice = new Dice(script.seed, `killed ${number}`)
  const rotDice = new Dice(script.seed, `rot killed ${number}`)
  const { cache: _cache, ...prepared } = workshop.prepared(script.store)
  const directory = workshop.copy({ ...prepared, cache: _cache })
  const observed = `${directory}.observed`
  const task = `${directory}.task`
  try {
    for (let life = 1; ; life += 1) {
      writeFileSync(
        task,
        JSON.stringify({ script, prepared, directory, auditInterval, life, observed } satisfies Task),
      )
      const calls = life <= mostKills ? 1 + dice.roll(120) : Infinity
      const end = await live(task, calls)
      if (existsSync(observed)) return JSON.parse(readFileSync(observed, 'utf8')) as Observation
      if (end.signal !== 'SIGKILL') return { weather: `process ${life}`, step: null, findings: [end.text] }
      const finding = tryRotten(directory, `${directory}.rotten`, rotDice)
      if (finding !== undefined)
        return { weather: `process ${life}, killed`, step: null, findings: [finding] }
    }
  } finally {
    for (const path of [directory, observed, task]) rmSync(path, { recursive: true, force: true })
  }
}

/** Lets a process live for so many calls. */
async function live(
  task: string,
  calls: number,
): Promise<{ readonly signal: string | null; readonly text: string }> {
  const child = spawn(execPath, [join(import.meta.dirname, 'child.ts'), task], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let left = calls
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
  child.stdout.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left <= 0) child.kill('SIGKILL')
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { signal, text: text || `it ended with ${code ?? signal}` }
}
