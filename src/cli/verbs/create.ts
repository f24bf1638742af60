import { faultPolicies, importances } from '../../protocol/results.ts'
import { given } from '../args/omitUndefined.ts'
import { settleRequest } from '../session/request.ts'
import { valueOf, withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const create: Verb = {
  name: 'create',
  summary: 'creates and starts a vat',
  explains: 'Runs until no work is left, then commits one block. If the vat does not start, nothing is kept.',
  operands: [
    { name: 'vat', explains: 'a name for the vat: letters, digits, dots, dashes, underscores' },
    { name: 'bundle', explains: 'the label or the id of an installed bundle' },
  ],
  rest: 'none',
  options: {
    parameters: { kind: 'text', takes: 'VALUE', explains: 'the second argument of buildRootObject' },
    computrons: { kind: 'text', takes: 'N', explains: "computron limit per delivery (default: the store's)" },
    'heap-limit': {
      kind: 'text',
      takes: 'BYTES',
      explains: "memory limit of the vat (default: the store's)",
    },
    'storage-limit': {
      kind: 'text',
      takes: 'N',
      explains: "storage limit of the vat, in code units (default: the store's)",
    },
    'on-fault': {
      kind: 'text',
      takes: 'HOW',
      explains: "when a delivery fails by the vat's fault: reject, suspend or terminate (default: reject)",
    },
    importance: {
      kind: 'text',
      takes: 'HOW',
      explains: 'ordinary or critical: a fault of a critical vat pauses the kernel (default: ordinary)',
    },
  },
  examples: [
    `heirloom create bank issuer --parameters '{"currency":"moola","supply":1000n,"oracle":@oracle}'`,
  ],
  async run(words, io) {
    const name = words.operand('vat')
    const draft = words.value('parameters')
    const limits = given({
      computronsPerDelivery: words.computrons('computrons'),
      heapLimitBytes: words.count('heap-limit'),
      storageLimit: words.count('storage-limit'),
      onFault: words.choice('on-fault', faultPolicies),
      importance: words.choice('importance', importances),
    })
    return withController(words, io, {}, async (controller) => {
      const parameters = draft === undefined ? undefined : await valueOf(controller, draft)
      const result = await controller.createVat(name, words.operand('bundle'), { ...limits, parameters })
      return settleRequest(controller, result, async () => {
        const { vat, incarnation, bundle, root } = await controller.vat(name)
        return {
          kind: 'done',
          json: { vat, name, incarnation, bundle, root },
          text: `${name} is vat ${vat}, incarnation ${incarnation}`,
        }
      })
    })
  },
}
