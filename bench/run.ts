/**
 * `npm run bench [-- [case …] [--write] [--json] [--megabytes N]]`: measures, prints, and with `--write` puts
 * the
 * figures into `docs/benchmarks.md`, with the machine and the command.
 */
import { cpus, totalmem } from 'node:os'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { BenchCase, Figure } from './case.ts'
import { bundles } from './cases/bundles.ts'
import { codec } from './cases/codec.ts'
import { coldStarts } from './cases/coldStart.ts'
import { cranks } from './cases/cranks.ts'
import { deliveries } from './cases/deliveries.ts'
import { estates } from './cases/estates.ts'
import { exports } from './cases/exports.ts'
import { garbage } from './cases/garbage.ts'
import { growth } from './cases/growth.ts'
import { histories } from './cases/histories.ts'
import { kernels } from './cases/kernels.ts'
import { migrations } from './cases/migrations.ts'
import { nodes } from './cases/nodes.ts'
import { operations } from './cases/operations.ts'
import { plans } from './cases/plans.ts'
import { proportion } from './cases/proportion.ts'
import { replays } from './cases/replays.ts'
import { residencyOfMany } from './cases/residency.ts'
import { upgrades } from './cases/upgrades.ts'
import { workers } from './cases/workers.ts'
import { creationAndSnapshots } from './cases/vats.ts'

const cases: readonly BenchCase[] = [
  deliveries,
  cranks,
  codec,
  operations,
  creationAndSnapshots,
  estates,
  upgrades,
  kernels,
  migrations,
  garbage,
  proportion,
  growth,
  replays,
  histories,
  plans,
  nodes,
  workers,
  residencyOfMany,
  coldStarts,
  bundles,
  exports,
]
const page = join(import.meta.dirname, '..', 'docs', 'benchmarks.md')
const [begin, end] = ['<!-- figures -->', '<!-- end of figures -->']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    megabytes: { type: 'string', default: '100' },
  },
})

const show = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, unit, aim }) => `| ${what} | ${show(value)} ${unit} | ${aim} |`)
  return ['| what | measured | aim |', '|---|---|---|', ...rows].join('\n')
}

function machine(): string {
  const processors = cpus()
  return `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
}

async function measure(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, measure: run } of cases) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    if (!values.json) console.error(`… ${name}`)
    figures.push(...(await run({ megabytes: Number(values.megabytes) })))
  }
  figures.push({
    what: 'peak memory of all this',
    value: process.resourceUsage().maxRSS / 1024,
    unit: 'MiB',
    aim: '',
  })
  return figures
}

function write(text: string): void {
  const before = readFileSync(page, 'utf8')
  const [head, rest] = [before.slice(0, before.indexOf(begin)), before.slice(before.indexOf(end))]
  writeFileSync(page, `${head}${begin}\n${text}\n${rest}`)
}

const figures = await measure()
if (values.json) console.log(JSON.stringify({ machine: machine(), figures }, null, 2))
else console.log(table(figures))
if (values.write) write(`Machine: ${machine()}. Command: \`npm run bench -- --write\`.\n\n${table(figures)}`)
