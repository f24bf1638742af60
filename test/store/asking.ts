/** Lets a process of an ordinary user do things with stores (`asked.ts`), and looks at what it leaves. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { asOrdinaryUser } from '../kit/ordinaryUser.ts'
import type { Deed, Said } from './asked.ts'

const script = join(import.meta.dirname, 'asked.ts')
/** A process that waits for a FIFO would wait for ever. */
const patience = 60_000

export type Asked = readonly [deed: Deed, at: string, to?: string]

interface User {
  readonly uid?: number
  readonly gid?: number
}

interface Asking {
  readonly user?: User
  /** The command as it is run, when not by itself. */
  readonly wrap?: (command: readonly string[]) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Returns what came of each deed, in order. */
export function ask(
  asked: readonly Asked[],
  { user = asOrdinaryUser, wrap = (command) => command, env = {} }: Asking = {},
): readonly Said[] {
  const [command = '', ...args] = wrap([process.execPath, script, JSON.stringify(asked)])
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...user,
    encoding: 'utf8',
    timeout: patience,
    env: { PATH: process.env['PATH'], ...env },
  })
  assert.equal(status, 0, `${error?.message ?? ''} ${stderr}`)
  return JSON.parse(stdout) as readonly Said[]
}

export const codesOf = (said: readonly Said[]): readonly string[] =>
  said.map(({ did, code, message }) => (code === 'raw' ? `${did}: ${message}` : `${did}: ${code}`))

/** The names in the directory with their modes, owners and sizes. */
export const listing = (directory: string): readonly string[] =>
  readdirSync(directory).sort().map((name) => {
    const { mode, uid, size } = lstatSync(join(directory, name))
    return `${name} ${mode.toString(8)} of ${uid}, ${size} bytes`
  })
