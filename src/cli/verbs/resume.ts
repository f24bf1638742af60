/** `heirloom resume`: resumes a suspended vat. */
import { assert } from '../../base/errors.ts'
import type { ResumeResult } from '../../protocol/results.ts'
import { pluralize } from '../output/text/counts.ts'
import { answerNow } from '../session/request.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const resume: Verb = {
  name: 'resume',
  summary: 'resumes a suspended vat, beginning with its waiting deliveries',
  details:
    'The next `heirloom run` begins with the waiting deliveries, in order. Runs nothing; commits one block.',
  operands: [{ name: 'vat', description: 'name or id of the vat' }],
  rest: 'none',
  options: {},
  examples: ['heirloom resume bank'],
  async run(args, io) {
    const name = args.operand('vat')
    return withController(args, io, {}, async (controller) =>
      answerNow(controller, await controller.resumeVat(name), async (value) => {
        const { outcome, released } = value as ResumeResult
        assert(released >= 0, 'a count of deliveries is not negative')
        const { vat } = await controller.vat(name)
        const text =
          outcome === 'was-running'
            ? `${name} was running`
            : `${name} is running; ${pluralize(released, 'delivery', 'deliveries')} waited and ${released === 1 ? 'comes' : 'come'} first`
        return { kind: 'done', json: { vat, name, outcome, released }, text }
      }),
    )
  },
}
