/**
 * The examples of pages are run as they stand there.
 *
 * A block of code whose fence has a file's name behind the language is that file; the files of a page are put
 * into one folder, inside of the project, and the tests among them are run.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const project = join(import.meta.dirname, '..', '..')

/** Page → how many tests its examples have. */
const pages = { testing: 2, upgrade: 11 } as const

function filesOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(project, 'docs', `${page}.md`), 'utf8')
  const blocks = text.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)
  return new Map([...blocks].map(([, name = '', code = '']) => [name, code]))
}

async function runTests(files: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
  const child = spawn(
    process.execPath,
    ['--test', '--test-isolation=none', '--test-reporter=tap', ...files],
    { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  await new Promise((resolve) => child.on('close', resolve))
  return out
}

for (const [page, count] of Object.entries(pages)) {
  test(`the examples of docs/${page}.md do what they say`, async () => {
    const folder = join(project, 'build', 'pages', page)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const files = filesOf(page)
    for (const [name, code] of files) writeFileSync(join(folder, name), code)
    const out = await runTests(
      [...files.keys()].filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name)),
    )
    assert.match(out, new RegExp(`^# pass ${count}$`, 'm'), out)
    assert.match(out, /^# fail 0$/m, out)
  })
}
