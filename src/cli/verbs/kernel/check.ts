/** `heirloom kernel check`: whether a kernel could take over now. */
import { declaredText } from '../../output/kernel/declared.ts'
import { indent } from '../../output/text/columns.ts'
import { shortId } from '../../output/text/shortId.ts'
import { kernelNamed, releaseWord } from '../../session/kernels.ts'
import { withReader } from '../../session/session.ts'
import { plannedText } from '../../output/kernel/migration.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelCheck: Verb = {
  name: 'kernel check',
  summary: 'checks whether an installed kernel could take over now',
  details: [
    'Compares the version of the tables, the level of the interface, the wires of the worker versions, and the kinds of',
    'requests that wait, and lists the steps of the migration with the rows of each. Changes nothing.',
    'What only shows when the kernel runs, its migrations and the audit after them, is checked by the upgrade itself.',
  ].join('\n'),
  operands: [{ name: 'kernel', description: `the id of an installed kernel, the beginning of it, or ${releaseWord}` }],
  rest: 'none',
  options: {},
  examples: ['heirloom kernel check release', 'heirloom kernel check b1-66479432da15'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const named = await kernelNamed(controller, args.operand('kernel'))
      const { flaws, migration, ...view } = await controller.checkKernel(named)
      const { id, use, workerWires } = view
      const about = declaredText(view)
      const verdict =
        use === 'in-place' ? 'is in place' : flaws.length === 0 ? 'could take over' : 'cannot take over'
      return {
        kind: flaws.length === 0 ? 'done' : 'rejected',
        json: {
          ...view,
          workerWires: [...workerWires],
          migration: migration.map((step) => ({ ...step })),
          flaws: flaws.map(({ names, ...flaw }) => ({ ...flaw, names: [...names] })),
        },
        text: [
          `${shortId(id)} ${verdict}: ${about}`,
          ...flaws.map(({ code, message }) => indent(`${code}: ${message}`)),
          ...migration.map((step) => indent(plannedText(step))),
        ].join('\n'),
      }
    })
  },
}
