/** Which test files there are. A long one is called `*.long.test.ts`. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

export const isLong = (path: string): boolean => path.endsWith('.long.test.ts')

/**
 * Every test file below `test/`, in the order of the names; those below `fixtures` belong to tests of the
 * runner itself.
 */
export function testFiles({ withFixtures = false } = {}): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(
      (path) =>
        path.endsWith('.test.ts') &&
        !/(^|\/)node_modules\//.test(path) &&
        (withFixtures || !/(^|\/)fixtures\//.test(path)),
    )
    .map((path) => join('test', path))
    .sort()
    .map((path) => join(root, path))
}
