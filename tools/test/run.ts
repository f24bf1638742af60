/**
 * Runs the tests: `node tools/test/run.ts [--long] [filter…]`.
 *
 * All *.test.ts under `test/` but the long ones (*.long.test.ts), which `--long` runs instead; or those,
 * long or not, whose path holds one of the filters; each file in a process of its
 * own, two at a time. A line for each file, failures in full, and as the last line `N passed, N failed`.
 * The exit code is 1 when any failed or none ran.
 */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'
import { count, emptyTally, type FileTally, type Outcome } from './tally.ts'

const root = join(import.meta.dirname, '..', '..')
// The sources are compiled once for all the processes of the tests.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'build', 'compile-cache')

interface Running {
  readonly tally: FileTally
  readonly output: string[]
  lineWritten: boolean
}

const running = new Map<string, Running>()

/** Without filters the long ones and the others are apart: together they take more patience than one has at hand. */
function isWanted(path: string, filters: readonly string[], long: boolean): boolean {
  if (filters.length > 0) return filters.some((filter) => path.includes(filter))
  return path.endsWith('.long.test.ts') === long
}

function testFiles(filters: readonly string[], long: boolean): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !/(^|\/)(fixtures|node_modules)\//.test(path))
    .map((path) => join('test', path))
    .filter((path) => isWanted(path, filters, long))
    .sort()
    .map((path) => join(root, path))
}

function runningOf(file: string): Running {
  const known = running.get(file)
  if (known !== undefined) return known
  const fresh = { tally: emptyTally(file), output: [], lineWritten: false }
  running.set(file, fresh)
  return fresh
}

interface Report {
  readonly name: string
  readonly file?: string | undefined
  readonly nesting: number
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: unknown }
}

function take(verdict: 'pass' | 'fail', report: Report): void {
  const { name, file = '', nesting, details } = report
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
  const { tally } = runningOf(file)
  const failuresBefore = tally.failures.length
  count(tally, outcome)
  if (name === file || (runningOf(file).lineWritten && tally.failures.length > failuresBefore)) writeLine(file)
}

function writeLine(file: string): void {
  const state = runningOf(file)
  const { passed, skipped, failures } = state.tally
  const counts = [`${passed} passed`]
  if (failures.length > 0) counts.push(`${failures.length} failed`)
  if (skipped > 0) counts.push(`${skipped} skipped`)
  console.log(`${failures.length > 0 ? 'FAIL' : 'ok  '} ${relative(root, file)}  ${counts.join(', ')}`)
  state.lineWritten = true
}

function writeFailures({ tally, output }: Running): void {
  for (const { name, error } of tally.failures) {
    console.log(`\n${relative(root, tally.file)}: ${name}\n${typeof error === 'string' ? error : inspect(error, { depth: 8 })}`)
  }
  if (tally.failures.length > 0 && output.length > 0) console.log(`\nwhat ${relative(root, tally.file)} wrote:\n${output.join('')}`)
}

async function main(words: readonly string[]): Promise<void> {
  const files = testFiles(words.filter((word) => word !== '--long'), words.includes('--long'))
  const events = run({ files, concurrency: 2, cwd: root })
  events.on('test:pass', (report) => take('pass', report))
  events.on('test:fail', (report) => take('fail', report))
  events.on('test:stdout', ({ file, message }) => runningOf(file).output.push(message))
  events.on('test:stderr', ({ file, message }) => runningOf(file).output.push(message))
  // Errors that come after the test that caused them are told this way only.
  events.on('test:diagnostic', ({ file, message, level }) => {
    if (file !== undefined && level !== 'info') runningOf(file).output.push(`${message}\n`)
  })
  events.on('test:summary', ({ file }) => file !== undefined && writeLine(file))
  for await (const _ of events) {
    // The listeners do the work; reading on is what keeps the events coming.
  }
  const states = [...running.values()]
  for (const state of states) writeFailures(state)
  const passed = states.reduce((sum, { tally }) => sum + tally.passed, 0)
  const failed = states.reduce((sum, { tally }) => sum + tally.failures.length, 0)
  if (failed > 0 || passed === 0) process.exitCode = 1
  console.log(`\n${passed} passed, ${failed} failed`)
}

await main(process.argv.slice(2))
