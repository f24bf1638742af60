/** `heirloom replay`: whether the recorded histories of vats run the same on other code. */
import { closeSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { replayVats, reportPage, type ReplayOptions, type WorkerSpecifier } from '../../replay/index.ts'
import { engineNames, isEngineName } from '../../protocol/worker/engineNames.ts'
import { openForAppending, refuseUsage, type ParsedArgs } from '../args/arguments.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { progressLine, replayJson, replayText } from '../output/replay.ts'
import { Progress } from '../output/progress.ts'
import type { Io } from '../output/io.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'

export const replay: Verb = {
  name: 'replay',
  summary: 'replays the history of vats on another worker or bundle, and compares',
  details: [
    'Replays everything that each vat received since its incarnation began, and compares each syscall and result',
    'with the record. Writes nothing to the store, which may be open and running. The exit code is 1 unless every',
    'vat is identical, or differs in its computrons only. docs/replay.md describes what is compared.',
  ].join('\n'),
  operands: [],
  rest: { name: 'vat', description: 'a vat, by name or id' },
  options: {
    all: { kind: 'flag', description: 'every vat of the store' },
    worker: {
      kind: 'text',
      placeholder: 'VERSION',
      description: `an installed worker version or the beginning of its id, an engine of this release (${engineNames.join(', ')}), or the .wasm file of an engine (required)`,
    },
    supervisor: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'the script of the supervisor, for an engine (default: that of this release)',
    },
    bundle: {
      kind: 'text',
      placeholder: 'BUNDLE',
      description: 'an installed bundle, by label or id (default: the one that each vat has)',
    },
    export: { kind: 'text', placeholder: 'DIR', description: 'read this export instead of a store' },
    threads: {
      kind: 'text',
      placeholder: 'N',
      description: 'how many replays run at once (default: as many as there are cores)',
    },
    report: { kind: 'text', placeholder: 'FILE', description: 'also write the report as a page of HTML' },
  },
  examples: [
    'heirloom replay --all --worker quickjs-wasi-3.5.0',
    'heirloom replay counters --worker ./next.wasm --supervisor ./supervisor.js --report replay.html',
  ],
  async run(args, io) {
    const options = optionsOf(args, io)
    const page = args.text('report')
    if (page !== undefined) closeSync(openForAppending(page, '--report'))
    const progress = new Progress(io)
    const report = await replayVats({
      ...options,
      onProgress: (state) => progress.show(progressLine(state)),
    }).finally(() => progress.end())
    if (page !== undefined) writeFileSync(page, reportPage(report))
    return {
      kind: report.passed ? 'done' : 'rejected',
      json: replayJson(report),
      text: replayText(report) + (page === undefined ? '' : `\nwrote ${page}`),
    }
  },
}

function optionsOf(args: ParsedArgs, io: Io): ReplayOptions {
  const exported = args.text('export')
  if (exported !== undefined && args.text('store') !== undefined)
    refuseUsage('--export and --store are alternatives; give only one of them')
  return {
    directory: exported ?? storeDirectory(args, io),
    from: exported === undefined ? 'store' : 'export',
    vats: vatsOf(args),
    worker: workerOf(args),
    trust: args.texts('trust'),
    rolledBack: args.flag('accept-rollback') ? 'accept' : 'refuse',
    ...omitUndefined({ bundle: args.text('bundle'), threads: args.count('threads') }),
  }
}

function vatsOf(args: ParsedArgs): 'all' | readonly string[] {
  if (args.flag('all') && args.rest.length > 0) refuseUsage('give either vats or --all')
  if (!args.flag('all') && args.rest.length === 0) refuseUsage('replay needs vats, or --all')
  return args.flag('all') ? 'all' : args.rest
}

function workerOf(args: ParsedArgs): WorkerSpecifier {
  const worker =
    args.text('worker') ?? refuseUsage('replay needs --worker VERSION: the worker version to replay on')
  const supervisor = args.text('supervisor')
  if (worker.startsWith('w1-')) {
    if (supervisor !== undefined) refuseUsage('--supervisor belongs to an engine, not to an installed version')
    return worker
  }
  const engine = isEngineName(worker) ? worker : readEngine(worker)
  if (supervisor !== undefined) return { engine, supervisor: readBytes(supervisor, '--supervisor') }
  return typeof engine === 'string' ? engine : { engine }
}

function readEngine(worker: string): Uint8Array {
  if (statSync(worker, { throwIfNoEntry: false })?.isFile() === true) return readBytes(worker, '--worker')
  return refuseUsage(
    `--worker is the id of a worker version, one of ${engineNames.join(', ')}, or a file, not ${JSON.stringify(worker)}`,
  )
}

function readBytes(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    return refuseUsage(`${option}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
