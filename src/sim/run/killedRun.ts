/**
 * A run by several processes, each but the last killed with SIGKILL.
 *
 * The number of machine calls before each kill is random; where exactly in the call the process dies depends
 * on the system, and must make no difference. After each kill the log of a copy is damaged, and the copy is
 * opened (`logDamage.ts`).
 */
import { assert } from '../../base/errors.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { Random } from '../program/random.ts'
import type { Failure } from './failure.ts'
import type { Observation } from './observation.ts'
import type { Prepared, StorePool } from './storePool.ts'
import { tryDamaged } from './logDamage.ts'
import type { Script } from '../script/script.ts'

/** The input of a process. */
export interface Task {
  readonly script: Script
  readonly prepared: Omit<Prepared, 'cache'>
  readonly directory: string
  readonly auditInterval: number
  /** The number of the process, from 1. */
  readonly life: number
  /** The file for the observation. */
  readonly observed: string
}

const maxKills = 4

/** Plays the script to its end; returns a failure when a process fails by itself. */
export async function playKilled(
  script: Script,
  stores: StorePool,
  number: number,
  auditInterval: number,
): Promise<Observation | Failure> {
  const random = new Random(script.seed, `killed ${number}`)
  const damageRandom = new Random(script.seed, `rot killed ${number}`)
  const { cache: _cache, ...prepared } = stores.prepared(script.store)
  const directory = stores.copy({ ...prepared, cache: _cache })
  const observed = `${directory}.observed`
  const task = `${directory}.task`
  try {
    for (let life = 1; ; life += 1) {
      writeFileSync(
        task,
        JSON.stringify({ script, prepared, directory, auditInterval, life, observed } satisfies Task),
      )
      assert(life <= maxKills + 1, 'the last process is not killed')
      const calls = life <= maxKills ? 1 + random.below(120) : Infinity
      const end = await runProcess(task, calls)
      if (existsSync(observed)) return JSON.parse(readFileSync(observed, 'utf8')) as Observation
      if (end.signal !== 'SIGKILL')
        return { conditions: `in process ${life}`, step: null, findings: [end.text] }
      const finding = tryDamaged(directory, `${directory}.rotten`, damageRandom)
      if (finding !== undefined)
        return { conditions: `in process ${life}, killed`, step: null, findings: [finding] }
    }
  } finally {
    for (const path of [directory, observed, task]) rmSync(path, { recursive: true, force: true })
  }
}

/** Starts a process and kills it after so many calls. */
async function runProcess(
  task: string,
  calls: number,
): Promise<{ readonly signal: string | null; readonly text: string }> {
  const child = spawn(execPath, [join(import.meta.dirname, 'killedProcess.ts'), task], {
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
