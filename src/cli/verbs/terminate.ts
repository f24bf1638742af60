/** `heirloom terminate`: terminates a vat. */
import type { TerminateResult } from '../../protocol/results.ts'
import { answerNow } from '../session/request.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const terminate: Verb = {
  name: 'terminate',
  summary: 'terminates a vat permanently',
  details: [
    'Messages to its objects are rejected from now on, and its name is free. Its remains are cleaned up in steps',
    'by later runs, when no other work is left. Runs nothing; commits one block. This cannot be undone.',
  ].join('\n'),
  operands: [{ name: 'vat', description: 'name or id of the vat' }],
  rest: 'none',
  options: {
    reason: {
      kind: 'text',
      placeholder: 'TEXT',
      description: 'reported to those who wait for its end (default: by the operator)',
    },
  },
  examples: ["heirloom terminate bank --reason 'the bank is closed'"],
  async run(args, io) {
    const name = args.operand('vat')
    return withController(args, io, {}, async (controller) => {
      const { vat } = await controller.vat(name)
      return answerNow(
        controller,
        await controller.terminateVat(name, args.text('reason') ?? 'by the operator'),
        async (value) => {
          const { outcome } = value as TerminateResult
          const { cleanups } = await controller.storeStatus()
          const rest = cleanups === 0 ? 'all of it is removed' : 'the next runs clean up after it'
          const text =
            outcome === 'terminated'
              ? `${name} is terminated; ${rest}`
              : `${name} was terminated before; ${rest}`
          return { kind: 'done', json: { vat, outcome, cleanups }, text }
        },
      )
    })
  },
}
