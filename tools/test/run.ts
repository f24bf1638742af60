/**
 * Runs the tests: `node tools/test/run.ts [--long | --all | --budget=MINUTES] [--limit=SECONDS] [filter…]`.
 *
 * | words              | what runs                                                                                |
 * |--------------------|------------------------------------------------------------------------------------------|
 * | none               | the short test files                                                                     |
 * | `--long`           | the long ones (`*.long.test.ts`)                                                         |
 * | `--all`            | both, and fresh seeds of the simulation                                                  |
 * | `--budget=MINUTES` | the short ones; if all passed, seeds of this commit and long ones until the time is spent |
 * | filters            | files, short or long, whose path contains one (below `fixtures` only if the filter does) |
 *
 * Each file runs in a process of its own, two at a time. A line per file, then failures in full, then their
 * names, and as the last line `N passed, N failed`. The exit code is 1 when a test failed or none ran.
 * `--limit` is how long a file may take.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Budget, commitCount, rotate } from './budget.ts'
import { isLong, root, testFiles } from './files.ts'
import { commandJob, failureText, fileJob, jobLine, type Job, type JobResult } from './job.ts'

const atOnce = 2
const freshSeeds = commandJob('fresh seeds of the simulation', [
  'src/sim/main.ts',
  '--fresh',
  '--seeds',
  '100000',
  '--seconds',
  '120',
  '--steps',
  '40',
  '--patience',
  '0',
])

/** Seeds that no other commit tries first, but the same ones each time for this one: a failure comes again. */
const seedsOfTheCommit = (): Job => {
  const [count, steps] = [24, 40]
  const first = String(1_000_000 + commitCount() * count)
  return commandJob(`seeds from ${first} on of the simulation`, [
    'src/sim/main.ts',
    '--seed',
    first,
    '--seeds',
    String(count),
    '--steps',
    String(steps),
    '--patience',
    '0',
  ])
}

/** Runs jobs as `next` hands them out. */
async function runJobs(next: () => Job | undefined): Promise<JobResult[]> {
  const results: JobResult[] = []
  const failures: string[] = []
  const lane = async (): Promise<void> => {
    for (let job = next(); job !== undefined; job = next()) {
      const result = await job.run()
      console.log(jobLine(job, result))
      results.push(result)
      failures.push(failureText(job, result))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  for (const text of failures) if (text !== '') console.log(text)
  return results
}

const runAll = (jobs: readonly Job[]): Promise<JobResult[]> => {
  const waiting = [...jobs]
  return runJobs(() => waiting.shift())
}

const failedIn = (results: readonly JobResult[]): number =>
  results.reduce((sum, { tally }) => sum + tally.failures.length, 0)

/** The short files, then the others in rotation. */
async function runWithinBudget(
  short: readonly Job[],
  others: readonly Job[],
  minutes: number,
): Promise<JobResult[]> {
  const results = await runAll(short)
  if (failedIn(results) > 0) return results
  console.log(`\nAll short tests passed. Fresh seeds and long tests for ${minutes} minutes:`)
  const budget = new Budget(rotate(others, commitCount()), minutes)
  results.push(...(await runJobs(() => budget.next())))
  console.log(
    `\n${budget.left.length} of ${others.length} did not run this time${budget.left.length > 0 ? ':' : ''}`,
  )
  for (const { name } of budget.left) console.log(`  ${name}`)
  return results
}

async function main(words: readonly string[]): Promise<void> {
  const value = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
  const limit = value('--limit') === undefined ? undefined : Number(value('--limit'))
  const filters = words.filter((word) => !word.startsWith('--'))
  const files = testFiles({ withFixtures: filters.some((filter) => filter.includes('fixtures/')) })
  const jobsOf = (wanted: (file: string) => boolean): Job[] =>
    files.filter(wanted).map((file) => fileJob(file, limit))
  const choose = (): Promise<JobResult[]> => {
    if (filters.length > 0)
      return runAll(jobsOf((file) => filters.some((filter) => file.slice(root.length + 1).includes(filter))))
    const [short, long] = [jobsOf((file) => !isLong(file)), jobsOf(isLong)]
    const minutes = value('--budget')
    if (minutes !== undefined) return runWithinBudget(short, [seedsOfTheCommit(), ...long], Number(minutes))
    if (words.includes('--all')) return runAll([...short, ...long, freshSeeds])
    return runAll(words.includes('--long') ? long : short)
  }
  const results = await choose()
  const passed = results.reduce((sum, { tally }) => sum + tally.passed, 0)
  const failed = failedIn(results)
  if (failed > 0 || passed === 0) process.exitCode = 1
  // Again at the end: the middle of a long log is what is cut first.
  for (const { tally } of results)
    for (const { name } of tally.failures) console.log(`failed: ${relative(root, tally.file)}: ${name}`)
  console.log(`\n${passed} passed, ${failed} failed`)
}

// The sources are compiled once, and empty stores are created once, for all processes of the run.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'build', 'compile-cache')
const stores = mkdtempSync(join(tmpdir(), 'heirloom-test-stores-'))
process.env['HEIRLOOM_TEST_STORES'] = stores
try {
  await main(process.argv.slice(2))
} finally {
  rmSync(stores, { recursive: true, force: true })
}
