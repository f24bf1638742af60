/**
 * `npm run reference`: writes the pages of the reference to `build/reference`, from the declarations of a
 * build
 * (`npm run check`). It fails when an export has no doc comment.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportsOf, type Declaration } from './declarations.ts'
import { pageOf, type Entry } from './page.ts'

export interface EntryFile extends Entry {
  /** The name of its page. */
  readonly page: string
  /** Its declarations, below the folder of the build. */
  readonly declarations: string
}

export const entries: readonly EntryFile[] = [
  {
    specifier: 'heirloom',
    page: 'heirloom.md',
    declarations: 'host/index.d.ts',
    about: 'What a host imports: stores and their kernels, bundles, configurations, exports.',
  },
  {
    specifier: 'heirloom/vat',
    page: 'vat.md',
    declarations: 'vat/index.d.ts',
    about:
      'What the author of a vat imports: messages, kinds, stores, parameters, and the types of what a vat is given.',
  },
  {
    specifier: 'heirloom/testing',
    page: 'testing.md',
    declarations: 'testing/index.d.ts',
    about: 'What tests of vats import: a kernel for one test, and replays of transcripts.',
  },
  {
    specifier: 'heirloom/replay',
    page: 'replay.md',
    declarations: 'replay/index.d.ts',
    about:
      'What operators import: replays of recorded histories on other workers and bundles, and comparisons of nodes.',
  },
  {
    specifier: 'heirloom/rehearsal',
    page: 'rehearsal.md',
    declarations: 'rehearsal/index.d.ts',
    about: 'What operators import: rehearsals of upgrade plans on copies of a store, and their certificates.',
  },
]

const root = join(import.meta.dirname, '..', '..')
export const declarationsFolder = join(root, 'build', 'types')

export const undocumented = (declarations: readonly Declaration[]): readonly string[] =>
  declarations.filter(({ doc }) => doc === undefined || doc === '').map(({ name }) => name)

/** Writes the pages, and returns the exports that have no doc comment, as `heirloom/vat: name`. */
export function buildReference(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true })
  return entries.flatMap((entry) => {
    const declarations = exportsOf(join(declarationsFolder, entry.declarations))
    writeFileSync(join(folder, entry.page), pageOf(entry, declarations))
    return undocumented(declarations).map((name) => `${entry.specifier}: ${name}`)
  })
}

if (import.meta.main) {
  const folder = join(root, 'build', 'reference')
  const missing = buildReference(folder)
  console.log(`wrote ${entries.map(({ page }) => page).join(', ')} to ${folder}`)
  for (const name of missing) console.error(`${name} has no doc comment`)
  process.exitCode = missing.length === 0 ? 0 : 1
}
