/** `heirloom kernel list`: lists the kernels in the store. */
import { releasedIds } from '../../../release/release.ts'
import { columns } from '../../output/text/columns.ts'
import { tablesText } from '../../output/kernel/declared.ts'
import { wireList } from '../../../protocol/kernel/workerWires.ts'
import { formatCount } from '../../output/text/counts.ts'
import { shortId } from '../../output/text/shortId.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelList: Verb = {
  name: 'kernel list',
  summary: 'lists the kernels in the store',
  details: 'One is in place, the others are installed. Ids are abbreviated; --json has them in full.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom kernel list'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const { kernel: released } = await releasedIds()
      const kernels = await controller.kernels()
      const views = kernels.map((view) => ({
        ...view,
        workerWires: [...view.workerWires],
        isReleased: view.id === released,
      }))
      return {
        kind: 'done',
        json: views,
        text: columns([
          ['ID', 'USE', 'VERSION', 'INTERFACE', 'TABLES', 'WIRES', 'FROM'],
          ...views.map((view) => [
            shortId(view.id),
            view.use,
            view.version ?? '-',
            formatCount(view.interfaceLevel),
            tablesText(view),
            wireList(view.workerWires),
            view.isReleased ? 'this release' : 'elsewhere',
          ]),
        ]),
      }
    })
  },
}
