/**
 * The code of a working tree: built from its sources when they change, and kept in `build/code`.
 *
 * Each state of the sources has its own directory, named after the sizes and times of their files. So
 * processes that start together do not conflict, and no process reads another's unfinished build.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../hashing/sha256.ts'
import { buildCode, root, sources } from './build.ts'

/** Inputs of the build, and the code that builds. */
const inputs = [
  'base',
  'hashing',
  'protocol',
  'codec',
  'api',
  'kernel',
  'supervisor',
  'loader',
  'engine',
  'bundler',
  'release',
] as const
const lockfile = join(root, 'package-lock.json')
/** How many older source states are kept. */
const kept = 3

/** The directory with the code of these sources. */
export async function builtCode(): Promise<string> {
  const place = join(root, 'build', 'code')
  const directory = join(place, fingerprint())
  if (isThere(directory)) return directory
  const unfinished = `${directory}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  await buildCode(unfinished)
  dropOld(place)
  try {
    renameSync(unfinished, directory)
  } catch (error) {
    // Another process was faster. Its code is the same.
    if (!isThere(directory)) throw error
    rmSync(unfinished, { recursive: true })
  }
  return directory
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

function fingerprint(): string {
  const files = inputs.flatMap((folder) =>
    readdirSync(join(sources, folder), { recursive: true, withFileTypes: true }),
  )
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
  const facts = [...paths, lockfile].sort().map((path) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    return `${path} ${stats?.size} ${stats?.mtimeMs}`
  })
  return sha256(facts.join('\n')).slice(0, 24)
}

function dropOld(place: string): void {
  const finished = readdirSync(place).filter((name) => !name.includes('.'))
  const byAge = finished
    .map((name) => ({ name, time: statSync(join(place, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time)
  for (const { name } of byAge.slice(kept)) rmSync(join(place, name), { recursive: true, force: true })
}
