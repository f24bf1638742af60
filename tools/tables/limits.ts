/** `docs/limits.md`: all limits with their values, taken from the sources. */
import { rejectionHints } from '../../src/cli/output/hints.ts'
import { codes } from '../../src/protocol/codes.ts'
import { sections, type Row, type Section, type Unit } from './limitRows.ts'
import { anchorOf, table, written } from './markdown.ts'

const introduction = `# Limits

Every limit, its value, and what happens beyond it. Codes are explained in [errors](errors.md). Lengths of text are in
UTF-16 code units, called characters here.

Limits that vats and the kernel can observe are part of the behaviour that all nodes must share, so they are constants
of a release, or are recorded in the store. The last column says where a limit can be changed; where it is empty, it
is fixed. The name is that of the constant in the sources, or of the option that sets the limit.`

export const limitsPage = (): string => written([introduction, ...sections.flatMap(sectionOf)])

function sectionOf({ title, about, rows }: Section): readonly string[] {
  const lines = rows.map((row) => [
    row.limit,
    `\`${row.name}\``,
    valueOf(row),
    linked(row.beyond),
    row.changed ?? '',
  ])
  const heads = ['limit', 'name', 'value', 'beyond it', 'changed by']
  return [`## ${title}`, ...(about === undefined ? [] : [about]), table(heads, lines)]
}

const units: Readonly<Record<Unit, string>> = {
  bytes: ' bytes', characters: ' characters', computrons: ' computrons', pieces: '', percent: ' %',
}

function valueOf({ value, unit }: Row): string {
  const power = powerOf(value)
  const binary = unit === 'bytes' || unit === 'characters' ? binaryOf(Number(value)) : undefined
  if (binary !== undefined)
    return `${binary.count} ${binary.prefix}i${unit === 'bytes' ? 'B' : ' characters'}`
  return `${power ?? separated(value)}${units[unit]}`
}

/** Numbers that are too long to be read. */
function powerOf(value: number | bigint): string | undefined {
  const text = BigInt(value).toString(2)
  if (text.length < 60) return undefined
  return text.includes('0') ? `2^${text.length - 1}` : `2^${text.length} - 1`
}

function binaryOf(value: number): { readonly count: number; readonly prefix: string } | undefined {
  const steps = [[1024 ** 3, 'G'], [1024 ** 2, 'M'], [1024, 'K']] as const
  const step = steps.find(([size]) => value >= size && value % size === 0)
  return step === undefined ? undefined : { count: value / step[0], prefix: step[1] }
}

const separated = (value: number | bigint): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

/** Codes as links to their explanation. */
const linked = (text: string): string =>
  text.replace(/`([a-z/-]+)`/g, (whole, code: string) =>
    isExplained(code) ? `[${whole}](errors.md#${anchorOf(code)})` : whole)

const isExplained = (code: string): boolean =>
  Object.hasOwn(codes, code) || Object.hasOwn(rejectionHints, code)
