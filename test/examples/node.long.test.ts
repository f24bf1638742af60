/** The demonstration of a node, as a user runs it: its claims hold, and it leaves nothing behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Claims } from '../../examples/claims.ts'

const demo = join(import.meta.dirname, '..', '..', 'examples', 'node', 'demo.ts')

interface Ended {
  readonly code: number | null
  readonly out: string
  /** The directory that it has worked in. */
  readonly directory: string
}

/** Runs it; `interrupt` is what it has said when it is interrupted. */
async function run(interrupt?: RegExp): Promise<Ended> {
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  const child = spawn(process.execPath, [demo], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (interrupt?.test(out) === true) child.kill('SIGINT')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, directory: /Its directory is (\S+)/.exec(out)?.[1] ?? '' }
}

/** The command lines of processes that name the directory. */
const processesIn = (directory: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((text) => text.includes(directory))

function commandLine(id: string): string {
  try {
    return readFileSync(join('/proc', id, 'cmdline'), 'utf8')
  } catch {
    return ''
  }
}

function assertNothingLeft({ directory }: Ended): void {
  assert.notEqual(directory, '')
  assert.ok(!existsSync(directory), `${directory} is left`)
  if (process.platform === 'linux') assert.deepEqual(processesIn(directory), [])
}

test('every claim of the demonstration holds', { timeout: 900_000 }, async () => {
  const ended = await run()
  assert.equal(ended.code, 0, ended.out)
  const table = ended.out.slice(ended.out.indexOf('   claim '), ended.out.indexOf('   figure '))
  const rows = table.split('\n').filter((line) => /^ [✓✗] /.test(line))
  assert.ok(rows.length >= 40, `${rows.length} claims`)
  assert.deepEqual(rows.filter((line) => line.startsWith(' ✗')), [])
  assert.match(ended.out, /transactions per second, end to end.* {3}\d+ while a node ran, \d+ with the kill/)
  assertNothingLeft(ended)
})

test('interrupted while a node runs, it leaves neither a process nor a directory', { timeout: 120_000 }, async () => {
  const ended = await run(/^2\. /m)
  assert.equal(ended.code, 1)
  assertNothingLeft(ended)
})

test('a claim that is false is counted', () => {
  const claims = new Claims()
  assert.equal(claims.allHold, false)
  claims.check('one', true, '')
  assert.equal(claims.allHold, true)
  claims.check('two', false, '')
  assert.equal(claims.allHold, false)
})
