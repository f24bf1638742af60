/**
 * The figures of all rounds, side by side.
 *
 * A ratio is what Heirloom needs, as a multiple of what the other needs: above 1 the other is better. It is
 * the median of the ratios of each round, in which the systems were measured one after the other.
 */
import type { Figure, Unit } from './row.ts'
import { systemNames, type SystemName } from './system.ts'

/** The figures of one row in one round. */
export interface Measured {
  readonly row: string
  readonly round: number
  readonly system: SystemName
  readonly outcome:
    | { readonly kind: 'figures'; readonly figures: readonly Figure[] }
    | { readonly kind: 'failed'; readonly message: string }
}

export interface Compared {
  readonly row: string
  readonly what: string
  readonly unit: Unit
  /** Medians; null where a system has no such figure. */
  readonly values: Readonly<Record<SystemName, number | null>>
  /** What Heirloom needs, as a multiple of what each needs. */
  readonly ratios: Readonly<Record<SystemName, number | null>>
}

type Rounds = Map<number, number>
interface Gathered {
  readonly row: string
  readonly what: string
  readonly unit: Unit
  readonly found: Map<SystemName, Rounds>
}

export function compare(measured: readonly Measured[]): readonly Compared[] {
  const gathered = new Map<string, Gathered>()
  for (const { row, round, system, outcome } of measured)
    for (const { what, value, unit } of outcome.kind === 'figures' ? outcome.figures : []) {
      const key = `${row} ${what}`
      const line = gathered.get(key) ?? { row, what, unit, found: new Map<SystemName, Rounds>() }
      gathered.set(key, line)
      const rounds = line.found.get(system) ?? new Map<number, number>()
      line.found.set(system, rounds.set(round, value))
    }
  return [...gathered.values()].map(comparedOf)
}

function comparedOf({ row, what, unit, found }: Gathered): Compared {
  const each = (value: (system: SystemName) => number | null): Record<SystemName, number | null> => ({
    heirloom: value('heirloom'),
    'swingset-v8': value('swingset-v8'),
    'swingset-xs': value('swingset-xs'),
  })
  const rounds = (system: SystemName): Rounds => found.get(system) ?? new Map<number, number>()
  return {
    row,
    what,
    unit,
    values: each((system) => median([...rounds(system).values()])),
    ratios: each((system) => median(ratiosOf(rounds('heirloom'), rounds(system), unit))),
  }
}

const ratiosOf = (ours: Rounds, theirs: Rounds, unit: Unit): number[] =>
  [...theirs].flatMap(([round, other]) => {
    const own = ours.get(round)
    if (own === undefined) return []
    return [unit === '/s' ? other / own : own / other]
  })

function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

const titles: Readonly<Record<SystemName, string>> = {
  heirloom: 'Heirloom',
  'swingset-v8': 'SwingSet, V8',
  'swingset-xs': 'SwingSet, XS',
}

/** The table for people, of the systems that were measured. */
export function table(lines: readonly Compared[], systems: readonly SystemName[]): string {
  const shown = systemNames.filter((name) => systems.includes(name))
  const others = shown.filter((name) => name !== 'heirloom')
  const head = [
    'what',
    ...shown.map((name) => titles[name]),
    ...others.map((name) => `Heirloom : ${titles[name]}`),
  ]
  const body = lines.map(({ what, unit, values, ratios }) => [
    what,
    ...shown.map((name) => withUnit(values[name], unit)),
    ...others.map((name) => (ratios[name] === null ? '–' : show(ratios[name]))),
  ])
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const withUnit = (value: number | null, unit: Unit): string =>
  value === null ? '–' : `${show(value)} ${unit}`

const show = (value: number): string =>
  value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(value < 10 ? 2 : 3)
