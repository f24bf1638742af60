import type { ResumeResult } from '../../protocol/results.ts'
import { counted } from '../output/readable.ts'
import { answerNow } from '../session/request.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const resume: Verb = {
  name: 'resume',
  summary: 'resumes a suspended vat, beginning with its waiting deliveries',
  explains:
    'The next `heirloom run` begins with the waiting deliveries, in order. Runs nothing; commits one block.',
  operands: [{ name: 'vat', explains: 'name or id of the vat' }],
  rest: 'none',
  options: {},
  examples: ['heirloom resume bank'],
  async run(words, io) {
    const name = words.operand('vat')
    return withController(words, io, {}, async (controller) =>
      answerNow(controller, await controller.resumeVat(name), async (value) => {
        const { outcome, released } = value as ResumeResult
        const { vat } = await controller.vat(name)
        const text =
          outcome === 'was-running'
            ? `${name} was running`
            : `${name} is running; ${counted(released, 'delivery', 'deliveries')} waited and ${released === 1 ? 'comes' : 'come'} first`
        return { kind: 'done', json: { vat, name, outcome, released }, text }
      }),
    )
  },
}
