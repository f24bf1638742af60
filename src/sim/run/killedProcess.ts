/**
 * A run in a process of its own, for others to kill: `node killedProcess.ts <file>`, where the file has a
 * `Task`.
 *
 * It continues at the step that the store records, writes a byte before each call of the machine, and finally
 * writes the observation to a file.
 */
import { readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { AssertionFault } from '../../base/errors.ts'
import { EngineCache } from '../../machine/engines/engines.ts'
import { Run } from './run.ts'
import type { Task } from './killedRun.ts'
import { FaultInjector } from './faultInjector.ts'

function continueRun(file: string): void {
  const { script, prepared, directory, life, observed, auditInterval } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Task
  const faults = new FaultInjector(script.seed, { kind: 'process', life, tell: () => void writeSync(1, '.') })
  const noDirectory = (): never => {
    throw new AssertionFault('a killed run stays in its directory')
  }
  const observation = new Run(
    script,
    faults,
    { ...prepared, cache: new EngineCache() },
    { directory, newDirectory: noDirectory, auditInterval },
  ).play()
  writeFileSync(`${observed}.new`, JSON.stringify(observation))
  renameSync(`${observed}.new`, observed)
}

if (isMainThread)
  new Worker(new URL(import.meta.url), { resourceLimits: { stackSizeMb: 64 }, workerData: argv[2] })
else continueRun(workerData as string)
