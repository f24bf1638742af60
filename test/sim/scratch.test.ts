/** Directories of killed processes are removed by the next start, and those of living ones stay. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test, type TestContext } from 'node:test'
import { makeScratch } from '../../src/sim/scratch.ts'

const file = join(import.meta.dirname, '..', '..', 'src', 'sim', 'scratch.ts')
const program = `
  const { makeScratch, removeScratchOnSignals } = await import(${JSON.stringify(file)})
  removeScratchOnSignals()
  const directory = makeScratch('sim')
  require('node:fs').writeFileSync(directory + '/content', 'content')
  console.log(directory)
  setInterval(() => {}, 1_000)
`

/** A process that has a scratch directory and waits. */
async function startOwner(
  test: TestContext,
): Promise<{ readonly owner: ChildProcess; readonly directory: string }> {
  const code = `void (async () => {${program}})()`
  const owner = spawn(execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  test.after(() => owner.kill('SIGKILL'))
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  const directory = line.toString('utf8').trim()
  assert.ok(existsSync(join(directory, 'content')))
  return { owner, directory }
}

async function end(owner: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(owner, 'exit') as Promise<[number | null]>
  owner.kill(signal)
  return (await exit)[0]
}

function start(test: TestContext): void {
  const own = makeScratch('sim')
  test.after(() => rmSync(own, { recursive: true }))
}

// Sc1.
test('the directory of a killed process is gone after the next start, that of a living one is not', async (t) => {
  const killed = await startOwner(t)
  const living = await startOwner(t)
  await end(killed.owner, 'SIGKILL')
  assert.ok(existsSync(killed.directory))
  start(t)
  assert.ok(!existsSync(killed.directory))
  assert.ok(existsSync(living.directory))
  await end(living.owner, 'SIGKILL')
  start(t)
  assert.ok(!existsSync(living.directory))
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`${signal} removes the directory at once`, async (t) => {
    const { owner, directory } = await startOwner(t)
    assert.equal(await end(owner, signal), code)
    assert.ok(!existsSync(directory))
  })
