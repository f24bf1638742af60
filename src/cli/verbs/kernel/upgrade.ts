/** `heirloom kernel upgrade`: puts another kernel in place. */
import type { Controller } from '../../../host/index.ts'
import { kernelBytes } from '../../../release/release.ts'
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
  ].join('\n'),
  operands: [
    {
      name: 'kernel',
      description: `the id of an installed kernel or the beginning of it, or ${releaseWord}: installs that of this release first`,
    },
  ],
  rest: 'none',
  options: {},
  examples: ['heirloom kernel upgrade release', 'heirloom kernel upgrade b1-66479432da15'],
  async run(args, io) {
    const word = args.operand('kernel')
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
      const { from, to, block, migrated, pauseMs } = await controller.upgradeKernel(id)
      if (waited > 0) await controller.commit()
      const rows = migrated.reduce((sum, { changed }) => sum + changed, 0)
      return {
        kind: 'done',
        json: { from, to, change: 'upgraded', block, migrated: toJson(migrated), pauseMs, wasFaulted, waited },
        text: [
          `${shortId(to)} is in place since block ${formatCount(block)}, before it ${shortId(from)}`,
          `  ${pluralize(rows, 'row')} migrated; no call was served for ${formatCount(Math.ceil(pauseMs))} ms`,
          ...(wasFaulted
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
