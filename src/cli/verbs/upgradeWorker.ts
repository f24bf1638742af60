/** `heirloom upgrade-worker`: moves a vat to another worker version. */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import type { WorkerUpgradeResult } from '../../host/index.ts'
import { divergencePolicies, workerModes, type OnDivergence } from '../../protocol/worker/versions.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { problemOfMove } from '../output/problem.ts'
import { formatCount, pluralize } from '../output/text/counts.ts'
import { durableText } from '../output/upgraded.ts'
import { workerTexts } from '../output/workers/workers.ts'
import { settleRequest } from '../session/request.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { toJson } from '../../api/jsonForm.ts'

export const upgradeWorker: Verb = {
  name: 'upgrade-worker',
  summary: 'moves a vat to another engine and supervisor while it lives',
  details: [
    'By replay the vat continues, with its heap and its promises: its deliveries are repeated on the other version, and',
    'must do the same there. By restart its next incarnation begins there, with the same code and parameters.',
    'A vat that cannot follow stays on its version, and the reason is reported.',
    'Runs until no work is left, then commits one block.',
  ].join('\n'),
  operands: [
    { name: 'vat', description: 'name or id of the vat' },
    { name: 'worker', description: 'the version: its label, its id or the beginning of it, or default' },
  ],
  rest: 'none',
  options: {
    mode: {
      kind: 'text',
      placeholder: 'MODE',
      values: workerModes,
      description: 'replay (the default), restart, or auto: replay if it holds, else restart',
    },
    'on-divergence': {
      kind: 'text',
      placeholder: 'POLICY',
      values: divergencePolicies,
      description:
        'what if the replay does not hold: keep (the default) its version; restart it on the other; or suspend it',
    },
  },
  examples: [
    'heirloom upgrade-worker bank newer',
    'heirloom upgrade-worker bank w1-27e7dbb2 --mode auto',
    'heirloom upgrade-worker bank newer --on-divergence suspend',
  ],
  async run(args, io) {
    const name = args.operand('vat')
    const onDivergence = args.choice('on-divergence', divergencePolicies)
    const options = omitUndefined({ mode: args.choice('mode', workerModes), onDivergence })
    return withController(args, io, {}, async (controller) => {
      const result = await controller.upgradeWorker(name, args.operand('worker'), options)
      return settleRequest(
        controller,
        result,
        async (value) => {
          const upgraded = value as WorkerUpgradeResult
          const view = await controller.vat(name)
          assert(
            view.incarnation >= upgraded.incarnationNumber,
            'the vat is in the incarnation that was moved or a later one',
          )
          return {
            kind: 'done',
            json: { vat: view.vat, name: view.name, upgraded: toJson(upgraded) },
            text: textOf(view.name, upgraded, await workerTexts(controller)),
          }
        },
        (rejection) => problemOfMove(rejection, consequences[onDivergence ?? 'keep']),
      )
    })
  },
}

/** What a refusal means for the vat. */
const consequences = {
  keep: 'The vat is unchanged and stays on its version.',
  restart: 'It could not be restarted there either. The vat is unchanged and stays on its version.',
  suspend: 'The vat stays on its version and is suspended; its messages wait for the next attempt.',
} as const satisfies Record<OnDivergence, string>

function textOf(name: string, upgraded: WorkerUpgradeResult, workerOf: (id: WorkerId) => string): string {
  const worker = workerOf(upgraded.worker)
  switch (upgraded.mode) {
    case 'none':
      return `${name} is on ${worker} already; nothing was done`
    case 'replay':
      return [
        `${name} continues as incarnation ${upgraded.incarnationNumber} on ${worker}, before on ${workerOf(upgraded.from)}`,
        `  ${pluralize(upgraded.deliveries, 'delivery', 'deliveries')} replayed identically, ${meterings[upgraded.metering]}: ${formatCount(upgraded.computrons)}`,
      ].join('\n')
    case 'durable':
      return [
        `${name} is incarnation ${upgraded.incarnationNumber} now, on ${worker}, before on ${workerOf(upgraded.from)}`,
        ...durableText(upgraded, 'new worker'),
      ].join('\n')
  }
}

const meterings = { identical: 'with the same computrons', differs: 'with other computrons than before' } as const
