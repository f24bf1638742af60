/** `heirloom kernel list`: lists the kernels in the store. */
import { releasedIds } from '../../../release/release.ts'
import { columns } from '../../output/text/columns.ts'
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
      const views = kernels.map((view) => ({ ...view, isReleased: view.id === released }))
      return {
        kind: 'done',
        json: views,
        text: columns([
          ['ID', 'USE', 'INTERFACE', 'TABLES', 'FROM'],
          ...views.map(({ id, use, interfaceLevel, tablesVersion, isReleased }) => [
            shortId(id),
            use,
            formatCount(interfaceLevel),
            formatCount(tablesVersion),
            isReleased ? 'this release' : 'elsewhere',
          ]),
        ]),
      }
    })
  },
}
