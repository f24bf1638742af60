import { existsSync, writeFileSync } from 'node:fs'
import type { Salvage } from '../../protocol/worker/salvage.ts'
import { given } from '../args/omitUndefined.ts'
import type { Json } from '../values/jsonForm.ts'
import { counted, thousands } from '../output/readable.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { usage } from '../args/arguments.ts'

export const salvage: Verb = {
  name: 'salvage',
  summary: "searches a copy of a vat's heap with a bundle, for its heir",
  explains: [
    'The bundle exports salvage(root, exports). Its result (plain data, durable objects, objects of other vats) can be',
    'put into the baggage of the heir: heirloom upgrade --salvage. The vat is unchanged, and nothing is committed.',
  ].join('\n'),
  operands: [
    { name: 'vat', explains: 'name or id of the vat' },
    { name: 'bundle', explains: 'the label or the id of an installed salvage bundle' },
  ],
  rest: 'none',
  options: {
    out: {
      kind: 'text',
      takes: 'FILE',
      explains: 'a new file for the result, which heirloom upgrade --salvage accepts',
    },
    computrons: {
      kind: 'text',
      takes: 'N',
      explains: 'computron limit (default: that of a delivery to the vat)',
    },
    'heap-limit': { kind: 'text', takes: 'BYTES', explains: "memory limit, if above the vat's" },
  },
  examples: ['heirloom salvage shop lost-orders', 'heirloom salvage shop lost-orders --out orders.json'],
  async run(words, io) {
    const out = words.text('out')
    if (out !== undefined && existsSync(out)) usage(`--out: there is something at ${out}; name a new file`)
    return withReader(words, io, {}, async (controller) => {
      const limits = given({
        computrons: words.computrons('computrons'),
        heapLimitBytes: words.count('heap-limit'),
      })
      const found = await controller.salvage(words.operand('vat'), words.operand('bundle'), limits)
      if (out !== undefined) write(out, found)
      const { name } = await controller.vat(found.vat)
      return { kind: 'done', json: jsonOf(found), text: textOf(name, found, out) }
    })
  },
}

function write(out: string, found: Salvage): void {
  try {
    writeFileSync(out, `${JSON.stringify(found, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    usage(`--out: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const jsonOf = ({ data, summary, ...found }: Salvage): Json => ({
  ...found,
  data: { body: data.body, slots: [...data.slots] },
  summary: { ...summary },
})

function textOf(
  name: string,
  { incarnation, position, summary: { text, characters, references } }: Salvage,
  out: string | undefined,
): string {
  const whole = text.length + 1 === characters
  return [
    `from incarnation ${incarnation} of ${name}, after ${counted(position, 'delivery', 'deliveries')}: ${thousands(characters)} characters, ${counted(references, 'reference')}`,
    `  ${text}${whole ? '' : '…'}`,
    out === undefined ? '  kept nowhere; --out FILE keeps it' : `  kept in ${out}`,
  ].join('\n')
}
