/** `heirloom worker list`: lists the installed worker versions. */
import { assert } from '../../../base/errors.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { shortId } from '../../output/text/shortId.ts'
import { engineNamer, installedText, type NamedWorker } from '../../output/workers/workers.ts'
import { toJson } from '../../../api/jsonForm.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const workerList: Verb = {
  name: 'worker list',
  summary: 'lists the installed worker versions, oldest first',
  details: [
    'A worker version is an engine with a supervisor; every vat runs on one. An engine of this release has its name.',
    'Ids are abbreviated; --json has them in full.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom worker list', 'heirloom worker list --json'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const views = (await controller.workers()).map(await engineNamer())
      assert(views.length > 0, 'a store has a worker version')
      return { kind: 'done', json: toJson(views), text: tableOf(views) }
    })
  },
}

const tableOf = (views: readonly NamedWorker[]): string =>
  columns([['ID', 'LABEL', 'ENGINE', 'SUPERVISOR', 'USE', 'VATS', 'INSTALLED'], ...views.map(rowOf)])

function rowOf(view: NamedWorker): readonly string[] {
  const { id, note, engine, engineName, supervisor, use, vats } = view
  return [
    shortId(id),
    note?.label ?? '-',
    engineName ?? shortId(engine),
    shortId(supervisor),
    use,
    formatCount(vats),
    installedText(view),
  ]
}
