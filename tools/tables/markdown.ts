/** Pieces of Markdown pages. */

/** Blocks with an empty line between them. */
export const written = (blocks: readonly string[]): string => `${blocks.join('\n\n')}\n`

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = (cell: string): string => cell.replaceAll('|', '\\|')
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** The anchor of a heading, as GitHub and most renderers make it. */
export const anchorOf = (heading: string): string =>
  heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replaceAll(' ', '-')

/** The anchors of a page: of its headings, and those that it sets itself. */
export const anchorsOf = (page: string): readonly string[] => [
  ...[...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)),
  ...[...page.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id),
]

/** Where the links of a page lead, other than to other sites. */
export const linksOf = (page: string): readonly string[] =>
  [...page.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
