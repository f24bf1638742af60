/** `heirloom worker default`: makes a worker version the one on which new vats start. */
import { workerText } from '../../output/workers/workers.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const workerDefault: Verb = {
  name: 'worker default',
  summary: 'makes a version the one on which new vats start',
  details: [
    'New vats start on it, and so do the next incarnations of all vats, when their code is upgraded. No vat moves to it',
    'by that: see upgrade-worker and rollout start. Commits one block.',
  ].join('\n'),
  operands: [{ name: 'worker', description: 'its label, its id or the beginning of it' }],
  rest: 'none',
  options: {},
  examples: ['heirloom worker default newer'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      const { id, note, use } = await controller.worker(args.operand('worker'))
      const label = note?.label ?? null
      if (use !== 'default') {
        await controller.useWorker(id)
        await controller.commit()
      }
      const change = use === 'default' ? 'same' : 'new'
      const text = `${workerText(id, label)} is ${change === 'same' ? 'already the default' : 'the default now'}`
      return { kind: 'done', json: { worker: id, label, change }, text }
    })
  },
}
