import type { CycleGroup } from '../../protocol/reports/cycles.ts'
import { columns, indent } from '../output/columns.ts'
import { counted, thousands } from '../output/readable.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { directoryOf } from '../args/arguments.ts'

export const cycles: Verb = {
  name: 'cycles',
  summary: "finds vats that may keep each other's objects alive forever",
  explains: [
    'Cycles of objects between vats are never collected. Lists groups of vats that hold each other by objects that',
    'no other vat refers to. Such an object may still be in use: only its vats know. Changes nothing.',
  ].join('\n'),
  operands: [],
  rest: { name: 'dir', explains: 'the directory of the store, as --store' },
  options: {},
  examples: ['heirloom cycles', 'heirloom cycles ./heirloom-store --json'],
  async run(words, io) {
    return withReader(directoryOf(words), io, {}, async (controller) => {
      const groups = await controller.cycles()
      return {
        kind: 'done',
        json: groups.map(jsonOf),
        text:
          groups.length === 0
            ? 'no vats hold each other by objects without other holders'
            : groups.map(textOf).join('\n'),
      }
    })
  },
}

const jsonOf = ({ vats, objects, found }: CycleGroup) => ({
  vats: [...vats],
  found,
  objects: objects.map(({ object, owner, holders }) => ({ object, owner, holders: [...holders] })),
})

const textOf = ({ vats, objects, found }: CycleGroup): string =>
  [
    `${vats.join(', ')} hold each other by ${counted(found, 'object')}`,
    indent(
      columns([
        ['OBJECT', 'OF', 'HELD BY'],
        ...objects.map(({ object, owner, holders }) => [object, owner, holders.join(', ')]),
      ]),
    ),
    ...(found > objects.length ? [`  and ${thousands(found - objects.length)} more`] : []),
  ].join('\n')
