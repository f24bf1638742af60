import type { Signature } from '../../controller/index.ts'
import { columns, indent } from '../columns.ts'
import { toJson } from '../jsonForm.ts'
import { problemOfStart } from '../problem.ts'
import { withReader } from '../session.ts'
import type { Verb } from '../verb.ts'

export const signature: Verb = {
  name: 'signature',
  summary: 'tells what a bundle defines: kinds, baggage, named exports',
  explains: [
    'The bundle is started once with an empty baggage and without parameters, and the start is undone. Told is what it',
    'defined and wrote. A bundle that does not start so has no signature, and the reason is told. Nothing is changed.',
  ].join('\n'),
  operands: [{ name: 'bundle', explains: 'the label or the id of an installed bundle' }],
  rest: 'none',
  options: {},
  examples: ['heirloom signature issuer-2', 'heirloom signature issuer-2 --json'],
  async run(words, io) {
    return withReader(words, io, {}, async (controller) => {
      const name = words.operand('bundle')
      const found = await controller.signature(name)
      if (found.kind === 'known') return { kind: 'done', json: toJson(found), text: textOf(found) }
      return { kind: 'refused', problem: problemOfStart(found.why, `${name} does not start with an empty baggage and without parameters: ${found.why.message}`, 'Nothing was changed.') }
    })
  },
}

function textOf({ kinds, baggageKeys, namedExports }: Extract<Signature, { kind: 'known' }>): string {
  const rows = kinds.map(({ tag, facets, shape, stateVersion, migratesFrom }) => [
    tag,
    facets === null ? '-' : facets.join(' '),
    shape === null ? '-' : Object.keys(shape).join(' '),
    String(stateVersion),
    migratesFrom === null ? 'unknown' : String(migratesFrom),
  ])
  const listed = (what: string, names: readonly string[]): string => `${what}: ${names.length === 0 ? 'none' : names.join(', ')}`
  return [
    ...(rows.length === 0 ? ['no durable kinds'] : ['durable kinds', indent(columns([['TAG', 'FACETS', 'FIELDS OF SHAPE', 'VERSION', 'TAKES FROM'], ...rows]))]),
    listed('baggage', baggageKeys),
    listed('named exports', namedExports),
  ].join('\n')
}
