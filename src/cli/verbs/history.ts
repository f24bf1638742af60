/** `heirloom history`: lists the incarnations of a vat, and its refused upgrades. */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import type { HistoryEntry, HistoryOutcome, UpgradeNote } from '../../protocol/reports/history.ts'
import { columns } from '../output/text/columns.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { shortId } from '../output/text/shortId.ts'
import { workerTexts } from '../output/workers/workers.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const history: Verb = {
  name: 'history',
  summary: 'lists the incarnations of a vat',
  details: [
    'Each is listed with its code, how it began, in which crank and after how many deliveries, and at whose request. So are',
    'refused upgrades, and their salvages. A move to another worker version is listed as `worker replay` or `worker restart`.',
    'Ids and hashes are abbreviated; --json has them in full.',
  ].join('\n'),
  operands: [{ name: 'vat', description: 'name or id of the vat' }],
  rest: 'none',
  options: {},
  examples: ['heirloom history bank', 'heirloom history bank --json'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const entries = await controller.history(args.operand('vat'))
      assert(
        entries.every(({ crank }, index) => crank >= (entries[index - 1]?.crank ?? 0)),
        'a history is in the order of cranks',
      )
      return {
        kind: 'done',
        json: entries.map(jsonOf),
        text:
          entries.length === 0
            ? 'no history is recorded'
            : [
                tableOf(entries, await workerTexts(controller)),
                ...entries.flatMap(abandonedText),
                ...entries.flatMap(resultText),
                ...entries.flatMap(salvageText),
              ].join('\n'),
      }
    })
  },
}

const jsonOf = ({ outcome, parameters, salvage, result, ...entry }: HistoryEntry) => ({
  ...entry,
  outcome: outcomeJson(outcome),
  parameters: { ...parameters },
  ...(salvage === undefined ? {} : { salvage: { ...salvage } }),
  ...(result === undefined ? {} : { result: resultJson(result) }),
})
const resultJson = ({ abandoned, disconnected, migratedKinds, ...result }: UpgradeNote) => ({
  ...result,
  abandoned: abandoned.map(({ holders, ...one }) => ({ ...one, holders: [...holders] })),
  disconnected: disconnected.map(({ subscribers, ...one }) => ({ ...one, subscribers: [...subscribers] })),
  migratedKinds: migratedKinds.map((kind) => ({ ...kind })),
})
const outcomeJson = (outcome: HistoryOutcome) =>
  outcome.kind === 'done' ? { kind: outcome.kind } : { ...outcome, names: [...outcome.names] }

type TextOf = (worker: WorkerId) => string

const tableOf = (entries: readonly HistoryEntry[], textOf: TextOf): string =>
  columns([
    [
      'INCARNATION',
      'BY WAY OF',
      'RESULT',
      'CRANK',
      'DELIVERIES',
      'BUNDLE',
      'WORKER',
      'PARAMETERS',
      'ASKED BY',
    ],
    ...entries.map((entry) => rowOf(entry, textOf)),
  ])

/** Of a vat that was moved to another worker version, or was to be. */
const workerModes = { start: 'start', replay: 'worker replay', durable: 'worker restart' } as const

/** Kinds that ended with an upgrade, below the table. */
const abandonedText = ({ incarnation, abandonedKinds = [] }: HistoryEntry): readonly string[] =>
  abandonedKinds.length === 0
    ? []
    : [`incarnation ${incarnation} abandoned the kinds ${abandonedKinds.join(', ')}`]

/** What ended with an upgrade, below the table. */
const resultText = ({ incarnation, result }: HistoryEntry): readonly string[] =>
  result === undefined || result.abandonedExports + result.disconnectedPromises === 0
    ? []
    : [
        `incarnation ${incarnation} began with ${pluralize(result.abandonedExports, 'abandoned export')} and ${pluralize(result.disconnectedPromises, 'disconnected promise')}`,
      ]

/** Values that heirs found in their baggage, below the table. */
function salvageText({ incarnation, outcome, salvage }: HistoryEntry): readonly string[] {
  if (salvage === undefined) return []
  const { bundle, text, characters, references } = salvage
  const cut = text.length + 1 === characters ? '' : '…'
  const what = outcome.kind === 'done' ? 'got' : 'would have got'
  return [
    `incarnation ${incarnation} ${what} ${formatCount(characters)} characters with ${pluralize(references, 'reference')}, salvaged by ${shortId(bundle)} from incarnation ${salvage.incarnation}: ${text}${cut}`,
  ]
}

const rowOf = (
  { incarnation, mode, subject, outcome, crank, deliveries, bundle, worker, parameters, by }: HistoryEntry,
  textOf: TextOf,
): readonly string[] => [
  String(incarnation),
  subject === 'worker' ? workerModes[mode] : mode,
  outcome.kind === 'done' ? 'done' : outcome.code,
  formatCount(crank),
  formatCount(deliveries),
  shortId(bundle),
  textOf(worker),
  `${parameters.from} ${parameters.hash?.slice(0, 12) ?? 'unknown'}`,
  by,
]
