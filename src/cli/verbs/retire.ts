/** `heirloom retire`: retires code of vats that nothing needs any more. */
import { isBundleId } from '../../base/ids.ts'
import { answerNow } from '../session/request.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const retire: Verb = {
  name: 'retire',
  summary: 'retires code of vats that nothing needs any more',
  details: [
    'It is refused while vats run the code, an upgrade to it waits, or anyone has its bundle cap; the message',
    'names them. Its labels are free then, and no vat is made of it until it is installed again.',
    'Its bytes are freed by prune --bundles, once no transcript that is kept names it. Commits one block.',
  ].join('\n'),
  operands: [{ name: 'bundle', description: 'its label or its id' }],
  rest: 'none',
  options: {},
  examples: ['heirloom retire issuer-1'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      const name = args.operand('bundle')
      const bundle = isBundleId(name) ? name : await controller.bundleNamed(name)
      return answerNow(controller, await controller.retireBundle(name), async () => ({
        kind: 'done',
        json: { bundle },
        text: `${name} is retired; heirloom prune --bundles frees its bytes once no transcript names it`,
      }))
    })
  },
}
