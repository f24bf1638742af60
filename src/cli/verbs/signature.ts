/** `heirloom signature`: reports what the code of a vat or bundle defines and needs. */
import type { Signature } from '../../protocol/reports/upgradeCheck.ts'
import { columns, indent } from '../output/text/columns.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { toJson } from '../../api/jsonForm.ts'
import { problemOfStart } from '../output/problem.ts'
import { withReader } from '../session/session.ts'
import { evaluateTemplate } from '../session/lookup.ts'
import type { Verb } from '../session/verb.ts'

export const signature: Verb = {
  name: 'signature',
  summary: 'lists the definitions of a bundle: kinds, baggage, named exports',
  details: [
    'Starts the bundle once with an empty baggage, and undoes the start: the signature is what it defined and wrote.',
    'A bundle that does not start so has no signature, and the reason is printed. Code that needs parameters gets those of',
    '--parameters, or with --parameters-of those of the vat. Nothing is changed.',
  ].join('\n'),
  operands: [{ name: 'bundle', description: 'the label or the id of an installed bundle' }],
  rest: 'none',
  options: {
    parameters: {
      kind: 'text',
      placeholder: 'VALUE',
      description: 'the second argument of buildRootObject (default: undefined)',
    },
    'parameters-of': {
      kind: 'text',
      placeholder: 'VAT',
      description: 'start it with the parameters of this vat',
    },
  },
  examples: [
    'heirloom signature issuer-2',
    'heirloom signature issuer-2 --parameters-of bank',
    'heirloom signature issuer-2 --json',
  ],
  async run(args, io) {
    const draft = args.value('parameters')
    const parametersOf = args.text('parameters-of')
    return withReader(args, io, {}, async (controller) => {
      const name = args.operand('bundle')
      const parameters = draft === undefined ? undefined : await evaluateTemplate(controller, draft)
      const found = await controller.signature(name, { parameters, ...omitUndefined({ parametersOf }) })
      if (found.kind === 'known') return { kind: 'done', json: toJson(found), text: textOf(found) }
      const without = parameters === undefined && parametersOf === undefined
      const message = `${name} does not start with an empty baggage and ${without ? 'without' : 'these'} parameters: ${found.why.message}`
      const hint = without
        ? 'If it needs parameters, give them with --parameters, or with --parameters-of those of a vat.'
        : 'Nothing was changed.'
      return { kind: 'refused', problem: problemOfStart(found.why, message, hint) }
    })
  },
}

type Kind = Extract<Signature, { kind: 'known' }>['kinds'][number]

/** Those of the shape, or those that `init` returns. */
function fieldsText(shape: Kind['shape'], fields: Kind['fields']): string {
  const names = shape === null ? fields : Object.keys(shape)
  if (names === null) return 'unknown'
  return names.length === 0 ? '-' : names.join(' ')
}

function textOf({ kinds, baggageKeys, namedExports }: Extract<Signature, { kind: 'known' }>): string {
  const rows = kinds.map(({ tag, facets, shape, fields, stateVersion, migratesFrom }) => [
    tag,
    facets === null ? '-' : facets.join(' '),
    fieldsText(shape, fields),
    String(stateVersion),
    migratesFrom === null ? 'unknown' : String(migratesFrom),
  ])
  const listed = (what: string, names: readonly string[]): string =>
    `${what}: ${names.length === 0 ? 'none' : names.join(', ')}`
  return [
    ...(rows.length === 0
      ? ['no durable kinds']
      : ['durable kinds', indent(columns([['TAG', 'FACETS', 'FIELDS', 'VERSION', 'TAKES FROM'], ...rows]))]),
    listed('baggage', baggageKeys),
    listed('named exports', namedExports),
  ].join('\n')
}
