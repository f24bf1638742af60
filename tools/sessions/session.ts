/**
 * Runs the commands of a page in a project that has the package installed and the files of the tutorial, as a
 * reader
 * would; `npx heirloom` starts the command line.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { isTrue, partsOf, shortened, type Command, type Part, type Ran } from './console.ts'

const root = join(import.meta.dirname, '..', '..')

/** The pages whose commands are run. */
export const pages = ['tutorial', 'runbook'] as const
export type Page = (typeof pages)[number]

export const pathOf = (page: Page): string => join(root, 'docs', `${page}.md`)

/** The page as it is with what its commands print now; what is still true stays as it is written. */
export async function rewrittenPage(page: Page): Promise<readonly Part[]> {
  const parts = partsOf(readFileSync(pathOf(page), 'utf8'))
  const ran = await runPage(page)
  let next = 0
  return parts.map((part): Part => {
    if (part.kind === 'text') return part
    const each = ran[next++]
    return each === undefined || isTrue(each)
      ? part
      : { kind: 'command', command: { ...part.command, output: each.printed } }
  })
}

/** Runs all commands of a page, in order. */
export async function runPage(page: Page): Promise<readonly Ran[]> {
  const project = makeProject()
  const session = new Session(project)
  try {
    const ran: Ran[] = []
    for (const part of partsOf(readFileSync(pathOf(page), 'utf8'))) {
      if (part.kind === 'command')
        ran.push({ command: part.command, printed: await session.run(part.command) })
    }
    return ran
  } finally {
    session.end()
    rmSync(dirname(project), { recursive: true, force: true })
  }
}

/** `project` in a directory of its own, so that a page may write beside it. */
function makeProject(): string {
  const project = join(mkdtempSync(join(tmpdir(), 'heirloom-page-')), 'project')
  mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true })
  symlinkSync(root, join(project, 'node_modules', 'heirloom'))
  symlinkSync(join(root, 'bin', 'heirloom.mjs'), join(project, 'node_modules', '.bin', 'heirloom'))
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n')
  cpSync(join(root, 'examples', 'tutorial'), project, { recursive: true })
  return project
}

class Session {
  readonly #project: string
  readonly #running: ChildProcess[] = []
  #status = 0

  constructor(project: string) {
    this.#project = project
  }

  async run(command: Command): Promise<readonly string[]> {
    const child = this.#start(command)
    let out = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
    const ended = new Promise<void>((resolve) => child.on('close', resolve))
    if (command.role === 'background') {
      this.#running.push(child)
      await hasLines(child, () => out, command.output.length)
    } else {
      await ended
      this.#status = child.exitCode ?? 128
      if (command.role === 'hidden') assert.equal(this.#status, 0, `$ ${command.text}\n${out}`)
      if (command.text.startsWith('kill ')) await Promise.all(this.#running.map(closed))
    }
    return out.trim() === '' ? [] : out.trimEnd().split('\n').map(shortened)
  }

  #start({ text }: Command): ChildProcess {
    const {
      NODE_OPTIONS: _options,
      NODE_TEST_CONTEXT: _context,
      HEIRLOOM_STORE: _store,
      ...env
    } = process.env
    const path = [join(this.#project, 'node_modules', '.bin'), dirname(process.execPath), env['PATH']].join(
      delimiter,
    )
    // A shell function in place of npx, which would ask the registry; and `$?` is that of the command before.
    const script = `exec 2>&1; npx() { "$@"; }; (exit ${this.#status}); ${text}`
    return spawn('sh', ['-c', script], {
      cwd: this.#project,
      env: { ...env, PATH: path },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
  }

  /** Ends what still runs in the background, with the processes that it has started. */
  end(): void {
    for (const child of this.#running) {
      if (child.pid !== undefined && isRunning(child)) killGroup(child.pid)
    }
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null

/** Until then a process that was killed may still hold its locks. */
async function closed(child: ChildProcess): Promise<void> {
  if (isRunning(child)) await new Promise((resolve) => child.on('close', resolve))
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

/** Waits until the process has printed so many lines, or has ended. */
async function hasLines(child: ChildProcess, text: () => string, count: number): Promise<void> {
  while (isRunning(child) && text().split('\n').length <= count)
    await new Promise((resolve) => setTimeout(resolve, 20))
}
