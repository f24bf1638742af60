/** `heirloom kernel build`: bundles a kernel from its sources, into a file. */
import { writeFileSync } from 'node:fs'
import { bundleKernel } from '../../../host/index.ts'
import { refuseUsage } from '../../args/arguments.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { formatCount, pluralize } from '../../output/text/counts.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelBuild: Verb = {
  name: 'kernel build',
  summary: 'bundles a kernel from its sources, into a file',
  details: [
    'The same sources result in the same file, wherever they are. Without an entry: the kernel of this release, from its',
    'sources in a working tree; an installed package has no sources of it, and writes the kernel that it contains.',
    'No store is needed. The file is for kernel install.',
  ].join('\n'),
  operands: [],
  rest: { name: 'entry', description: 'a TypeScript or JavaScript file that exports makeKernel; at most one' },
  options: {
    to: { kind: 'text', placeholder: 'FILE', description: 'the file to write; it must not exist' },
    root: {
      kind: 'text',
      placeholder: 'DIR',
      description:
        "sources may import files below this directory by path (default: the directory of the entry's package.json)",
    },
  },
  examples: ['heirloom kernel build --to kernel.js', 'heirloom kernel build my-kernel/main.ts --to kernel.js'],
  async run(args) {
    const to = args.text('to')
    if (to === undefined) return refuseUsage('kernel build needs --to FILE')
    const [entry, more] = args.rest
    if (more !== undefined) return refuseUsage(`kernel build takes one entry, and ${more} is another`)
    const { id, bytes, inputs, from } = await bundleKernel(entry, omitUndefined({ root: args.text('root') }))
    try {
      writeFileSync(to, bytes, { flag: 'wx' })
    } catch (error) {
      return refuseUsage(`${to} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
    const origin = from === 'sources' ? `from ${pluralize(inputs.length, 'file')}` : 'from this package'
    return {
      kind: 'done',
      json: { kernel: id, bytes: bytes.byteLength, from, file: to, inputs: [...inputs] },
      text: `${id} (${formatCount(bytes.byteLength)} bytes ${origin}) is in ${to}`,
    }
  },
}
