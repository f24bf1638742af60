/** What the tests of the command line share: directories, and commands as processes of their own. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dispatch } from '../../src/cli/dispatch.ts'
import { forkStore } from '../../src/host/index.ts'
import { preparedStore, sharedDirectory } from '../kit/sharedStores.ts'

export const launcher = join(import.meta.dirname, '..', '..', 'bin', 'heirloom.mjs')
export const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', `${name}.ts`)

interface WithEnd {
  after(end: () => void): void
}

/** A directory that is removed at the end. */
export function temporaryDirectory(test: WithEnd): string {
  const directory = mkdtempSync(join(tmpdir(), 'heirloom-cli-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function fileWith(directory: string, name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Starting {
  readonly store: string
  readonly node?: string
}

/** Starts a command; its store comes from the environment. */
export function start(words: readonly string[], { store, node = process.execPath }: Starting): ChildProcess {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
  return spawn(node, [launcher, ...words], {
    env: { ...env, HEIRLOOM_STORE: store },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export function ended(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

/**
 * Runs a command to its end in this process, which is most of what a process of its own would do and costs
 * half.
 */
export async function heirloom(words: readonly string[], { store }: Pick<Starting, 'store'>): Promise<Ended> {
  let [out, err] = ['', '']
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress: 'hidden',
    env: { ...env, HEIRLOOM_STORE: store },
  } as const
  return { code: await dispatch(words, io), out, err }
}

/** The same in a process of its own. */
export const heirloomProcess = (words: readonly string[], starting: Starting): Promise<Ended> =>
  ended(start(words, starting))

/** Runs a command that must end well; gives what it printed. */
export async function well(words: readonly string[], starting: Starting): Promise<string> {
  const { code, out, err } = await heirloom(words, starting)
  assert.equal(code, 0, `heirloom ${words.join(' ')}\n${out}${err}`)
  assert.equal(err, '')
  return out
}

/** A command, the code it ends with, and what it prints; nothing to stderr when that is not said. */
export type Step = readonly [words: readonly string[], code: number, out: RegExp, err?: RegExp]

/** Takes the steps one after the other. */
export async function takeSteps(
  way: readonly Step[],
  store: string,
  after: (words: readonly string[]) => Promise<void> = async () => {},
): Promise<void> {
  for (const [words, code, out, err = /^$/] of way) {
    const ended = await heirloom(words, { store })
    const said = `heirloom ${words.join(' ')}\n${ended.out}${ended.err}`
    assert.equal(ended.code, code, said)
    assert.match(ended.out, out, said)
    assert.match(ended.err, err, said)
    await after(words)
  }
}

export interface Prepared {
  readonly store: string
  readonly directory: string
}

/**
 * A store in the directory, with the bundles of the fixtures and a vat `counters`: a copy of one that the
 * verbs have made.
 */
export async function prepareStore(directory: string): Promise<Prepared> {
  const shared = await sharedDirectory('of the command line', makePrepared)
  const store = join(directory, 'store')
  forkStore(shared, store)
  return { store, directory }
}

async function makePrepared(store: string): Promise<void> {
  await well(['init'], { store })
  for (const name of ['counter', 'counter-2', 'forgetful', 'throwing', 'ticker'])
    await well(['install', name, fixture(name)], { store })
  await well(['create', 'counters', 'counter', '--parameters', '{"start":5n}'], { store })
}

/** An empty store, for tests that are not about making one. */
export async function emptyStore(store: string): Promise<void> {
  forkStore(await preparedStore(), store)
}

/** Waits until it is so, for as long as the process lives. */
export async function waitUntil(running: ChildProcess, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    assert.equal(running.exitCode, null, 'the process ended before')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
