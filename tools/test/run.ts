/**
 * Runs the tests: `node tools/test/run.ts [--long] [--limit=SECONDS] [filter…]`.
 *
 * All *.test.ts under `test/` but the long ones (*.long.test.ts), which `--long` runs instead; or those,
 * long or not, whose path holds one of the filters (below `fixtures` only if the filter says so); each file in a
 * process of its own, two at a time. A line for each file, failures in full, and as the last line
 * `N passed, N failed`. The exit code is 1 when any failed or none ran.
 *
 * A file that is not over in time, as one that leaves a controller open, is killed and has failed.
 * What a file registers from another counts as its own.
 */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'
import { count, emptyTally, type FileTally, type Outcome } from './tally.ts'

const root = join(import.meta.dirname, '..', '..')
// The sources are compiled once for all the processes of the tests.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'build', 'compile-cache')

/** How long a file may take, and a long one. */
const seconds = { short: 600, long: 2_400 } as const
const atOnce = 2

interface Running {
  readonly tally: FileTally
  readonly output: string[]
}

/** Without filters the long ones and the others are apart: together they take more patience than one has at hand. */
function isWanted(path: string, filters: readonly string[], long: boolean): boolean {
  if (filters.length > 0) return filters.some((filter) => path.includes(filter))
  return path.endsWith('.long.test.ts') === long
}

function testFiles(filters: readonly string[], long: boolean): string[] {
  const fixtures = filters.some((filter) => filter.includes('fixtures/'))
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !/(^|\/)node_modules\//.test(path) && (fixtures || !/(^|\/)fixtures\//.test(path)))
    .map((path) => join('test', path))
    .filter((path) => isWanted(path, filters, long))
    .sort()
    .map((path) => join(root, path))
}

interface Report {
  readonly name: string
  readonly file?: string | undefined
  readonly nesting: number
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: unknown }
}

/** Whatever the file registered, from wherever, is its own. */
function take(tally: FileTally, verdict: 'pass' | 'fail', report: Report): void {
  const { file } = tally
  const { name, nesting, details } = report
  const error = details.error as { readonly failureType?: string; readonly cause?: unknown } | undefined
  const outcome: Outcome = {
    verdict,
    name,
    file,
    nesting,
    kind: details.type === 'suite' ? 'suite' : 'test',
    skipped: report.skip !== undefined || report.todo !== undefined,
    failureType: error?.failureType ?? '',
    error: error?.cause ?? error,
  }
  count(tally, outcome)
}

function writeLine({ file, passed, skipped, failures }: FileTally): void {
  const counts = [`${passed} passed`]
  if (failures.length > 0) counts.push(`${failures.length} failed`)
  if (skipped > 0) counts.push(`${skipped} skipped`)
  console.log(`${failures.length > 0 ? 'FAIL' : 'ok  '} ${relative(root, file)}  ${counts.join(', ')}`)
}

function writeFailures({ tally, output }: Running): void {
  for (const { name, error } of tally.failures) {
    console.log(`\n${relative(root, tally.file)}: ${name}\n${typeof error === 'string' ? error : inspect(error, { depth: 8 })}`)
  }
  if (tally.failures.length > 0 && output.length > 0) console.log(`\nwhat ${relative(root, tally.file)} wrote:\n${output.join('')}`)
}

async function runFile(file: string, limit: number): Promise<Running> {
  const state: Running = { tally: emptyTally(file), output: [] }
  const { tally, output } = state
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), limit * 1_000)
  const events = run({ files: [file], cwd: root, signal: late.signal })
  events.on('test:pass', (report) => take(tally, 'pass', report))
  events.on('test:fail', (report) => late.signal.aborted || take(tally, 'fail', report))
  events.on('test:stdout', ({ message }) => output.push(message))
  events.on('test:stderr', ({ message }) => output.push(message))
  // Errors that come after the test that caused them are told this way only.
  events.on('test:diagnostic', ({ message, level }) => {
    if (level !== 'info') output.push(`${message}\n`)
  })
  for await (const _ of events) {
    // The listeners do the work; reading on is what keeps the events coming.
  }
  clearTimeout(timer)
  if (late.signal.aborted) tally.failures.push({ name: 'the file itself', error: `it was not over after ${limit} seconds and was killed; a controller or a thread that is left open keeps a process alive` })
  writeLine(tally)
  return state
}

async function main(words: readonly string[]): Promise<void> {
  const limit = words.find((word) => word.startsWith('--limit='))?.slice('--limit='.length)
  const files = testFiles(words.filter((word) => !word.startsWith('--')), words.includes('--long'))
  const states: Running[] = []
  const waiting = files.values()
  const lane = async (): Promise<void> => {
    for (const file of waiting) states.push(await runFile(file, Number(limit ?? seconds[file.endsWith('.long.test.ts') ? 'long' : 'short'])))
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  for (const state of states) writeFailures(state)
  const passed = states.reduce((sum, { tally }) => sum + tally.passed, 0)
  const failed = states.reduce((sum, { tally }) => sum + tally.failures.length, 0)
  if (failed > 0 || passed === 0) process.exitCode = 1
  console.log(`\n${passed} passed, ${failed} failed`)
}

await main(process.argv.slice(2))
