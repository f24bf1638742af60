/** `heirloom rollout start`: moves a set of vats to a worker version, one after the other. */
import type { RolloutOptions } from '../../../host/index.ts'
import { rolloutOrders, rolloutPolicies } from '../../../protocol/worker/rollout.ts'
import { workerModes } from '../../../protocol/worker/versions.ts'
import type { ParsedArgs } from '../../args/arguments.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { acceptNow } from '../../session/request.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'
import { reportOutcome } from './outcome.ts'

export const rolloutStart: Verb = {
  name: 'rollout start',
  summary: 'moves many vats to a worker version, one after the other',
  details: [
    'Without a selection all vats are moved that are not on the version; --vats, --pattern, --on and --bundle select those',
    'that meet all of them. Runs and commits block by block until the rollout is done, or stops at a vat; after an',
    'interruption or a kill, rollout resume continues with the next vat. With --detach the rollout is only requested:',
    'it goes on with every block that is run.',
    'The exit code is 1 when a vat did not follow.',
  ].join('\n'),
  operands: [
    { name: 'worker', description: 'the version: its label, its id or the beginning of it, or default' },
  ],
  rest: 'none',
  options: {
    vats: { kind: 'text', placeholder: 'NAMES', description: 'names or ids of vats, separated by commas' },
    pattern: {
      kind: 'text',
      placeholder: 'GLOB',
      description: 'vats whose names match; * stands for any text',
    },
    on: { kind: 'text', placeholder: 'WORKER', description: 'vats that are on this version now' },
    bundle: { kind: 'text', placeholder: 'BUNDLE', description: 'vats of this bundle, by label or id' },
    mode: {
      kind: 'text',
      placeholder: 'MODE',
      values: workerModes,
      description: 'replay (the default), restart, or auto: replay if it holds, else restart',
    },
    'on-failure': {
      kind: 'text',
      placeholder: 'POLICY',
      values: rolloutPolicies,
      description:
        'what if a vat cannot follow: keep (the default) its version; restart it on the other; suspend it; or stop the rollout there',
    },
    order: {
      kind: 'text',
      placeholder: 'ORDER',
      values: rolloutOrders,
      description:
        'one-by-one (the default), or suspend-first: all are suspended until each is moved',
    },
    'per-block': {
      kind: 'text',
      placeholder: 'N',
      description: 'begin at most so many vats in a block (default: 10)',
    },
    'per-block-computrons': {
      kind: 'text',
      placeholder: 'N',
      description: 'begin no further vat in a block after so many computrons (default: unlimited)',
    },
    detach: { kind: 'flag', description: 'only request the rollout, and commit' },
  },
  examples: [
    'heirloom rollout start newer',
    "heirloom rollout start newer --pattern 'shop-*' --per-block 5 --on-failure stop",
    'heirloom rollout start newer --on older --mode auto --detach',
  ],
  async run(args, io) {
    const options = optionsOf(args)
    return withController(args, io, {}, async (controller) => {
      const result = await controller.startRollout(args.operand('worker'), options)
      const refused = await acceptNow(controller, result)
      return refused ?? reportOutcome(controller, io, args.flag('detach') ? 'detach' : 'carry out')
    })
  },
}

function optionsOf(args: ParsedArgs): RolloutOptions {
  const pace = omitUndefined({
    vats: args.count('per-block'),
    computrons: args.computrons('per-block-computrons'),
  })
  return omitUndefined({
    vats: args.list('vats'),
    pattern: args.text('pattern'),
    worker: args.text('on'),
    bundle: args.text('bundle'),
    mode: args.choice('mode', workerModes),
    onFailure: args.choice('on-failure', rolloutPolicies),
    order: args.choice('order', rolloutOrders),
    perBlock: Object.keys(pace).length === 0 ? undefined : pace,
  })
}
