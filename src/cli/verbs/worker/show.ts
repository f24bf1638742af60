/** `heirloom worker show`: shows one worker version, and the vats on it. */
import { assert } from '../../../base/errors.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { engineNamer, installedText, type NamedWorker } from '../../output/workers/workers.ts'
import { toJson } from '../../../api/jsonForm.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const workerShow: Verb = {
  name: 'worker show',
  summary: 'shows a worker version, and which vats run on it',
  details: 'Names of vats are listed in the order in which the vats were created.',
  operands: [
    { name: 'worker', description: 'its label, its id or the beginning of it, or default' },
  ],
  rest: 'none',
  options: {},
  examples: ['heirloom worker show default', 'heirloom worker show w1-27e7dbb2'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const view = (await engineNamer())(await controller.worker(args.operand('worker')))
      const names = (await controller.vats())
        .filter(({ worker, status }) => worker === view.id && status.kind !== 'terminated')
        .map(({ name }) => name)
      assert(names.length === view.vats, 'a version knows how many vats run on it')
      return { kind: 'done', json: toJson({ ...view, names }), text: textOf(view, names) }
    })
  },
}

function textOf(view: NamedWorker, names: readonly string[]): string {
  const { id, note, engine, engineName, supervisor, image, use } = view
  return columns([
    ['worker', id],
    ['label', note?.label ?? '-'],
    ['engine', engineName === null ? engine : `${engineName}, ${engine}`],
    ['supervisor', supervisor],
    ['image', image],
    ['use', use],
    ['installed', installedText(view)],
    ['vats', [formatCount(names.length), ...(names.length === 0 ? [] : [names.join(', ')])].join(': ')],
  ])
}
