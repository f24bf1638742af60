/** `heirloom trace`: prints a trace, filtered, and follows it on request. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isTraceKind, traceKinds, type TraceKind } from '../../protocol/reports/trace.ts'
import { pluralize } from '../output/text/counts.ts'
import { followTrace, readTrace, type TraceFilter } from '../trace/traceReader.ts'
import { lineText } from '../trace/traceText.ts'
import type { Verb } from '../session/verb.ts'
import { parseCount, refuseUsage, type ParsedArgs } from '../args/arguments.ts'

export const trace: Verb = {
  name: 'trace',
  summary: 'prints a trace that was written with --trace',
  details: [
    'A directory stands for its file trace.jsonl; rotated files (.1, .2, …) are read first.',
    `Kinds: ${Object.keys(traceKinds).join(', ')}.`,
  ].join('\n'),
  operands: [{ name: 'file', description: 'the file of the trace, or its directory' }],
  rest: 'none',
  options: {
    vat: { kind: 'text', placeholder: 'ID', description: 'only what concerns this vat, such as v3' },
    kind: {
      kind: 'text',
      placeholder: 'KIND',
      description: 'only events of this kind, or of several separated by commas',
    },
    crank: {
      kind: 'text',
      placeholder: 'A..B',
      description: 'only cranks from A to B; A, A.. and ..B are accepted too',
    },
    follow: { kind: 'flag', description: 'keep printing new events, until interrupted' },
  },
  examples: [
    'heirloom trace trace.jsonl --vat v3 --kind delivery,syscall',
    'heirloom trace trace.jsonl --crank 100..120',
  ],
  async run(args, io) {
    const file = fileOf(args.operand('file'))
    const filter = filterOf(args)
    if (args.flag('follow')) {
      if (args.flag('json')) refuseUsage('--follow prints lines as they come; --json prints one document')
      await followTrace(file, filter, (line) => io.out(`${lineText(line)}\n`))
    }
    const { lines, damaged } = readTrace(file, filter)
    const text = [
      ...lines.map(lineText),
      ...(damaged === 0 ? [] : [`${pluralize(damaged, 'line')} could not be read`]),
    ]
    return {
      kind: 'done',
      json: { events: lines, damaged },
      text: text.length === 0 ? 'no matching events' : text.join('\n'),
    }
  },
}

function fileOf(path: string): string {
  const kind = statSync(path, { throwIfNoEntry: false })
  if (kind === undefined) return refuseUsage(`there is no file ${path}`)
  return kind.isDirectory() ? join(path, 'trace.jsonl') : path
}

function filterOf(args: ParsedArgs): TraceFilter {
  const kinds = args.text('kind')?.split(',').map(kindOf)
  const vat = args.text('vat')
  if (vat !== undefined && !/^v[1-9]\d*$/.test(vat))
    refuseUsage(`--vat takes the id of a vat, such as v3, not ${JSON.stringify(vat)}`)
  return {
    kinds: kinds === undefined ? null : new Set(kinds),
    vat: vat ?? null,
    cranks: rangeOf(args.text('crank')),
  }
}

function kindOf(text: string): TraceKind {
  return isTraceKind(text)
    ? text
    : refuseUsage(`--kind is one of ${Object.keys(traceKinds).join(', ')}, not ${JSON.stringify(text)}`)
}

function rangeOf(text: string | undefined): TraceFilter['cranks'] {
  if (text === undefined) return null
  const match = /^([\d_]*)(\.\.)?([\d_]*)$/.exec(text)
  const [, from = '', dots, to = ''] = match ?? []
  if (match === null || (from === '' && to === ''))
    return refuseUsage(`--crank takes a range such as 100..120, not ${JSON.stringify(text)}`)
  const least = from === '' ? 1 : parseCount(from, '--crank')
  return { from: least, to: dots === undefined ? least : to === '' ? Infinity : parseCount(to, '--crank') }
}
