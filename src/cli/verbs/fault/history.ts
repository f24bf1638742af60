/** `heirloom fault history`: lists the faults of the kernel, and what was done about them. */
import type { FaultEvent } from '../../../host/index.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { shortId } from '../../output/text/shortId.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const faultHistory: Verb = {
  name: 'fault history',
  summary: 'lists the faults of the kernel, and what was done about them',
  details: 'Oldest first, each with the height of the block before it. Local faults are recorded nowhere.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom fault history'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const events = await controller.faultHistory()
      return {
        kind: 'done',
        json: events.map((event) => ({ ...event })),
        text:
          events.length === 0
            ? 'the kernel never failed'
            : columns([
                ['AFTER BLOCK', 'EVENT', 'ABOUT'],
                ...events.map((event) => [formatCount(event.block), event.kind, aboutOf(event)]),
              ]),
      }
    })
  },
}

function aboutOf(event: FaultEvent): string {
  switch (event.kind) {
    case 'faulted':
      return `crank ${formatCount(event.crank)}: ${onOneLine(event.error.split('\n', 1)[0] ?? '')}`
    case 'set-aside':
      return `item ${formatCount(event.sequence)}`
    case 'put-back':
      return `item ${formatCount(event.sequence)}, as item ${formatCount(event.putBack)}`
    case 'upgraded':
      return `to ${shortId(event.kernel)}`
    case 'retried':
      return ''
  }
}
