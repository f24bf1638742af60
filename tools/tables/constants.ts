/** Numbers that a source keeps to itself, and limits that a check embodies. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** The number that `const name = …` in a file of `src` is: digits, or a product of them. */
export function constantOf(path: string, name: string): number {
  const text = readFileSync(join(root, 'src', path), 'utf8')
  const written = new RegExp(`\\bconst ${name} = ([\\d_ *]+)$`, 'm').exec(text)?.[1]
  if (written === undefined) throw new Error(`src/${path} has no number ${name}`)
  return written
    .split('*')
    .reduce((product, factor) => product * Number(factor.replaceAll('_', '').trim()), 1)
}

/** How long a name may be that consists of letters: the longest that the check accepts. */
export function longestName(accepts: (name: string) => boolean): number {
  const lengths = Array.from({ length: 1_000 }, (_, length) => length).filter((length) =>
    accepts('a'.repeat(length)),
  )
  return Math.max(...lengths)
}
