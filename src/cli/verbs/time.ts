/** `heirloom time`: shows or advances the clock of the vats. */
import { assert } from '../../base/errors.ts'
import { runKernel } from '../session/running.ts'
import { withController, withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { refuseUsage, type ParsedArgs } from '../args/arguments.ts'

export const time: Verb = {
  name: 'time',
  summary: 'shows or advances the clock of the vats',
  details: [
    'Time is a whole number in the host\'s unit, such as milliseconds; it never goes back.',
    'Due wakeups happen before the command ends, and are committed with the new time as one block.',
  ].join('\n'),
  operands: [],
  rest: { name: 'now', description: 'the new time; by default the current one is shown' },
  options: {},
  examples: ['heirloom time 1_700_000_000_000', 'heirloom time'],
  async run(args, io) {
    const now = nowOf(args)
    const open = now === undefined ? withReader : withController
    return open(args, io, {}, async (controller) => {
      if (now !== undefined) {
        await controller.advanceTime(now)
        await runKernel(controller)
        await controller.commit()
      }
      const current = await controller.currentTime()
      assert(now === undefined || current === now, 'the clock is at the new time')
      const time = String(current)
      return { kind: 'done', json: { time: { '@bigint': time } }, text: time }
    })
  },
}

function nowOf({ rest }: ParsedArgs): bigint | undefined {
  const [text, more] = rest
  if (more !== undefined) refuseUsage(`time takes no ${JSON.stringify(more)}`)
  if (text === undefined) return undefined
  const digits = text.replace(/(?<=\d)_(?=\d)/g, '').replace(/n$/, '')
  return /^\d{1,20}$/.test(digits)
    ? BigInt(digits)
    : refuseUsage(`a time is a whole number from 0 on, not ${JSON.stringify(text)}`)
}
