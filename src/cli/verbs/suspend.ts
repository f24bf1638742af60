/** `heirloom suspend`: suspends a vat. */
import type { SuspendResult } from '../../protocol/results.ts'
import { answerNow } from '../session/request.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const suspend: Verb = {
  name: 'suspend',
  summary: 'suspends a vat: its deliveries wait from now on',
  details:
    'The vat keeps its state. Messages to it wait in order until it is resumed or upgraded. Runs nothing; commits one block.',
  operands: [{ name: 'vat', description: 'name or id of the vat' }],
  rest: 'none',
  options: {
    reason: {
      kind: 'text',
      placeholder: 'TEXT',
      description: 'reported in the status of the vat (default: by the operator)',
    },
  },
  examples: ["heirloom suspend bank --reason 'under audit'"],
  async run(args, io) {
    const name = args.operand('vat')
    return withController(args, io, {}, async (controller) =>
      answerNow(
        controller,
        await controller.suspendVat(name, args.text('reason') ?? 'by the operator'),
        async (value) => {
          const { outcome, cause, message, since } = value as SuspendResult
          const { vat, parked } = await controller.vat(name)
          const text =
            outcome === 'suspended'
              ? `${name} is suspended: ${message}`
              : `${name} was suspended before (${cause}, since crank ${since}): ${message}`
          return { kind: 'done', json: { vat, name, outcome, cause, message, since, parked }, text }
        },
      ),
    )
  },
}
