/**
 * A world in a process of its own, for others to kill: `node child.ts <file>`, where the file has a `Task`.
 *
 * It goes on where the store says it is, writes a byte before each call of the machine, and at the end
 * what there is to be seen.
 */
import { readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import { EngineCache } from '../../machine/engines/engines.ts'
import { Course } from './course.ts'
import type { Task } from './killed.ts'
import { Weather } from './weather.ts'

function live(file: string): void {
  const { script, prepared, directory, life, observed, auditInterval } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Task
  const weather = new Weather(script.seed, { kind: 'process', life, tell: () => void writeSync(1, '.') })
  const noFork = (): string => assert(false, 'a killed world stays in its directory') as never
  const observation = new Course(
    script,
    weather,
    { ...prepared, cache: new EngineCache() },
    { directory, newDirectory: noFork, auditInterval },
  ).play()
  writeFileSync(`${observed}.new`, JSON.stringify(observation))
  renameSync(`${observed}.new`, observed)
}

if (isMainThread)
  new Worker(new URL(import.meta.url), { resourceLimits: { stackSizeMb: 64 }, workerData: argv[2] })
else live(workerData as string)
