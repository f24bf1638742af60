/** `heirloom reinitialize`: brings a store up to the installed release. */
import type { Controller, ReinitializeReport } from '../../host/index.ts'
import { reinitializeOpen } from '../../host/reinitialize.ts'
import { assert } from '../../base/errors.ts'
import { columns } from '../output/text/columns.ts'
import { shortId } from '../output/text/shortId.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { toJson } from '../../api/jsonForm.ts'

export const reinitialize: Verb = {
  name: 'reinitialize',
  summary: 'brings the store up to the installed release',
  details: [
    'After another release was installed: puts its kernel in place, and makes its supervisor with its default engine the',
    'version on which new vats and next incarnations start. Vats stay on their worker versions: see rollout start.',
    'Does nothing where the store has both already. A store of a newer release is refused, with what it needs.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom reinitialize', 'heirloom reinitialize --json'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      const report = await reinitializeOpen(controller)
      const changes = await changesOf(controller, report)
      const isDone = changes.some(({ from, to }) => from !== to)
      return {
        kind: 'done',
        json: {
          change: isDone ? 'upgraded' : 'none',
          ...Object.fromEntries(changes.map(({ part, from, to }) => [part, { from, to }])),
          upgrade: upgradeJson(report),
        },
        text: isDone
          ? columns([
              ['PART', 'BEFORE', 'NOW'],
              ...changes.map(({ part, from, to }) => [part, shortId(from), from === to ? 'the same' : shortId(to)]),
            ])
          : 'the store has the kernel and the worker of this release; nothing was done',
      }
    })
  },
}

interface Change {
  readonly part: 'kernel' | 'supervisor' | 'worker'
  readonly from: string
  readonly to: string
}

async function changesOf(
  controller: Controller,
  { kernel, worker, workerBefore }: ReinitializeReport,
): Promise<readonly Change[]> {
  const { kernel: inPlace } = await controller.storeStatus()
  const workers = await controller.workers()
  const supervisorOf = (id: string): string => {
    const view = workers.find((each) => each.id === id)
    assert(view !== undefined, 'a default worker version is installed')
    return view.supervisor
  }
  return [
    { part: 'kernel', from: kernel?.from ?? inPlace, to: inPlace },
    { part: 'supervisor', from: supervisorOf(workerBefore), to: supervisorOf(worker) },
    { part: 'worker', from: workerBefore, to: worker },
  ]
}

const upgradeJson = ({ kernel }: ReinitializeReport) =>
  kernel === null ? null : { block: kernel.block, migrated: toJson(kernel.migrated), pauseMs: kernel.pauseMs }
