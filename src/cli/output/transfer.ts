/** Output shared by `export` and `import`. */
import { refuseUsage, type ParsedArgs } from '../args/arguments.ts'
import { formatCount } from './text/counts.ts'
import type { TransferReport } from '../../host/index.ts'
import { indent, columns } from './text/columns.ts'

/** Both name their directories, so a store option would be ambiguous. */
export function refuseStoreOption(args: ParsedArgs, verb: string): void {
  if (args.text('store') !== undefined)
    refuseUsage(`${verb} takes the directory of the store as an operand, not as --store`)
}

export const megabytes = (bytes: number): string => `${formatCount(Math.ceil(bytes / 1_000_000))} MB`

export const transferJson = ({ mode, height, activityHash, rootHash, artifacts, bytes }: TransferReport) => ({
  mode,
  height,
  activityHash,
  rootHash,
  artifacts,
  bytes,
})

export const transferText = ({
  mode,
  height,
  activityHash,
  rootHash,
  artifacts,
  bytes,
}: TransferReport): string =>
  indent(
    columns([
      ['mode', mode],
      ['height', formatCount(height)],
      ['activity hash', activityHash],
      ['root hash', rootHash],
      ['files', `${formatCount(artifacts)}, ${formatCount(bytes)} bytes`],
    ]),
  )
