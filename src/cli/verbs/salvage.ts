/** `heirloom salvage`: searches a copy of a vat's heap, and writes the result to a file on request. */
import { assert } from '../../base/errors.ts'
import { existsSync, writeFileSync } from 'node:fs'
import type { Salvage } from '../../protocol/worker/salvage.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import type { Json } from '../../api/jsonForm.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { refuseUsage } from '../args/arguments.ts'

export const salvage: Verb = {
  name: 'salvage',
  summary: "searches a copy of a vat's heap with a bundle, for its heir",
  details: [
    'The bundle exports salvage(root, exports). Its result (plain data, durable objects, objects of other vats) can be',
    'put into the baggage of the heir: heirloom upgrade --salvage. The vat is unchanged, and nothing is committed.',
  ].join('\n'),
  operands: [
    { name: 'vat', description: 'name or id of the vat' },
    { name: 'bundle', description: 'the label or the id of an installed salvage bundle' },
  ],
  rest: 'none',
  options: {
    out: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'a new file for the result, which heirloom upgrade --salvage accepts',
    },
    computrons: {
      kind: 'text',
      placeholder: 'N',
      description: 'computron limit (default: that of a delivery to the vat)',
    },
    'heap-limit': { kind: 'text', placeholder: 'BYTES', description: "memory limit, if above the vat's" },
  },
  examples: ['heirloom salvage shop lost-orders', 'heirloom salvage shop lost-orders --out orders.json'],
  async run(args, io) {
    const out = args.text('out')
    if (out !== undefined && existsSync(out)) refuseUsage(`--out: ${out} exists already; name a new file`)
    return withReader(args, io, {}, async (controller) => {
      const limits = omitUndefined({
        computrons: args.computrons('computrons'),
        heapLimitBytes: args.count('heap-limit'),
      })
      const found = await controller.salvage(args.operand('vat'), args.operand('bundle'), limits)
      assert(found.position >= 0 && found.incarnation >= 0, 'a salvage has a place in the history of its vat')
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
    refuseUsage(`--out: ${error instanceof Error ? error.message : String(error)}`)
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
    `from incarnation ${incarnation} of ${name}, after ${pluralize(position, 'delivery', 'deliveries')}: ${formatCount(characters)} characters, ${pluralize(references, 'reference')}`,
    `  ${text}${whole ? '' : '…'}`,
    out === undefined ? '  not saved; --out FILE saves it' : `  saved in ${out}`,
  ].join('\n')
}
