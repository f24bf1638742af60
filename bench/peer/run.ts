/**
 * `npm run bench:peer -- [row …] [--quick] [--rounds N] [--systems NAME,NAME] [--json]`: the same work in
 * this project and in SwingSet, on a store on disk, with vats of the same sources.
 *
 * The systems take turns within each row and each round, so that a change of the machine's speed meets them
 * alike; every measurement has a process of its own.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { execPath, version } from 'node:process'
import { parseArgs } from 'node:util'
import { compare, table, type Measured } from './comparison.ts'
import { install, type Installed } from './install.ts'
import { busyShare, isQuiet, load } from './load.ts'
import type { Figure, Row } from './row.ts'
import { rows } from './rows.ts'
import { systemNames, type SystemName } from './system.ts'
import { writeOwnBundles } from './systems/ownBundles.ts'

const child = join(import.meta.dirname, 'child.ts')
const patienceMs = 15 * 60_000
/** Characters of a failure, for people; `--json` has all of it. */
const mostOfMessage = 500

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    systems: { type: 'string', default: systemNames.join(',') },
  },
})

/** The files with the bundles of each. */
interface Bundles {
  readonly own: string
  readonly peer: string
}

const say = (line: string): void => console.error(line)

/** Rows by a part of their name. */
function chosenRows(): readonly Row[] {
  const chosen = rows.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  )
  if (chosen.length > 0) return chosen
  throw new Error(`no such row; there are: ${rows.map(({ name }) => name).join(', ')}`)
}

function chosenSystems({ withoutXs }: Installed): readonly SystemName[] {
  const wanted = options.systems.split(',')
  const unknown = wanted.find((name) => !(systemNames as readonly string[]).includes(name))
  if (unknown !== undefined)
    throw new Error(`no such system: ${unknown}; there are: ${systemNames.join(', ')}`)
  return systemNames.filter((name) => wanted.includes(name) && (name !== 'swingset-xs' || withoutXs === null))
}

/** What Node has compiled: all systems start as a program does that was started before. */
const compiled = join(tmpdir(), 'heirloom-peer-compiled')

/** One row in one system. */
function measure(row: Row, system: SystemName, bundles: Bundles): Measured['outcome'] {
  const workplace = mkdtempSync(join(tmpdir(), 'heirloom-peer-'))
  const size = options.quick ? row.quick : row.size
  const figures: Figure[] = []
  try {
    for (const phase of row.phases.keys()) {
      const file = system === 'heirloom' ? bundles.own : bundles.peer
      const words = [system, file, row.name, String(phase), join(workplace, 'store'), String(size)]
      const { status, stdout, stderr, error } = spawnSync(execPath, [child, ...words], {
        encoding: 'utf8',
        timeout: patienceMs,
        env: { ...process.env, NODE_COMPILE_CACHE: compiled },
      })
      if (status !== 0) return { kind: 'failed', message: error?.message ?? stderr.trim() }
      figures.push(...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figure[]))
    }
    return { kind: 'figures', figures }
  } finally {
    rmSync(workplace, { recursive: true, force: true })
  }
}

function measureAll(bundles: Bundles, systems: readonly SystemName[], rounds: number): Measured[] {
  const measured: Measured[] = []
  for (let round = 0; round < rounds; round += 1)
    for (const row of chosenRows()) {
      say(`… round ${round + 1}: ${row.name} (load ${load().toFixed(1)})`)
      for (const system of systems)
        measured.push({ row: row.name, round, system, outcome: measure(row, system, bundles) })
    }
  return measured
}

function roundsOf(): number {
  const rounds = options.rounds === undefined ? (options.quick ? 1 : 3) : Number(options.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a whole number from 1 on')
  return rounds
}

/** What the figures were measured with and beside. */
interface Conditions {
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly withoutXs: string | null
  readonly rounds: number
  /** The share of the processors that others used before. */
  readonly busy: number
  readonly load: { readonly before: number; readonly after: number }
}

const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
  `Node ${version}`

function conditionsText(conditions: Conditions): string {
  const { versions, withoutXs, busy, load: around } = conditions
  const lines = [
    `${conditions.machine}; medians of ${conditions.rounds}.`,
    Object.entries(versions).map(([name, number]) => `${name} ${number}`).join(', '),
    `Load of the last minute: ${around.before.toFixed(1)} before, ${around.after.toFixed(1)} after.`,
  ]
  if (withoutXs !== null) lines.push(`No column for XS: ${withoutXs}`)
  if (!isQuiet(busy))
    lines.push(`Not quiet: others used ${(busy * 100).toFixed(0)} % of the machine. Only the ratios count.`)
  return lines.join('\n')
}

async function main(): Promise<void> {
  const rounds = roundsOf()
  const installed = install(say)
  const systems = chosenSystems(installed)
  const workplace = mkdtempSync(join(tmpdir(), 'heirloom-peer-'))
  try {
    const bundles = { own: join(workplace, 'bundles.json'), peer: installed.bundles }
    await writeOwnBundles(bundles.own)
    const [busy, before] = [await busyShare(), load()]
    const measured = measureAll(bundles, systems, rounds)
    const { versions, withoutXs } = installed
    const around = { before, after: load() }
    print(measured, systems, { machine: machine(), versions, withoutXs, rounds, busy, load: around })
  } finally {
    rmSync(workplace, { recursive: true })
  }
}

function print(measured: readonly Measured[], systems: readonly SystemName[], conditions: Conditions): void {
  const lines = compare(measured)
  if (options.json) console.log(JSON.stringify({ ...conditions, lines, measured }, null, 2))
  else console.log(`${table(lines, systems)}\n\n${conditionsText(conditions)}`)
  for (const { row, system, outcome } of measured) {
    if (outcome.kind !== 'failed') continue
    say(`failed: ${row} in ${system}: ${outcome.message.slice(0, mostOfMessage)}`)
    process.exitCode = 1
  }
}

await main()
