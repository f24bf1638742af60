/**
 * Writes files into a folder that is new or empty: all of them, or none.
 *
 * The files are written into a temporary directory first, and get their place when all are complete. A
 * process that is killed leaves that directory, whose name begins with `.heirloom-app-`.
 *
 * Nf1. A folder that has anything in it is refused before anything is written.
 * Nf2. What fails leaves everything as it was: no file in the folder, and no folder that was not there.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { refuse } from '../../protocol/codes.ts'
import type { AppFile } from './appFiles.ts'

/**
 * @param folder an absolute path; its parent must be there
 * @throws CodedError `app/not-empty`, `app/not-written`
 */
export function writeNewFolder(folder: string, files: readonly AppFile[]): void {
  try {
    const isNew = checkIsFree(folder) === 'new'
    // An empty folder may be the root of another file system, so what is moved into it is written there.
    const place = mkdtempSync(join(isNew ? dirname(folder) : folder, '.heirloom-app-'))
    try {
      // A directory of its own, with the usual rights: the temporary one is only for this user.
      const staged = join(place, 'app')
      for (const { path, text } of files) writeFile(join(staged, path), text)
      if (isNew) renameSync(staged, folder)
      else moveEntries(staged, folder)
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      refuse('app/not-written', `${folder} cannot be written: ${error.message}`, { folder })
    throw error
  }
}

function checkIsFree(folder: string): 'new' | 'empty' {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return 'new'
  if (!found.isDirectory()) refuse('app/not-empty', `${folder} is a file`, { folder })
  const [first] = readdirSync(folder).sort()
  if (first === undefined) return 'empty'
  return refuse('app/not-empty', `${folder} is not empty: it has ${first}`, { folder })
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag: 'wx' })
}

/** Keeps the folder itself: it may be where the user is, or have rights of its own. */
function moveEntries(from: string, to: string): void {
  const moved: string[] = []
  try {
    for (const entry of readdirSync(from).sort()) {
      renameSync(join(from, entry), join(to, entry))
      moved.push(entry)
    }
  } catch (error) {
    for (const entry of moved) rmSync(join(to, entry), { recursive: true })
    throw error
  }
}
