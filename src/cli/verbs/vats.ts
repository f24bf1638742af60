/** `heirloom vats`: lists the vats. */
import { assert } from '../../base/errors.ts'
import type { VatStatus, VatView } from '../../protocol/kernel/views.ts'
import { columns } from '../output/text/columns.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const vats: Verb = {
  name: 'vats',
  summary: 'lists the vats',
  details: 'Ids of bundles and worker versions are abbreviated; --json has them in full.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom vats'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const views = await controller.vats()
      assert(new Set(views.map(({ vat }) => vat)).size === views.length, 'every vat is listed once')
      return { kind: 'done', json: views.map(jsonOf), text: views.length === 0 ? 'no vats' : tableOf(views) }
    })
  },
}

const jsonOf = ({ status, storage, cleanup, ...view }: VatView) => ({
  ...view,
  status: { ...status },
  storage: storage === null ? null : { ...storage },
  cleanup: cleanup === null ? null : { ...cleanup },
})

const tableOf = (views: readonly VatView[]): string =>
  columns([
    ['VAT', 'NAME', 'INCARNATION', 'STATUS', 'PARKED', 'BUNDLE', 'WORKER', 'ROOT'],
    ...views.map(rowOf),
  ])

const rowOf = ({
  vat,
  name,
  incarnation,
  status,
  parked,
  bundle,
  worker,
  root,
}: VatView): readonly string[] => [
  vat,
  name,
  String(incarnation),
  statusText(status),
  String(parked),
  shortId(bundle),
  shortId(worker),
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

/** A prefix of a hash, long enough to distinguish. */
const shortId = (id: string): string => id.slice(0, 'b1-'.length + 12)
