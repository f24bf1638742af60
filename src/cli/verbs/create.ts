/** `heirloom create`: creates and starts a vat. */
import { assert } from '../../base/errors.ts'
import { faultPolicies, importances } from '../../protocol/results.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { settleRequest } from '../session/request.ts'
import { withController } from '../session/session.ts'
import { evaluateTemplate } from '../session/lookup.ts'
import type { Verb } from '../session/verb.ts'

export const create: Verb = {
  name: 'create',
  summary: 'creates and starts a vat',
  details: 'Runs until no work is left, then commits one block. If the vat does not start, nothing is kept.',
  operands: [
    { name: 'vat', description: 'a name for the vat: letters, digits, dots, dashes, underscores' },
    { name: 'bundle', description: 'the label or the id of an installed bundle' },
  ],
  rest: 'none',
  options: {
    parameters: { kind: 'text', placeholder: 'VALUE', description: 'the second argument of buildRootObject' },
    computrons: {
      kind: 'text',
      placeholder: 'N',
      description: "computron limit per delivery (default: the store's)",
    },
    'heap-limit': {
      kind: 'text',
      placeholder: 'BYTES',
      description: "memory limit of the vat (default: the store's)",
    },
    'storage-limit': {
      kind: 'text',
      placeholder: 'N',
      description: "storage limit of the vat, in code units (default: the store's)",
    },
    'on-fault': {
      kind: 'text',
      placeholder: 'HOW',
      values: faultPolicies,
      description: "when a delivery fails by the vat's fault: reject, suspend or terminate (default: reject)",
    },
    importance: {
      kind: 'text',
      placeholder: 'HOW',
      values: importances,
      description: 'ordinary or critical: a fault of a critical vat pauses the kernel (default: ordinary)',
    },
  },
  examples: [
    `heirloom create bank issuer --parameters '{"currency":"moola","supply":1000n,"oracle":@oracle}'`,
  ],
  async run(args, io) {
    const name = args.operand('vat')
    const template = args.value('parameters')
    const limits = omitUndefined({
      computronsPerDelivery: args.computrons('computrons'),
      heapLimitBytes: args.count('heap-limit'),
      storageLimit: args.count('storage-limit'),
      onFault: args.choice('on-fault', faultPolicies),
      importance: args.choice('importance', importances),
    })
    return withController(args, io, {}, async (controller) => {
      const parameters = template === undefined ? undefined : await evaluateTemplate(controller, template)
      const result = await controller.createVat(name, args.operand('bundle'), { ...limits, parameters })
      return settleRequest(controller, result, async () => {
        const { vat, incarnation, bundle, root } = await controller.vat(name)
        assert(incarnation === 0, 'a new vat is in its first incarnation')
        return {
          kind: 'done',
          json: { vat, name, incarnation, bundle, root },
          text: `${name} is vat ${vat}, incarnation ${incarnation}`,
        }
      })
    })
  },
}
