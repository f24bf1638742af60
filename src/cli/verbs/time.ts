import { withController, withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { usage, type Words } from '../args/arguments.ts'

export const time: Verb = {
  name: 'time',
  summary: 'shows or advances the clock of the vats',
  explains: [
    'Time is a whole number in the host\'s unit, such as milliseconds; it never goes back.',
    'Due wakeups happen before the command ends, and are committed with the new time as one block.',
  ].join('\n'),
  operands: [],
  rest: { name: 'now', explains: 'the new time; by default the current one is shown' },
  options: {},
  examples: ['heirloom time 1_700_000_000_000', 'heirloom time'],
  async run(words, io) {
    const now = nowOf(words)
    const open = now === undefined ? withReader : withController
    return open(words, io, {}, async (controller) => {
      if (now !== undefined) {
        await controller.advanceTime(now)
        await controller.run()
        await controller.commit()
      }
      const time = String(await controller.currentTime())
      return { kind: 'done', json: { time: { '@bigint': time } }, text: time }
    })
  },
}

function nowOf({ rest }: Words): bigint | undefined {
  const [text, more] = rest
  if (more !== undefined) usage(`time takes no ${JSON.stringify(more)}`)
  if (text === undefined) return undefined
  const digits = text.replace(/(?<=\d)_(?=\d)/g, '').replace(/n$/, '')
  return /^\d{1,20}$/.test(digits)
    ? BigInt(digits)
    : usage(`a time is a whole number from 0 on, not ${JSON.stringify(text)}`)
}
