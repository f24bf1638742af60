/** `heirloom kernel upgrade`: puts another kernel in place. */
import type { Controller } from '../../../host/index.ts'
import { kernelBytes } from '../../../release/release.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { migrationJson, progressText } from '../../output/kernel/migration.ts'
import { toJson } from '../../../api/jsonForm.ts'
import { formatCount, pluralize } from '../../output/text/counts.ts'
import { shortId } from '../../output/text/shortId.ts'
import { installKernel, kernelNamed, releaseWord } from '../../session/kernels.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelUpgrade: Verb = {
  name: 'kernel upgrade',
  summary: 'puts an installed kernel in the place of the present one',
  details: [
    'All vats live on as they are. The new kernel brings its tables up to date and is audited; when either fails, the old',
    'kernel is in its place as before. Ends a fault of the kernel: what waited is accepted, and a later `heirloom run`',
    'continues. Commits the upgrade as a block of its own.',
    'If the new kernel fails on trial, the store goes back to the old one, and what was accepted since is done again. In a',
    'probation, what the new kernel sends or answers is withheld until it is over.',
  ].join('\n'),
  operands: [
    {
      name: 'kernel',
      description: `the id of an installed kernel or the beginning of it, or ${releaseWord}: installs that of this release first`,
    },
  ],
  rest: 'none',
  options: {
    'rows-per-block': {
      kind: 'text',
      placeholder: 'N',
      description: 'migrate at most so many rows in a block; `heirloom run` does the next blocks (default: all in one)',
    },
    probation: {
      kind: 'text',
      placeholder: 'CRANKS',
      description: 'how many cranks the new kernel is on trial (default: until the next block)',
    },
  },
  examples: [
    'heirloom kernel upgrade release',
    'heirloom kernel upgrade b1-66479432da15 --probation 1_000',
    'heirloom kernel upgrade b1-66479432da15 --rows-per-block 100_000',
  ],
  async run(args, io) {
    const word = args.operand('kernel')
    const rowsPerBlock = args.count('rows-per-block')
    const cranks = args.count('probation')
    return withController(args, io, {}, async (controller) => {
      const id = await idOf(controller, word)
      const { kernel } = await controller.storeStatus()
      if (id === kernel)
        return {
          kind: 'done',
          json: { from: id, to: id, change: 'none' },
          text: `${shortId(id)} is in place already; nothing was done`,
        }
      const wasFaulted = (await controller.fault()) !== undefined
      const waited = (await controller.waitingItems()).length
      const report = await controller.upgradeKernel(id, {
        ...omitUndefined({ rowsPerBlock }),
        ...(cranks === undefined ? {} : { probation: { cranks } }),
      })
      const { from, to, block, migrated, migration, pauseMs } = report
      const rows = migrated.reduce((sum, { changed }) => sum + changed, 0)
      return {
        kind: 'done',
        json: {
          from,
          to,
          change: migration === null ? 'upgraded' : 'begun',
          block,
          migrated: toJson(migrated),
          migration: migration === null ? null : migrationJson(migration),
          pauseMs,
          wasFaulted,
          waited,
          probation: cranks ?? null,
        },
        text: [
          `${shortId(to)} is in place since block ${formatCount(block)}, before it ${shortId(from)}`,
          `  ${pluralize(rows, 'row')} migrated; no call was served for ${formatCount(Math.ceil(pauseMs))} ms`,
          ...(migration === null ? [] : [`  ${progressText(migration)} (\`heirloom run\` continues)`]),
          ...(cranks === undefined ? [] : [`  it is on probation for ${pluralize(cranks, 'crank')}`]),
          ...(wasFaulted && migration === null
            ? [`  the fault is over; ${pluralize(waited, 'item')} waited (\`heirloom run\` continues)`]
            : []),
        ].join('\n'),
      }
    })
  },
}

const idOf = async (controller: Controller, word: string): Promise<string> =>
  word === releaseWord
    ? (await installKernel(controller, await kernelBytes())).id
    : kernelNamed(controller, word)
