/** A page of the reference: what one entry of the package exports, in the order of the alphabet. */
import type { Declaration } from './declarations.ts'

export interface Entry {
  /** As it is imported: `heirloom/vat`. */
  readonly specifier: string
  readonly about: string
}

const kinds: Readonly<Record<string, string>> = {
  const: 'value',
  type: 'type',
  interface: 'interface',
  class: 'class',
  function: 'function',
  package: 're-export',
}

export function pageOf({ specifier, about }: Entry, declarations: readonly Declaration[]): string {
  const sorted = declarations.toSorted((one, other) =>
    one.name.toLowerCase() < other.name.toLowerCase() ||
    (one.name.toLowerCase() === other.name.toLowerCase() && one.name > other.name)
      ? -1
      : 1,
  )
  const slug = slugs()
  const contents = sorted.map(({ name, kind }) => `- [\`${name}\`](#${slug(name)}) (${kinds[kind] ?? kind})`)
  return [
    `# ${specifier}\n`,
    `${about}\n`,
    '<!-- Written by `npm run reference` from the doc comments of the sources. -->\n',
    ...contents,
    '',
    ...sorted.map(section),
  ].join('\n')
}

/** The anchors of headings, as GitHub makes them: a second of the same letters gets a number. */
function slugs(): (name: string) => string {
  const counts = new Map<string, number>()
  return (name) => {
    const slug = name.toLowerCase()
    const count = counts.get(slug) ?? 0
    counts.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  }
}

const section = ({ name, doc, text }: Declaration): string =>
  `## ${name}\n\n${tagged(doc ?? '')}\n\n\`\`\`typescript\n${text}\n\`\`\`\n`

/** The tags of a doc comment as sentences. */
const tagged = (doc: string): string =>
  doc
    .replace(/^@param (\S+) (.*)$/gm, '- `$1`: $2')
    .replace(/^@throws (.*)$/gm, '- Throws $1')
    .replace(/^@returns? (.*)$/gm, '- Returns $1')
