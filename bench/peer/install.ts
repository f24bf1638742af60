/**
 * Installs the peer in this folder, and builds what its packages build: a worker with XS, if there is a
 * compiler. What was installed for this Node by this lock stays.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execPath, version } from 'node:process'

const here = import.meta.dirname
const root = join(here, '..', '..')
const record = join(here, 'node_modules', '.peer.json')

/** What is there of the peer. */
export interface Installed {
  /** The bundles for the peer. */
  readonly bundles: string
  /** Why there is no worker with XS, or null. */
  readonly withoutXs: string | null
  readonly versions: Readonly<Record<string, string>>
}

/** What the folder of packages was made of, and what did not work. */
interface Packages {
  /** Of Node and the lock. */
  readonly key: string
  readonly withoutXs: string | null
}

const shown = ['@agoric/swingset-vat', '@agoric/swing-store', '@agoric/xsnap', 'better-sqlite3'] as const

export const isInstalled = (): boolean => existsSync(record)

export function install(say: (line: string) => void): Installed {
  const { key, withoutXs } = installPackages(say)
  return { bundles: bundle(key, say), withoutXs, versions: versions() }
}

function installPackages(say: (line: string) => void): Packages {
  const lock = readFileSync(join(here, 'package-lock.json'))
  const key = hashOf([version, lock])
  if (isInstalled()) {
    const known = JSON.parse(readFileSync(record, 'utf8')) as Packages
    if (known.key === key) return known
  }
  say('… installing the peer (once)')
  mustRun('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  mustRun('npm', ['rebuild', 'better-sqlite3', 'microtime'])
  say('… building the worker with XS')
  const built = run('npm', ['rebuild', '@agoric/xsnap', '--foreground-scripts'])
  const withoutXs = built.status === 0 ? null : `npm rebuild @agoric/xsnap failed:\n${built.ending}`
  const packages = { key, withoutXs }
  writeFileSync(record, JSON.stringify(packages))
  return packages
}

/** The vats and the kernel of the peer, in a file that is kept as long as neither changes. */
function bundle(packages: string, say: (line: string) => void): string {
  const vats = join(here, 'vats')
  const sources = readdirSync(vats).sort().flatMap((file) => [file, readFileSync(join(vats, file))])
  const bundles = join(root, 'build', `peer-bundles-${hashOf([packages, ...sources])}.json`)
  if (existsSync(bundles)) return bundles
  say('… bundling the vats and the kernel of the peer')
  mkdirSync(dirname(bundles), { recursive: true })
  mustRun(execPath, [join(here, 'bundles.ts'), bundles])
  return bundles
}

function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex').slice(0, 16)
}

const versions = (): Record<string, string> =>
  Object.fromEntries(
    shown.map((name) => {
      const manifest = readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8')
      return [name, (JSON.parse(manifest) as { version: string }).version]
    }),
  )

interface Ran {
  readonly status: number | null
  /** The last lines that it wrote. */
  readonly ending: string
}

/** Native code is built against the headers of this Node, where it brings them. */
function run(command: string, words: readonly string[]): Ran {
  const home = dirname(dirname(execPath))
  const headers = existsSync(join(home, 'include', 'node')) ? { npm_config_nodedir: home } : {}
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    cwd: here,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    // `npm run -s` would silence the npm in it as well.
    env: { ...process.env, ...headers, npm_config_loglevel: 'error' },
  })
  const lines = `${stdout}\n${stderr}\n${error?.message ?? ''}`.split('\n').filter((line) => line !== '')
  return { status, ending: lines.slice(-12).join('\n') }
}

function mustRun(command: string, words: readonly string[]): void {
  const { status, ending } = run(command, words)
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed:\n${ending}`)
}
