/** `heirloom replay`: whether recorded histories of vats, or blocks, run the same on other code. */
import { closeSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { replayBlocks, replayVats, reportPage, type ReplayOptions, type WorkerSpecifier } from '../../replay/index.ts'
import { engineNames, isEngineName } from '../../protocol/worker/engineNames.ts'
import { openForAppending, parseCount, refuseUsage, type ParsedArgs } from '../args/arguments.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { blockProgressLine, blockReplayText } from '../output/kernel/blockReplay.ts'
import { progressLine, replayJson, replayText } from '../output/replay.ts'
import type { Report } from '../output/report.ts'
import { kernelSource, releaseWord } from '../session/kernels.ts'
import { Progress } from '../output/progress.ts'
import type { Io } from '../output/io.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'
import { toJson } from '../../api/jsonForm.ts'

export const replay: Verb = {
  name: 'replay',
  summary: 'replays vats on other workers or bundles, or blocks under another kernel',
  details: [
    'Replays everything that each vat received since its incarnation began, and compares each syscall and result',
    'with the record. Writes nothing to the store, which may be open and running. The exit code is 1 unless every',
    'vat is identical, or differs in its computrons only. docs/replay.md describes what is compared.',
    'With --kernel the recorded inputs of blocks are run again, once under the kernels that were recorded and once under',
    'this one, on private copies. The first crank that leaves something else is reported, and the exit code is 1.',
  ].join('\n'),
  operands: [],
  rest: { name: 'vat', description: 'a vat, by name or id' },
  options: {
    all: { kind: 'flag', description: 'every vat of the store' },
    worker: {
      kind: 'text',
      placeholder: 'VERSION',
      description: `an installed worker version, by id or label, an engine of this release (${engineNames.join(', ')}), or the .wasm file of an engine`,
    },
    supervisor: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'the script of the supervisor, for an engine (default: that of this release)',
    },
    kernel: {
      kind: 'text',
      placeholder: 'KERNEL',
      description: `replay blocks under this kernel: a kernel bundle, the .ts entry of its sources, the id of an installed one, or ${releaseWord}`,
    },
    from: {
      kind: 'text',
      placeholder: 'COPY',
      description: 'with --kernel: begin with this copy, fork or export of the store (default: its first block)',
    },
    blocks: {
      kind: 'text',
      placeholder: 'A..B',
      description: 'with --kernel: the blocks that the kernel runs (default: all after the beginning)',
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
    'heirloom replay --kernel release --from ../backup',
    'heirloom replay --kernel ./kernel.js --blocks 120..140',
  ],
  async run(args, io) {
    const kernel = args.text('kernel')
    if (kernel !== undefined) return replayUnder(kernel, args, io)
    for (const name of ['from', 'blocks'])
      if (args.text(name) !== undefined) refuseUsage(`--${name} belongs to --kernel`)
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

async function replayUnder(kernel: string, args: ParsedArgs, io: Io): Promise<Report> {
  for (const name of ['worker', 'supervisor', 'bundle', 'export', 'threads', 'report'])
    if (args.text(name) !== undefined) refuseUsage(`--${name} is for vats; --kernel replays blocks`)
  if (args.flag('all') || args.rest.length > 0) refuseUsage('--kernel replays blocks, not single vats')
  const progress = new Progress(io)
  const report = await replayBlocks({
    directory: storeDirectory(args, io),
    kernel: await kernelSource(kernel),
    trust: args.texts('trust'),
    rolledBack: args.flag('accept-rollback') ? 'accept' : 'refuse',
    ...omitUndefined({ base: args.text('from') }),
    ...blocksOf(args),
    onProgress: (state) => progress.show(blockProgressLine(state)),
  }).finally(() => progress.end())
  return {
    kind: report.passed ? 'done' : 'rejected',
    json: toJson(report),
    text: blockReplayText(report),
  }
}

function blocksOf(args: ParsedArgs): { readonly firstBlock?: number; readonly lastBlock?: number } {
  const text = args.text('blocks')
  if (text === undefined) return {}
  const [first = '', last = '', ...more] = text.split('..')
  if (!text.includes('..') || more.length > 0 || (first === '' && last === ''))
    refuseUsage(`--blocks is A..B, A.. or ..B, not ${JSON.stringify(text)}`)
  return omitUndefined({
    firstBlock: first === '' ? undefined : parseCount(first, '--blocks'),
    lastBlock: last === '' ? undefined : parseCount(last, '--blocks'),
  })
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
    args.text('worker') ?? refuseUsage('replay needs --worker VERSION, the worker version to replay on, or --kernel KERNEL')
  const supervisor = args.text('supervisor')
  const engine = isEngineName(worker) ? worker : engineFileOf(worker)
  // A word that is neither an engine nor a file is an id or a label, as for `upgrade-worker`.
  if (engine === undefined) {
    if (supervisor !== undefined) refuseUsage('--supervisor belongs to an engine, not to an installed version')
    return worker
  }
  if (supervisor !== undefined) return { engine, supervisor: readBytes(supervisor, '--supervisor') }
  return typeof engine === 'string' ? engine : { engine }
}

/** A label has no slash and does not end as a module does: what looks like a file must be one. */
function engineFileOf(worker: string): Uint8Array | undefined {
  const isFile = statSync(worker, { throwIfNoEntry: false })?.isFile() === true
  return isFile || worker.includes('/') || worker.endsWith('.wasm') ? readBytes(worker, '--worker') : undefined
}

function readBytes(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    return refuseUsage(`${option}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
