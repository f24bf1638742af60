/**
 * The stores that are damaged: one that was closed and one whose process was killed, each as the bytes of its
 * files.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execPath } from 'node:process'
import { DatabaseSync } from 'node:sqlite'

export type Ending = 'closed' | 'killed'
export type Files = ReadonlyMap<string, Buffer>

export interface Original {
  readonly ending: Ending
  readonly files: Files
  /** The file of the store as it was some blocks before. */
  readonly older: Buffer
  readonly height: number
  readonly activityHash: string
  /** The numbers of the pages of each table and index of the file. */
  readonly pages: ReadonlyMap<string, readonly number[]>
}

export function makeOriginal(ending: Ending): Original {
  const beside = mkdtempSync(join(tmpdir(), 'heirloom-damage-'))
  try {
    const made = spawnSync(execPath, [join(import.meta.dirname, 'maker.ts'), beside, ending], {
      encoding: 'utf8',
    })
    assert.ok(ending === 'killed' ? made.signal === 'SIGKILL' : made.status === 0, made.stderr)
    const { directory, height, activityHash } = JSON.parse(made.stdout.trim()) as {
      directory: string
      height: number
      activityHash: string
    }
    const files = new Map(
      readdirSync(directory)
        .filter((name) => !name.endsWith('-shm'))
        .map((name) => [name, readFileSync(join(directory, name))]),
    )
    if (ending === 'killed')
      assert.ok((files.get('heirloom.sqlite-wal')?.length ?? 0) > 0, 'a killed process leaves a log')
    const original = {
      ending,
      files,
      older: readFileSync(join(beside, 'older.sqlite')),
      height,
      activityHash,
      pages: pagesOf(directory),
    }
    rmSync(dirname(directory), { recursive: true, force: true })
    return original
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

/** By the name of the table or index that they are of. */
function pagesOf(directory: string): ReadonlyMap<string, readonly number[]> {
  const database = new DatabaseSync(join(directory, 'heirloom.sqlite'), { readOnly: true })
  try {
    const pages = new Map<string, number[]>()
    for (const { name, page } of database
      .prepare('SELECT name, pageno AS page FROM dbstat ORDER BY pageno')
      .all() as { name: string; page: number }[]) {
      pages.set(name, [...(pages.get(name) ?? []), page])
    }
    return pages
  } finally {
    database.close()
  }
}
