/** `heirloom kernel install`: installs a kernel, to be put in place later. */
import { formatCount } from '../../output/text/counts.ts'
import type { Report } from '../../output/report.ts'
import { installKernel, isBroken, readKernel, releaseWord } from '../../session/kernels.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelInstall: Verb = {
  name: 'kernel install',
  summary: 'installs a kernel, to be put in place later',
  details: [
    'The kernel that runs stays in place; see kernel check and kernel upgrade. The store trusts the installed kernel from',
    'then on: install only kernels whose author you know. Commits one block.',
  ].join('\n'),
  operands: [{ name: 'file', description: `a kernel bundle, or ${releaseWord}: the kernel of this release` }],
  rest: 'none',
  options: {},
  examples: ['heirloom kernel install release', 'heirloom kernel install kernel.js'],
  async run(args, io) {
    const source = args.operand('file')
    const bytes = await readKernel(source)
    return withController(args, io, {}, async (controller): Promise<Report> => {
      try {
        const { id, size, change } = await installKernel(controller, bytes)
        if (change === 'new') await controller.commit()
        const text = change === 'new' ? 'is installed' : 'was installed before'
        return {
          kind: 'done',
          json: { kernel: id, bytes: size, change },
          text: `${id} ${text} (${formatCount(size)} bytes)`,
        }
      } catch (error) {
        if (!isBroken(error)) throw error
        return notAKernel(source, error.message)
      }
    })
  },
}

/** The hint of the code is about a store that was opened. */
const notAKernel = (source: string, why: string): Report => ({
  kind: 'refused',
  problem: {
    exit: 'store',
    code: 'kernel/broken-bundle',
    message: `${source} is not a kernel: ${why}`,
    hint: 'Nothing was installed. A kernel is a script as `kernelBytes` of a release is.',
    notes: [],
    detail: { source },
  },
})
