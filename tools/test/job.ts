/** One entry of a test run: a test file, or a command whose exit code is the verdict. */
import { spawn } from 'node:child_process'
import { relative } from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'
import { isLong, root } from './files.ts'
import { count, emptyTally, type FileTally, type Outcome } from './tally.ts'

export interface Job {
  /** A path relative to the project, or the name of the command. */
  readonly name: string
  run(): Promise<JobResult>
}

export interface JobResult {
  readonly tally: FileTally
  /** What the process wrote. */
  readonly output: readonly string[]
  readonly seconds: number
}

/** How many seconds a file may take, by default. */
const limits = { short: 600, long: 2_400 } as const

/** A test file in a process of its own. Past its limit the process is killed and the file has failed. */
export function fileJob(file: string, limit: number = limits[isLong(file) ? 'long' : 'short']): Job {
  return {
    name: relative(root, file),
    run: () => timed(file, (tally, output) => runFile(file, limit, tally, output)),
  }
}

/** A command that passes or fails as a whole, as the fresh seeds of the simulation do. */
export function commandJob(name: string, words: readonly string[]): Job {
  return { name, run: () => timed(name, (tally, output) => runCommand(words, tally, output)) }
}

async function timed(
  file: string,
  work: (tally: FileTally, output: string[]) => Promise<void>,
): Promise<JobResult> {
  const began = performance.now()
  const tally = emptyTally(file)
  const output: string[] = []
  await work(tally, output)
  return { tally, output, seconds: (performance.now() - began) / 1_000 }
}

interface Report {
  readonly name: string
  readonly nesting: number
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: unknown }
}

async function runFile(file: string, limit: number, tally: FileTally, output: string[]): Promise<void> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), limit * 1_000)
  const events = run({ files: [file], cwd: root, signal: late.signal })
  events.on('test:pass', (report) => take(tally, 'pass', report))
  events.on('test:fail', (report) => late.signal.aborted || take(tally, 'fail', report))
  events.on('test:stdout', ({ message }) => output.push(message))
  events.on('test:stderr', ({ message }) => output.push(message))
  // An error raised after the test that caused it has ended is reported only as a diagnostic.
  events.on('test:diagnostic', ({ message, level }) => {
    if (level !== 'info') output.push(`${message}\n`)
  })
  for await (const _ of events) {
    // The listeners do the work; iterating is what keeps the events coming.
  }
  clearTimeout(timer)
  if (late.signal.aborted) tally.failures.push({ name: 'the file itself', error: lateMessage(limit) })
}

const lateMessage = (limit: number): string =>
  `it did not end within ${limit} seconds and was killed; a controller or thread left open keeps a process alive`

/** Whatever the file registers, from wherever, counts as its own. */
function take(tally: FileTally, verdict: 'pass' | 'fail', report: Report): void {
  const { name, nesting, details } = report
  const error = details.error as { readonly failureType?: string; readonly cause?: unknown } | undefined
  const outcome: Outcome = {
    verdict,
    name,
    file: tally.file,
    nesting,
    kind: details.type === 'suite' ? 'suite' : 'test',
    skipped: report.skip !== undefined || report.todo !== undefined,
    failureType: error?.failureType ?? '',
    error: error?.cause ?? error,
  }
  count(tally, outcome)
}

async function runCommand(words: readonly string[], tally: FileTally, output: string[]): Promise<void> {
  const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `it ended with ${code ?? signal}`))
  })
  if (ended === '') tally.passed += 1
  else tally.failures.push({ name: 'the command itself', error: ended })
}

/** The line of a job that has ended. */
export function jobLine({ name }: Job, { tally, seconds }: JobResult): string {
  const counts = [`${tally.passed} passed`]
  if (tally.failures.length > 0) counts.push(`${tally.failures.length} failed`)
  if (tally.skipped > 0) counts.push(`${tally.skipped} skipped`)
  return `${tally.failures.length > 0 ? 'FAIL' : 'ok  '} ${name}  ${counts.join(', ')}, ${seconds.toFixed(1)} s`
}

/** The failures of a job in full, with what it wrote. */
export function failureText({ name }: Job, { tally, output }: JobResult): string {
  if (tally.failures.length === 0) return ''
  const failures = tally.failures.map(
    (failure) =>
      `\n${name}: ${failure.name}\n${typeof failure.error === 'string' ? failure.error : inspect(failure.error, { depth: 8 })}\n`,
  )
  return `${failures.join('')}${output.length > 0 ? `\nwhat ${name} wrote:\n${output.join('')}\n` : ''}`
}
