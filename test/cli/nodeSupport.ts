/** Nodes as processes of their own, and commands that work with them. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { writeKey } from '../../src/node/index.ts'
import { addressOf, publicKeyText } from '../../src/client/index.ts'
import { dispatch } from '../../src/cli/dispatch.ts'
import { keys, preparedHome } from '../kit/nodes.ts'
import { launcher, type Ended } from './support.ts'

interface WithEnd {
  after(end: () => Promise<void> | void): void
}

type Environment = Readonly<Record<string, string>>

function environment(more: Environment): Record<string, string | undefined> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
  return { ...env, HEIRLOOM_PASSPHRASE: '', ...more }
}

/** Runs a command in this process. */
export async function command(words: readonly string[], env: Environment = {}): Promise<Ended> {
  let [out, err] = ['', '']
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress: 'hidden',
    env: environment(env),
  } as const
  return { code: await dispatch(words, io), out, err }
}

/** Runs a command that must end well, and returns its JSON. */
export async function json(
  words: readonly string[],
  env: Environment = {},
): Promise<Record<string, unknown>> {
  const { code, out, err } = await command([...words, '--json'], env)
  assert.equal(code, 0, `heirloom ${words.join(' ')}\n${out}${err}`)
  return JSON.parse(out) as Record<string, unknown>
}

/** A directory with the keys `operator`, `alice` and `bob`, which have units. */
export async function homeWithKeys(test: WithEnd): Promise<string> {
  const home = await preparedHome(test)
  for (const [name, key] of Object.entries(keys)) {
    const stored = { seed: key.seed, address: addressOf(key), publicKey: publicKeyText(key) }
    writeKey(join(home, 'keys'), name, stored, undefined)
  }
  return home
}

/** A node as a process. */
export interface NodeProcess {
  readonly child: ChildProcess
  /** Where it listens. */
  readonly url: string
  /** What it has written to standard error. */
  readonly err: () => string
  readonly ended: Promise<Ended>
}

/** Starts a node; resolves when it listens. It is killed at the end of the test. */
export async function startNode(
  test: WithEnd,
  home: string,
  words: readonly string[] = [],
  env: Environment = {},
): Promise<NodeProcess> {
  const child = spawn(process.execPath, [launcher, 'node', 'start', '--home', home, ...words], {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text))
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  test.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const node = { child, err: () => err, ended }
  await untilSaid(node, /listens at/)
  return { ...node, url: /listens at (\S+)/.exec(err)?.[1] ?? '' }
}

/** Waits until the node has said it. */
export async function untilSaid(
  { child, err, ended }: Omit<NodeProcess, 'url'>,
  text: RegExp,
): Promise<void> {
  while (!text.test(err())) {
    if (child.exitCode !== null) assert.fail(`the node ended: ${JSON.stringify(await ended)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Waits until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** The height of the node that listens there. */
export const heightOf = async (url: string): Promise<number> =>
  Number((await json(['node', 'status', '--node', url]))['height'])
