/** `heirloom vats`: lists the vats. */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import type { VatStatus, VatView } from '../../protocol/kernel/views.ts'
import { columns } from '../output/text/columns.ts'
import { shortId } from '../output/text/shortId.ts'
import { workerTexts } from '../output/workers/workers.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const vats: Verb = {
  name: 'vats',
  summary: 'lists the vats',
  details: 'Ids of bundles and worker versions are abbreviated; a version with a label has it. --json has ids in full.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom vats'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const views = await controller.vats()
      assert(new Set(views.map(({ vat }) => vat)).size === views.length, 'every vat is listed once')
      const text = views.length === 0 ? 'no vats' : tableOf(views, await workerTexts(controller))
      return { kind: 'done', json: views.map(jsonOf), text }
    })
  },
}

const jsonOf = ({ status, storage, cleanup, ...view }: VatView) => ({
  ...view,
  status: { ...status },
  storage: storage === null ? null : { ...storage },
  cleanup: cleanup === null ? null : { ...cleanup },
})

type TextOf = (worker: WorkerId) => string

const tableOf = (views: readonly VatView[], textOf: TextOf): string =>
  columns([
    ['VAT', 'NAME', 'INCARNATION', 'STATUS', 'PARKED', 'BUNDLE', 'WORKER', 'ROOT'],
    ...views.map((view) => rowOf(view, textOf)),
  ])

const rowOf = (
  { vat, name, incarnation, status, parked, bundle, worker, root }: VatView,
  textOf: TextOf,
): readonly string[] => [
  vat,
  name,
  String(incarnation),
  statusText(status),
  String(parked),
  shortId(bundle),
  textOf(worker),
  root,
]

function statusText(status: VatStatus): string {
  switch (status.kind) {
    case 'suspended':
      return `suspended (${status.cause}${status.since === null ? '' : `, since crank ${status.since}`})`
    case 'terminated':
      return `terminated (${status.end})`
    default:
      return status.kind
  }
}
