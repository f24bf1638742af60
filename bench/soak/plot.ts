/** A plot as SVG: panels with lines over time, one below the other. */
import type { Point } from './series.ts'

export interface Line {
  readonly name: string
  readonly points: readonly Point[]
}

export interface Panel {
  readonly title: string
  readonly unit: string
  readonly lines: readonly Line[]
}

const [width, height, left, right, top, gap] = [860, 130, 70, 150, 40, 46] as const
const colours = ['#1f5fa8', '#c4541a', '#2f8f4e', '#7d4aa3'] as const

/** `marks` are times at which something happened, drawn through all panels. */
export function plot(title: string, panels: readonly Panel[], marks: readonly number[]): string {
  const last = Math.max(
    1,
    ...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(({ at }) => at))),
  )
  const x = (at: number): number => left + (at / last) * (width - left - right)
  const total = top + panels.length * (height + gap)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${total}" fill="white"/>`,
    text(left, 18, title, 'font-size="14" font-weight="bold"'),
    ...panels.flatMap((panel, index) => drawPanel(panel, top + index * (height + gap), { x, last, marks })),
    '</svg>\n',
  ].join('\n')
}

interface Across {
  readonly x: (at: number) => number
  readonly last: number
  readonly marks: readonly number[]
}

function drawPanel({ title, unit, lines }: Panel, above: number, { x, last, marks }: Across): string[] {
  const most = niceAbove(Math.max(...lines.flatMap(({ points }) => points.map(({ value }) => value)), 0))
  const y = (value: number): number => above + height - (value / most) * (height - 18)
  const ground = above + height
  return [
    text(left, above + 8, `${title}, ${unit}`, 'font-weight="bold"'),
    ...[0, 0.5, 1].map((share) => {
      const level = short(y(most * share))
      return `<path d="M${left} ${level}H${width - right}" stroke="#ddd"/>${text(left - 6, Number(level) + 4, String(most * share), 'text-anchor="end"')}`
    }),
    ...marks.map(
      (at) => `<path d="M${short(x(at))} ${above + 14}V${ground}" stroke="#999" stroke-dasharray="2 3"/>`,
    ),
    ...[0, last / 2, last].map((at) => text(x(at), ground + 14, `${short(at)} min`, 'text-anchor="middle"')),
    ...lines.flatMap(({ name, points }, index) => {
      const colour = colours[index % colours.length] as string
      const path = points.map(({ at, value }) => `${short(x(at))} ${short(y(value))}`).join('L')
      return [
        `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.3"/>`,
        text(width - right + 8, above + 24 + 15 * index, name, `fill="${colour}"`),
      ]
    }),
  ]
}

/** The least of 1, 2, 5, 10, … that is not below the value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-6)))
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power
}

const short = (value: number): string => String(Math.round(value * 10) / 10)
const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const text = (x: number, y: number, words: string, how = ''): string =>
  `<text x="${short(x)}" y="${short(y)}" ${how}>${escaped(words)}</text>`
