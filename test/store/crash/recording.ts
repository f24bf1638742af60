/** Records the writes of a work, in a process into which `record.c` is preloaded. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'

/** Compiles the recorder. Without a C compiler there is no test, and that is a failure. */
export function compileRecorder(directory: string): string {
  const library = join(directory, 'record.so')
  try {
    execFileSync(
      'cc',
      [
        '-shared',
        '-fPIC',
        '-O1',
        '-Wall',
        '-Werror',
        '-o',
        library,
        join(import.meta.dirname, 'record.c'),
        '-ldl',
        '-lpthread',
      ],
      { stdio: 'pipe' },
    )
  } catch (error) {
    assert.fail(
      `these tests need a C compiler named cc on Linux with glibc (Debian: apt-get install -y gcc libc6-dev): ${String(error)}`,
    )
  }
  return library
}

export type Ending =
  | { readonly kind: 'whole' }
  | { readonly kind: 'killed'; readonly before: number; readonly last: 'not made' | 'torn' }

/** Does the work in a process of its own on the directory, to its end or up to a call. */
export function record(library: string, directory: string, work: string, log: string, ending: Ending): void {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
  const kill =
    ending.kind === 'whole'
      ? {}
      : {
          HEIRLOOM_IO_KILL: String(ending.before),
          ...(ending.last === 'torn' ? { HEIRLOOM_IO_TORN: '1' } : {}),
        }
  mkdirSync(directory, { recursive: true })
  const { status, signal, stderr } = spawnSync(
    execPath,
    [join(import.meta.dirname, 'writer.ts'), directory, work],
    {
      env: { ...env, ...kill, LD_PRELOAD: library, HEIRLOOM_IO_ROOT: directory, HEIRLOOM_IO_LOG: log },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  if (ending.kind === 'whole')
    assert.equal(status, 0, `the work ended with ${status ?? signal}: ${String(stderr)}`)
  else assert.equal(signal, 'SIGKILL', `the work ended with ${status}: ${String(stderr)}`)
}

/** The files of a directory; the shared memory of SQLite's log is none of them. */
export function filesOf(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory).filter((name) => !name.endsWith('-shm')).sort()
  return new Map(names.map((name) => [name, readFileSync(join(directory, name))]))
}
