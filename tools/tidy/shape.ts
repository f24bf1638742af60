/** How files and folders are laid out: imports, marks of sections, sizes of folders. */
import { posix } from 'node:path'
import type { Finding, Rule } from './rule.ts'
import { headerRule } from './labels.ts'

export const folderLimit = 14

/** Folders whose files are all of one shape, or one thing that is best read whole. */
const mayBeLarge: readonly string[] = ['src/cli/verbs', 'src/engine', 'src/kernel/tables', 'src/sim/steps']

const oneImport: Rule = {
  name: 'one import declaration per module',
  check: ({ sources }) =>
    sources.flatMap(({ path, declarations }) => {
      const seen = new Set<string>()
      return declarations.flatMap(({ specifier, line }) => {
        if (!seen.has(specifier)) {
          seen.add(specifier)
          return []
        }
        return [{ file: path, line, message: `${specifier} is imported above; make it one declaration` }]
      })
    }),
}

/** A ruled line, a line that ends in dashes, and dashes that are not followed by a space. */
const otherMark = /^ ?(?:[=*#]{3,}|-{4,}|--?[A-Za-z])|^ ?[^\n]* [-=]{3,}\s*$/

const oneMark: Rule = {
  name: 'sections are marked in one form',
  check: ({ sources }) =>
    sources.flatMap(({ path, comments }) =>
      comments
        .filter(({ text }) => otherMark.test(text))
        .map(({ line }) => ({
          file: path,
          line,
          message: 'write a mark of a section as `// --- what follows`',
        })),
    ),
}

const smallFolders: Rule = {
  name: `no folder of more than ${folderLimit} files`,
  check: ({ sources }) => {
    const files = new Map<string, number>()
    for (const { path } of sources) {
      const folder = posix.dirname(path)
      if (folder.startsWith('src/')) files.set(folder, (files.get(folder) ?? 0) + 1)
    }
    return [...files]
      .filter(([folder, count]) => count > folderLimit && !mayBeLarge.includes(folder))
      .map(([folder, count]): Finding => ({
        file: folder,
        line: 1,
        message: `${count} files at one level are more than ${folderLimit}; divide the folder into rooms`,
      }))
  },
}

export const shapeRules: readonly Rule[] = [oneImport, oneMark, smallFolders]
export { headerRule }
