/** `heirloom rehearse`: runs an upgrade plan on a copy of the store. */
import { closeSync, writeFileSync } from 'node:fs'
import {
  certificateOf,
  isRehearsed,
  rehearsalPage,
  rehearse as rehearsePlan,
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
    'process that runs the plan. The exit code is 1 if anything speaks against the plan. docs/rehearsal.md has more.',
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
    report: { kind: 'text', placeholder: 'FILE', description: 'also write the report as a page of HTML' },
    certificate: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'also write a certificate, if nothing speaks against the plan',
    },
  },
  examples: ['heirloom rehearse upgrade.json', 'heirloom rehearse upgrade.json --interrupt --report rehearsal.html'],
  async run(args, io) {
    const plan = readPlanFile(args.operand('file'))
    const invariants = args.text('invariants')
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
        onProgress,
      }),
    )
    const passed = isRehearsed(report)
    if (page !== undefined) writeFileSync(page, rehearsalPage(report))
    if (certificate !== undefined && passed)
      writeFileSync(certificate, `${JSON.stringify(certificateOf(report), null, 2)}\n`)
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

function lineOf({ part, plan, replay, sweep, kills }: RehearsalProgress): string {
  if (kills !== undefined) return `${part}: ${kills.atBoundaries + kills.within} times`
  if (sweep !== undefined) return `${part} ${sweep.vat}: ${sweep.done} of ${sweep.of} rows`
  if (replay !== undefined) return `${part}: ${progressLine(replay)}`
  return plan === null ? part : `${part}: ${plan.ended} of ${plan.steps} steps`
}
