/** `heirloom cycles`: finds vats that hold each other by objects that no other vat holds. */
import { assert } from '../../base/errors.ts'
import type { CycleGroup } from '../../protocol/reports/cycles.ts'
import { columns, indent } from '../output/text/columns.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { withDirectoryOperand } from '../args/arguments.ts'

export const cycles: Verb = {
  name: 'cycles',
  summary: "finds vats that may keep each other's objects alive forever",
  details: [
    'Cycles of objects between vats are never collected. Lists groups of vats that hold each other by objects that',
    'no other vat refers to. Such an object may still be in use: only its vats know. Changes nothing.',
  ].join('\n'),
  operands: [],
  rest: { name: 'dir', description: 'the directory of the store, as --store' },
  options: {},
  examples: ['heirloom cycles', 'heirloom cycles ./heirloom-store --json'],
  async run(args, io) {
    return withReader(withDirectoryOperand(args), io, {}, async (controller) => {
      const groups = await controller.cycles()
      assert(
        groups.every(({ vats }) => vats.length > 1),
        'a cycle has several vats',
      )
      assert(
        groups.every(({ objects, found }) => objects.length <= found),
        'at most the found objects are listed',
      )
      return {
        kind: 'done',
        json: groups.map(jsonOf),
        text:
          groups.length === 0
            ? 'no vats hold each other by objects that no other vat holds'
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
    `${vats.join(', ')} hold each other by ${pluralize(found, 'object')}`,
    indent(
      columns([
        ['OBJECT', 'OF', 'HELD BY'],
        ...objects.map(({ object, owner, holders }) => [object, owner, holders.join(', ')]),
      ]),
    ),
    ...(found > objects.length ? [`  and ${formatCount(found - objects.length)} more`] : []),
  ].join('\n')
