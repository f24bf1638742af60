/** Trees of files for tests of the bundler. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after } from 'node:test'

/** A file's text, or where a link leads. */
export type Leaf = string | { readonly link: string }
export type Tree = Readonly<Record<string, Leaf>>

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'heirloom-tree-')))
after(() => rmSync(scratch, { recursive: true }))

let trees = 0

/**
 * Writes the tree into a fresh folder and returns the folder. Links are relative to the file that they stand
 * for, or absolute.
 */
export function plant(tree: Tree): string {
  trees += 1
  const folder = join(scratch, `tree${trees}`)
  for (const [name, leaf] of Object.entries(tree)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof leaf === 'string') writeFileSync(path, leaf)
    else symlinkSync(leaf.link, path)
  }
  return folder
}

/** The tree below a folder. */
export const under = (folder: string, tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).map(([name, leaf]) => [join(folder, name), leaf]))
