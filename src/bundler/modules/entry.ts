/** The entry of a bundle, as its caller names it. */
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { refuse } from '../../protocol/codes.ts'
import { flawOf } from './moduleGraph.ts'
import { isInside, Packages } from './packages.ts'

/** The real path of the entry: a link to it is the same entry. */
export async function entryOf(entry: string): Promise<string> {
  const path = await realpath(resolve(entry)).catch(() =>
    refuse('bundle/entry-not-found', `There is no file ${entry}.`, { file: entry }),
  )
  const flaw = await flawOf(path)
  if (flaw === undefined) return path
  return refuse(
    flaw.startsWith('is ') ? 'bundle/entry-not-found' : 'bundle/unreadable',
    `${entry} ${flaw}.`,
    { file: entry },
  )
}

/** The folder whose files the entry's package may import: `root`, or that of its package. */
export async function rootOf(path: string, entry: string, root: string | undefined): Promise<string> {
  if (root === undefined) return new Packages().rootOf(path)
  if (typeof root !== 'string' || root === '')
    return refuse('api/bad-argument', 'root must be the path of a folder', { argument: 'root' })
  const folder = await realpath(resolve(root)).catch(() =>
    refuse('api/bad-argument', `root: there is no folder ${root}`, { argument: 'root' }),
  )
  return isInside(folder, path)
    ? folder
    : refuse('bundle/outside-root', `The entry ${entry} is not in the folder ${root}.`, { file: entry })
}
