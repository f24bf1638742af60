/** `heirloom kernel history`: lists the upgrades of the kernel. */
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { shortId } from '../../output/text/shortId.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelHistory: Verb = {
  name: 'kernel history',
  summary: 'lists the upgrades of the kernel, failed ones and returns too',
  details: 'Oldest first, each with the height of the block before it. Ids are abbreviated; --json has them in full.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom kernel history'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const entries = await controller.kernelHistory()
      return {
        kind: 'done',
        json: entries.map((entry) => ({ ...entry, migrated: entry.migrated.map((each) => ({ ...each })) })),
        text:
          entries.length === 0
            ? 'the kernel was never upgraded'
            : columns([
                ['AFTER BLOCK', 'FROM', 'TO', 'RESULT'],
                ...entries.map(({ from, to, block, refused, returned }) => [
                  formatCount(block),
                  shortId(from),
                  shortId(to),
                  resultText(refused, returned),
                ]),
              ]),
      }
    })
  },
}

function resultText(refused: string | null, returned: string | null): string {
  if (refused !== null) return `failed: ${firstLine(refused)}`
  return returned === null ? 'done' : `returned: ${firstLine(returned)}`
}

const firstLine = (error: string): string => onOneLine(error.split('\n', 1)[0] ?? '')
