/**
 * The map of the code in `docs/architecture.md` names every file of `src`, and nothing else.
 *
 * A heading with a folder in backquotes (`### src/kernel/objects`) begins its table; the first cell of a row
 * has
 * the names of one or more of its files. Files that comments name in backquotes exist too.
 */
import { posix } from 'node:path'
import type { Finding, Project, Rule } from './rule.ts'

export const mapPage = 'docs/architecture.md'

interface Entry {
  readonly path: string
  readonly line: number
}

function entriesOf(page: string): Entry[] {
  let folder: string | undefined
  return page.split('\n').flatMap((text, index) => {
    const heading = /^#+ /.test(text)
    if (heading) folder = /`(src\/[^`]*)`/.exec(text)?.[1]
    if (folder === undefined || !text.startsWith('| `')) return []
    const [, names = ''] = text.split('|')
    const within = folder
    return [...names.matchAll(/`([^`]+\.ts)`/g)].map(([, name = '']) => ({
      path: posix.join(within, name),
      line: index + 1,
    }))
  })
}

export const mapRule: Rule = {
  name: 'the map names every file, and no other',
  check: ({ sources, texts }: Project): Finding[] => {
    const page = texts.get(mapPage)
    if (page === undefined) return []
    const entries = entriesOf(page)
    const files = new Set(sources.map(({ path }) => path).filter((path) => path.startsWith('src/')))
    const named = new Map<string, number>()
    const finding = (line: number, message: string): Finding => ({ file: mapPage, line, message })
    const surplus = entries.flatMap(({ path, line }) => {
      if (!files.has(path)) return [finding(line, `${path} does not exist; remove it from the map`)]
      if (named.has(path)) return [finding(line, `${path} is named on line ${named.get(path)} already`)]
      named.set(path, line)
      return []
    })
    const missing = [...files].filter((path) => !named.has(path))
    return [
      ...surplus,
      ...missing.map((path) => finding(1, `${path} is missing; add a row that says what it is`)),
    ]
  },
}

/** Elsewhere than in `src` and `test`, whose files the rules know. */
const elsewhere = /^(?:tools|bench|examples)\//

export const mentionRule: Rule = {
  name: 'files that comments name exist',
  check: ({ sources }: Project): Finding[] => {
    const ends = new Set(sources.flatMap(({ path }) => endsOf(path)))
    return sources
      .filter(({ path }) => path.startsWith('src/'))
      .flatMap(({ path, comments }) =>
        comments.flatMap(({ line, text }) =>
          [...text.matchAll(/`([A-Za-z][\w/.-]*\.ts)`/g)]
            .filter(([, name = '']) => !ends.has(name) && !elsewhere.test(name))
            .map((match) => ({
              file: path,
              line: line + text.slice(0, match.index).split('\n').length - 1,
              message: `${match[1]} does not exist; name the file that has taken its place`,
            })),
        ),
      )
  },
}

/** `src/a/b.ts`, `a/b.ts`, `b.ts` */
const endsOf = (path: string): string[] => {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(index).join('/'))
}
