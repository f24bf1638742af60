/**
 * Checks the files that git tracks against the rules: `node tools/tidy/tidy.ts`.
 * `test/tidy.test.ts` does the same as part of the tests.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Project, Rule } from './rule.ts'
import { rules } from './rules.ts'
import { parseSource } from './source.ts'

const root = join(import.meta.dirname, '..', '..')

export function readProject(): Project {
  const paths = execFileSync('git', ['ls-files', 'src', 'test', 'docs', 'bench/peer', 'README.md'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)) && !path.includes('/fixtures/'))
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  return {
    sources: paths.filter((path) => path.endsWith('.ts')).map((path) => parseSource(path, read(path))),
    texts: new Map(paths.filter((path) => /\.(json|md)$/.test(path)).map((path) => [path, read(path)])),
  }
}

/** What each rule found, as lines for people: `file:line: message`. */
export function report(project: Project, checked: readonly Rule[] = rules): string[] {
  return checked.flatMap(({ name, check }) =>
    check(project).map(({ file, line, message }) => `${file}:${line}: ${message} (${name})`),
  )
}

if (import.meta.main) {
  const lines = report(readProject(), rules)
  for (const line of lines) console.log(line)
  console.log(lines.length === 0 ? 'tidy' : `${lines.length} to tidy up`)
  if (lines.length > 0) process.exitCode = 1
}
