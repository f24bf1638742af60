/**
 * The console sessions of a page, and what of their output must be true.
 *
 * A fence `console` is a session: each line that begins with `$ ` is a command, and what follows it is the
 * output.
 * A fence with the comment `<!-- in the background -->` before it has one command, which goes on running when
 * the
 * page goes on. A line `…` stands for any number of lines. A comment `<!-- before` has commands that readers
 * do not
 * see, which bring about what the page talks of; they must succeed.
 */

export interface Command {
  readonly text: string
  readonly output: readonly string[]
  readonly role: Role
}

export type Role = 'shown' | 'background' | 'hidden'

/** A command of a page, and what it printed. */
export interface Ran {
  readonly command: Command
  readonly printed: readonly string[]
}

/** A part of a page: text that is left as it is, or a command with its output. */
export type Part =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'command'; readonly command: Command }

const fence =
  /(?<begin>(?<mark><!-- in the background -->\n+)?```console\n|(?<before><!-- before\n))(?<body>[^]*?)^(?:```|-->)$/gm

export function partsOf(page: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  for (const { index, groups = {} } of page.matchAll(fence)) {
    const { begin = '', mark, before, body = '' } = groups
    const start = index + begin.length
    parts.push({ kind: 'text', text: page.slice(end, start) })
    parts.push(
      ...commandsOf(body, before !== undefined ? 'hidden' : mark !== undefined ? 'background' : 'shown'),
    )
    end = start + body.length
  }
  return [...parts, { kind: 'text', text: page.slice(end) }]
}

const commandsOf = (body: string, role: Role): readonly Part[] =>
  body.split(/^\$ /m).slice(1).map((each): Part => {
    const [text = '', ...output] = each.trimEnd().split('\n')
    return { kind: 'command', command: { text, output, role } }
  })

export const writtenPart = (part: Part): string =>
  part.kind === 'text'
    ? part.text
    : [`$ ${part.command.text}`, ...part.command.output].map((line) => `${line}\n`).join('')

/** Whether what a command printed is true to the page. */
export const isTrue = ({ command, printed }: Ran): boolean =>
  command.role === 'hidden' || isShown(printed, command.output)

/**
 * Whether a command printed what the page shows, but for hashes, sizes, pages of heaps, durations and the
 * width of columns.
 */
export function isShown(printed: readonly string[], shown: readonly string[]): boolean {
  const pattern = shown
    .map((line) => (line === '…' ? '(?:.*\\n)*' : `${escaped(comparable(line))}\\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(printed.map((line) => `${comparable(line)}\n`).join(''))
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const comparable = (line: string): string =>
  shortened(line)
    .replaceAll(/\b[0-9a-f]{12,}…?/g, 'HASH')
    .replaceAll(/\d{1,3}(?:,\d{3})+|\d+(?= bytes| computrons)/g, 'N')
    .replaceAll(/from \d+ files?/g, 'from N files')
    .replaceAll(/\(?\d+\.\d+ms\)?|(?<=duration_ms )[\d.]+/g, 'T')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^(pages|heap snapshots|source maps \d+) \d+/, '$1 N')

/** A line as a page shows it: with the first digits of each hash. */
export const shortened = (line: string): string => line.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…')
