/** Retention settings, as options of a command and as text. */
import { parseKept, type KeptTranscripts, type Retention } from '../../protocol/store/retention.ts'
import type { Json } from '../../api/jsonForm.ts'
import { formatCount } from './text/counts.ts'
import { parseCount, refuseUsage, type ParsedArgs } from '../args/arguments.ts'

export const retentionOptions = {
  transcripts: {
    kind: 'text',
    placeholder: 'WHAT',
    description: 'which transcript entries are kept: all, incarnation, restart, or blocks:N',
  },
  blocks: {
    kind: 'text',
    placeholder: 'N',
    description: 'how many of the last blocks keep their record, or all',
  },
  inputs: {
    kind: 'text',
    placeholder: 'N',
    description: 'of how many of the last blocks the inputs are kept, or all',
  },
} as const

/** The settings of the two options; absent ones stay as they are. */
export function parseRetention(args: ParsedArgs): Partial<Retention> {
  const [transcripts, blocks] = [args.text('transcripts'), args.text('blocks')]
  const inputs = args.text('inputs')
  return {
    ...(transcripts === undefined
      ? {}
      : {
          transcripts:
            parseKept(transcripts) ??
            refuseUsage(
              `--transcripts is all, incarnation, restart or blocks:N, not ${JSON.stringify(transcripts)}`,
            ),
        }),
    ...(blocks === undefined
      ? {}
      : { blocks: blocks === 'all' ? blocks : atLeastTwo(parseCount(blocks, '--blocks')) }),
    ...(inputs === undefined ? {} : { inputs: inputs === 'all' ? inputs : parseCount(inputs, '--inputs') }),
  }
}

const atLeastTwo = (blocks: number): number =>
  blocks >= 2 ? blocks : refuseUsage('--blocks is at least 2, or all')

type RetentionJson = { readonly [key: string]: Json }

export const retentionJson = ({ transcripts, blocks, inputs }: Retention): RetentionJson => ({
  transcripts: typeof transcripts === 'string' ? transcripts : { blocks: transcripts.blocks },
  blocks,
  inputs,
})

export function transcriptsText(kept: KeptTranscripts): string {
  switch (kept) {
    case 'all':
      return 'all'
    case 'incarnation':
      return 'of each vat those of its current incarnation'
    case 'restart':
      return 'of each vat those since its last snapshot'
    default:
      return `those of the last ${formatCount(kept.blocks)} blocks, and of each vat those since its last snapshot`
  }
}

export const blocksText = (blocks: Retention['blocks']): string =>
  blocks === 'all' ? 'all' : `the last ${formatCount(blocks)}`

export const inputsText = (inputs: Retention['inputs']): string =>
  inputs === 'all' ? 'all' : `those of the last ${formatCount(inputs)} blocks`

/** What becomes impossible under this retention, one line each. */
export function consequences({ transcripts }: Retention): readonly string[] {
  if (transcripts === 'all') return []
  const archive = 'Exports have no more than what is kept.'
  if (transcripts === 'incarnation') return [archive]
  return [
    'A vat whose incarnation is not kept from its start cannot be upgraded by replay (modes replay and auto): the host is refused',
    'with store/pruned, and where another vat asks for it with an admin node, this node stops with a kernel fault.',
    `${archive} An export of the mode replay is refused.`,
  ]
}
