/** `heirloom rehearse`: runs an upgrade plan on a copy of the store. */
import { closeSync, rmSync, statSync, writeFileSync } from 'node:fs'
import {
  certificateOf,
  isRehearsed,
  rehearsalPage,
  rehearse as rehearsePlan,
  type ExpectedDifference,
  type RehearsalOptions,
  type RehearsalProgress,
} from '../../rehearsal/index.ts'
import { withImported } from '../../replay/imported.ts'
import { openForAppending, refuseUsage, type ParsedArgs } from '../args/arguments.ts'
import { rehearsalJson, rehearsalText } from '../output/plans/rehearsal.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { progressLine } from '../output/replay.ts'
import { Progress } from '../output/progress.ts'
import type { Io } from '../output/io.ts'
import { readPlanFile, readTextFile } from '../session/planFile.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'

export const rehearse: Verb = {
  name: 'rehearse',
  summary: 'runs an upgrade plan on a copy of the store, and reports what it would do',
  details: [
    'Writes nothing to the store, which may be open and running. Runs the plan twice on a copy of the last block, the',
    'second time to see that nothing is done again, and audits the copy. With --interrupt and --kills it also kills a',
    'process that runs the plan; with --fast-forward the copy gets what the store has got since, and its answers are',
    'compared. The exit code is 1 if anything speaks against the plan. docs/rehearsal.md has more.',
  ].join('\n'),
  operands: [{ name: 'file', description: 'the plan, as JSON' }],
  rest: 'none',
  options: {
    export: { kind: 'text', placeholder: 'DIR', description: 'use this export instead of a store' },
    invariants: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'what must hold before the plan and after each step: a list of steps, as JSON',
    },
    interrupt: { kind: 'flag', description: 'also kill the process that runs the plan after each block, and restart it' },
    kills: { kind: 'text', placeholder: 'N', description: 'also kill it N times at a random moment (default: 0)' },
    seed: { kind: 'text', placeholder: 'N', description: 'of the random moments (default: 1)' },
    'fast-forward': {
      kind: 'flag',
      description: 'also run what the store has got since on the copy, and compare the answers',
    },
    blocks: {
      kind: 'text',
      placeholder: 'N',
      description: 'with --fast-forward: so many blocks, and wait for them (default: those that the store has)',
    },
    wait: {
      kind: 'text',
      placeholder: 'SECONDS',
      description: 'with --blocks: for so long at most (default: 60)',
    },
    expected: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'with --fast-forward: the differences that are expected, as JSON: [{ vat, method, port }]',
    },
    from: {
      kind: 'text',
      placeholder: 'COPY',
      description: 'with --fast-forward: begin with this earlier copy or export of the store',
    },
    report: { kind: 'text', placeholder: 'FILE', description: 'also write the report as a page of HTML' },
    certificate: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'also write a certificate, if nothing speaks against the plan',
    },
  },
  examples: [
    'heirloom rehearse upgrade.json',
    'heirloom rehearse upgrade.json --interrupt --report rehearsal.html',
    'heirloom rehearse upgrade.json --fast-forward --from ./backup --expected expected.json',
  ],
  async run(args, io) {
    const plan = readPlanFile(args.operand('file'))
    const invariants = args.text('invariants')
    const forward = forwardOf(args)
    const [page, certificate] = [args.text('report'), args.text('certificate')]
    if (page !== undefined) closeSync(openForAppending(page, '--report'))
    if (certificate !== undefined) closeSync(openForAppending(certificate, '--certificate'))
    const report = await onStore(args, io, (directory, onProgress) =>
      rehearsePlan({
        directory,
        plan,
        ...(invariants === undefined ? {} : { invariants: readTextFile(invariants, 'invariants') }),
        interrupt: args.flag('interrupt'),
        ...omitUndefined({ kills: args.count('kills'), seed: args.count('seed') }),
        trust: args.texts('trust'),
        ...forward,
        onProgress,
      }),
    )
    const passed = isRehearsed(report)
    if (page !== undefined) writeFileSync(page, rehearsalPage(report))
    if (certificate !== undefined && passed)
      writeFileSync(certificate, `${JSON.stringify(certificateOf(report), null, 2)}\n`)
    // It was created to see that it can be.
    if (certificate !== undefined && !passed && statSync(certificate).size === 0) rmSync(certificate)
    const wrote = [page, passed ? certificate : undefined].filter((file) => file !== undefined)
    return {
      kind: passed ? 'done' : 'rejected',
      json: rehearsalJson(report),
      text: [rehearsalText(report), ...wrote.map((file) => `wrote ${file}`)].join('\n'),
    }
  },
}

/** The directory of the store, or of an import of the export that was named. */
export async function onStore<Value>(
  args: ParsedArgs,
  io: Io,
  use: (directory: string, onProgress: (progress: RehearsalProgress) => void) => Promise<Value>,
): Promise<Value> {
  const exported = args.text('export')
  if (exported !== undefined && args.text('store') !== undefined)
    refuseUsage('--export and --store are alternatives; give only one of them')
  const line = new Progress(io)
  const onProgress = (progress: RehearsalProgress): void => line.show(lineOf(progress))
  try {
    return await (exported === undefined
      ? use(storeDirectory(args, io), onProgress)
      : withImported(exported, args.texts('trust'), (directory) => use(directory, onProgress)))
  } finally {
    line.end()
  }
}

function forwardOf(args: ParsedArgs): Pick<RehearsalOptions, 'fastForward' | 'from'> {
  const [expected, from] = [args.text('expected'), args.text('from')]
  const [blocks, wait] = [args.count('blocks'), args.count('wait')]
  if (!args.flag('fast-forward')) {
    for (const name of ['blocks', 'wait', 'expected', 'from'])
      if (args.text(name) !== undefined) refuseUsage(`--${name} belongs to --fast-forward`)
    return {}
  }
  if (args.text('export') !== undefined)
    refuseUsage('--fast-forward needs the store that goes on; --from EXPORT begins with an export')
  return {
    fastForward: omitUndefined({
      blocks,
      waitMs: wait === undefined ? undefined : wait * 1_000,
      expected: expected === undefined ? undefined : readExpectedFile(expected),
    }),
    ...omitUndefined({ from }),
  }
}

function readExpectedFile(path: string): readonly ExpectedDifference[] {
  const text = readTextFile(path, 'list of expected differences')
  try {
    return JSON.parse(text) as readonly ExpectedDifference[]
  } catch {
    return refuseUsage(`${path} is not JSON`)
  }
}

function lineOf({ part, plan, replay, sweep, forward, kills }: RehearsalProgress): string {
  if (kills !== undefined) return `${part}: ${kills.atBoundaries + kills.within} times`
  if (forward !== undefined)
    return `${part}: ${forward.blocks}${forward.of === null ? '' : ` of ${forward.of}`} blocks, ${forward.differences} differences`
  if (sweep !== undefined) return `${part} ${sweep.vat}: ${sweep.done} of ${sweep.of} rows`
  if (replay !== undefined) return `${part}: ${progressLine(replay)}`
  return plan === null ? part : `${part}: ${plan.ended} of ${plan.steps} steps`
}
