/**
 * Pages of HTML for people: the parts of which reports are made.
 *
 * Rpp1. A page refers to nothing outside itself and runs nothing: no script, no link, no image.
 * Rpp2. Every text from a store is escaped: vats and their code choose names, console lines and syscalls.
 */

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8886; padding: .3rem .6rem; text-align: left; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
pre { background: #8882; padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere }
code, pre { font: 13px/1.4 ui-monospace, monospace }
.identical, .metering-only { color: #1a7f37 }
.divergent, .cannot-load, .exhausts, .unavailable { color: #cf222e }
`

/** A self-contained page. `body` is HTML. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Rpp2. Control characters, which some browsers act on, are shown by their codes. */
export const escape = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => entities[character] ?? character)
    .replace(
      /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )

export type Cell = string | { readonly number: string } | { readonly mark: string }

export function table(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const row = (cells: readonly Cell[], tag: 'td' | 'th'): string =>
    `<tr>${cells.map((cell) => cellOf(cell, tag)).join('')}</tr>`
  return `<table>\n${row(head, 'th')}\n${rows.map((cells) => row(cells, 'td')).join('\n')}\n</table>`
}

function cellOf(cell: Cell, tag: 'td' | 'th'): string {
  if (typeof cell === 'string') return `<${tag}>${escape(cell)}</${tag}>`
  if ('number' in cell) return `<${tag} class="number">${escape(cell.number)}</${tag}>`
  return `<${tag} class="${escape(cell.mark)}">${escape(cell.mark)}</${tag}>`
}

export const paragraph = (text: string): string => `<p>${escape(text)}</p>`
export const preformatted = (text: string): string => `<pre>${escape(text)}</pre>`
