/** `heirloom sweep`: reads every durable record of vats with their present code. */
import { toJson, type Json } from '../../api/jsonForm.ts'
import type { Controller, SweepReport, SweptKind } from '../../host/index.ts'
import { Progress } from '../output/progress.ts'
import { columns, indent } from '../output/text/columns.ts'
import { formatCount, pluralize } from '../output/text/counts.ts'
import { onOneLine } from '../output/text/terminal.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const sweep: Verb = {
  name: 'sweep',
  summary: 'reads every durable record of vats with their present code',
  details: [
    'Decodes the state of durable objects, collections and watches of promises, and runs the migrations of records',
    'that are older than the code, in copies that are discarded: nothing changes. Reports what cannot be read;',
    'then the exit code is 1. Without a vat, sweeps all vats. docs/sweep.md has more.',
  ].join('\n'),
  operands: [],
  rest: { name: 'vat', description: 'names or ids of vats (default: all)' },
  options: {
    computrons: {
      kind: 'text',
      placeholder: 'N',
      description: 'computron limit of each record (default: that of a delivery to the vat)',
    },
  },
  examples: ['heirloom sweep', 'heirloom sweep bank exchange --json'],
  async run(args, io) {
    const computrons = args.computrons('computrons')
    const line = new Progress(io)
    return withReader(args, io, {}, async (controller) => {
      const reports: SweepReport[] = []
      try {
        for (const vat of args.rest.length > 0 ? args.rest : await livingVats(controller))
          reports.push(
            await controller.sweepVat(vat, {
              ...(computrons === undefined ? {} : { computrons }),
              onProgress: ({ done, of }) => line.show(`${onOneLine(vat)}: ${done} of ${of} rows`),
            }),
          )
      } finally {
        line.end()
      }
      const isClean = reports.every(({ failed }) => failed === 0)
      return {
        kind: isClean ? 'done' : 'rejected',
        json: reports.map(jsonOf),
        text: reports.length === 0 ? 'no vats' : reports.map(textOf).join('\n'),
      }
    })
  },
}

const livingVats = async (controller: Controller): Promise<readonly string[]> =>
  (await controller.vats())
    .filter(({ status }) => status.kind === 'running' || status.kind === 'suspended')
    .map(({ vat }) => vat)

const jsonOf = (report: SweepReport): Json => toJson(JSON.parse(JSON.stringify(report)))

function textOf({ name, support, records, migrated, failed, kinds }: SweepReport): string {
  if (support === 'worker-too-old')
    return `${name}: not swept, because its worker is too old; an upgrade brings the vat to another`
  const unreadable = failed === 0 ? 'all can be read' : `${formatCount(failed)} cannot be read`
  return [
    `${onOneLine(name)}: ${pluralize(records, 'record')}, ${formatCount(migrated)} migrated; ${unreadable}`,
    ...(kinds.length === 0 ? [] : [indent(tableOf(kinds))]),
    ...kinds.filter((kind) => kind.failed > 0).map((kind) => indent(failuresOf(kind))),
  ].join('\n')
}

const tableOf = (kinds: readonly SweptKind[]): string =>
  columns([
    ['KIND', 'RECORDS', 'MIGRATED', 'UNREADABLE'],
    ...kinds.map(({ kind, records, migrated, failed }) => [
      onOneLine(kind), formatCount(records), formatCount(migrated), formatCount(failed),
    ]),
  ])

const failuresOf = ({ kind, failed, failures }: SweptKind): string =>
  [
    ...failures.map(({ vref, property, code, message }) =>
      onOneLine(`${kind} ${property === null ? vref : `${vref} ${property}`}: ${code}: ${message}`),
    ),
    ...(failed > failures.length ? [`and ${formatCount(failed - failures.length)} more of ${onOneLine(kind)}`] : []),
  ].join('\n')
