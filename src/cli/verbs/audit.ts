/** `heirloom audit`: recounts everything that is counted and reports the deviations. */
import { assert } from '../../base/errors.ts'
import type { AuditReport, Deviation } from '../../protocol/reports/audit.ts'
import { columns, indent } from '../output/text/columns.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { withDirectoryOperand } from '../args/arguments.ts'

const depths = ['kernel', 'all'] as const

export const audit: Verb = {
  name: 'audit',
  summary: 'recounts everything that is counted, and reports all deviations',
  details: [
    'Recounts references, owners, queues and counters from their users (kernel); with all, also checks every',
    'hash and checksum of the store. Changes nothing. The exit code is 1 if there are deviations.',
  ].join('\n'),
  operands: [],
  rest: { name: 'dir', description: 'the directory of the store, as --store' },
  options: { depth: { kind: 'text', placeholder: 'HOW', values: depths, description: 'kernel or all (default: all)' } },
  examples: ['heirloom audit', 'heirloom audit ./heirloom-store --depth kernel --json'],
  async run(args, io) {
    const depth = args.choice('depth', depths) ?? 'all'
    return withReader(withDirectoryOperand(args), io, { verify: 'lazy' }, async (controller) => {
      const report = await controller.audit({ depth })
      assert(report.deviations.length <= report.found, 'at most the found deviations are listed')
      assert(report.depth === depth, 'the audit has the requested depth')
      return { kind: report.found === 0 ? 'done' : 'rejected', json: jsonOf(report), text: textOf(report) }
    })
  },
}

const jsonOf = ({ depth, deviations, found, counted: kernel, store }: AuditReport) => ({
  depth,
  found,
  deviations: deviations.map(({ code, where, message }) => ({ code, where, message })),
  counted: kernel === null ? null : { ...kernel },
  store: store === null ? null : { ...store },
})

const textOf = (report: AuditReport): string =>
  [sumOf(report), ...report.deviations.map(lineOf), ...restOf(report)].join('\n')

function sumOf({ found, counted: kernel, store }: AuditReport): string {
  const rows = [...Object.entries(kernel ?? {}), ...Object.entries(store ?? {})].map(([name, count]) => [
    wordsOf(name),
    formatCount(count),
  ])
  return `${columns(rows)}\n${found === 0 ? 'no deviations' : pluralize(found, 'deviation')}`.trimStart()
}

/** `stateRows` as `state rows`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const lineOf = ({ code, where, message }: Deviation): string => `${code}: ${where}\n${indent(message)}`

const restOf = ({ found, deviations }: AuditReport): string[] =>
  found > deviations.length ? [`and ${formatCount(found - deviations.length)} more`] : []
