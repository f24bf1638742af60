/**
 * A report as one page of HTML, for people.
 *
 * Rpp1. The page refers to nothing outside itself and runs nothing: no script, no link, no image.
 * Rpp2. Every text from a store is escaped: vats and their code choose names, console lines and syscalls.
 */
import {
  computronRatio,
  speedOf,
  type Difference,
  type ReplayReport,
  type RolloutEstimate,
  type VatReplay,
} from './report.ts'

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

/** The report as a self-contained page. */
export function reportPage(report: ReplayReport): string {
  const { passed, vats } = report
  const bad = vats.filter((vat) => vat.class !== 'identical')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Replay: ${passed ? 'passed' : 'failed'}</title>
<style>${style}</style>
</head>
<body>
<h1 class="${passed ? 'identical' : 'divergent'}">Replay ${passed ? 'passed' : 'failed'}</h1>
${summary(report)}
<h2>Vats</h2>
${table(vatHead, vats.map(vatCells))}
${bad.map(details).join('\n')}
<h2>Rollout</h2>
${rollout(report.rollout)}
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Rpp2. Control characters, which some browsers act on, are shown by their codes. */
const escape = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => entities[character] ?? character)
    .replace(
      /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )

type Cell = string | { readonly number: string } | { readonly mark: string }

function table(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const row = (cells: readonly Cell[], tag: 'td' | 'th'): string =>
    `<tr>${cells.map((cell) => cellOf(cell, tag)).join('')}</tr>`
  return `<table>\n${row(head, 'th')}\n${rows.map((cells) => row(cells, 'td')).join('\n')}\n</table>`
}

function cellOf(cell: Cell, tag: 'td' | 'th'): string {
  if (typeof cell === 'string') return `<${tag}>${escape(cell)}</${tag}>`
  if ('number' in cell) return `<${tag} class="number">${escape(cell.number)}</${tag}>`
  return `<${tag} class="${escape(cell.mark)}">${escape(cell.mark)}</${tag}>`
}

function summary({ height, worker, threads, ms, vats }: ReplayReport): string {
  return table(
    ['What', 'Value'],
    [
      ['Block', String(height)],
      ['Worker', worker ?? 'could not be built'],
      ['Vats', String(vats.length)],
      ['Seconds', seconds(ms)],
      ['Threads', String(threads)],
    ],
  )
}

const vatHead: readonly Cell[] = [
  'Vat',
  'Name',
  { number: 'Deliveries' },
  'Class',
  { number: 'Computrons' },
  { number: 'Seconds' },
  { number: 'Per second' },
]

function vatCells(vat: VatReplay): readonly Cell[] {
  const [ratio, speed] = [computronRatio(vat), speedOf(vat)]
  return [
    vat.vat,
    vat.name,
    { number: vat.matched === vat.deliveries ? String(vat.matched) : `${vat.matched} of ${vat.deliveries}` },
    { mark: vat.class },
    { number: ratio === null ? '' : `× ${ratio.toFixed(4)}` },
    { number: seconds(vat.ms) },
    { number: speed === null ? '' : speed.toFixed(0) },
  ]
}

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 2 : 0)

function details(vat: VatReplay): string {
  return [`<h2>${escape(`${vat.name} (${vat.vat})`)}: ${vat.class}</h2>`, ...partsOf(vat)].join('\n')
}

function partsOf(vat: VatReplay): readonly string[] {
  switch (vat.class) {
    case 'identical':
      return []
    case 'metering-only': {
      const { first, deliveries } = vat.metering
      return [paragraph(`${deliveries} deliveries used other computrons, the first at position ${first}.`)]
    }
    case 'unavailable':
      return [paragraph(`${vat.code}: ${vat.message}`)]
    case 'cannot-load':
      return [preformatted(vat.message), ...(vat.difference === null ? [] : differenceParts(vat.difference))]
    case 'divergent':
    case 'exhausts':
      return differenceParts(vat.difference)
  }
}

const paragraph = (text: string): string => `<p>${escape(text)}</p>`
const preformatted = (text: string): string => `<pre>${escape(text)}</pre>`

function differenceParts({
  position,
  message,
  syscall,
  stop,
  delivery,
  recorded,
  sent,
  lines,
}: Difference): readonly string[] {
  const where = syscall === null ? '' : `, at syscall ${syscall}`
  return [
    paragraph(`Delivery ${position}${where}: ${message}${stop === null ? '' : ` (${stop})`}.`),
    ...[
      ['Delivery', delivery],
      ['Recorded', recorded ?? 'nothing more'],
      ['Replayed', sent ?? 'nothing more'],
    ].flatMap(([title = '', text = '']) => [`<h3>${title}</h3>`, preformatted(text)]),
    ...(lines.length === 0
      ? []
      : [
          '<h3>Console of this delivery</h3>',
          table(
            ['After syscalls', 'Level', 'Line'],
            lines.map(({ after, level, text }) => [String(after), level, text]),
          ),
        ]),
  ]
}

const rollout = ({ vats, deliveries, serialMs, parallelMs, ofVats }: RolloutEstimate): string =>
  [
    paragraph(
      serialMs === null || parallelMs === null
        ? `${vats} vats with ${deliveries} deliveries; nothing was replayed from which the time could be estimated.`
        : `All ${vats} vats with ${deliveries} deliveries take about ${seconds(serialMs)} s one after another, ` +
            `and ${seconds(parallelMs)} s on the threads that were used.`,
    ),
    table(
      ['Vat', 'Name', { number: 'Seconds' }],
      ofVats.map(({ vat, name, ms }) => [vat, name, { number: ms === null ? '' : seconds(ms) }]),
    ),
  ].join('\n')
