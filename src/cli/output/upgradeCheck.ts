/** Reports the result of an upgrade check, for people and for programs. Runs and commits nothing. */
import type { AbandonedKind, DurableUpgrade } from '../../protocol/results.ts'
import type { CheckOptions, Controller } from '../../host/index.ts'
import type {
  EstateChanges,
  Expectation,
  UpgradeCheck,
  UpgradeWarning,
} from '../../protocol/reports/upgradeCheck.ts'
import { toJson } from '../../api/jsonForm.ts'
import { problemOfStart } from './problem.ts'
import { pluralize, formatCount } from './text/counts.ts'
import type { Report } from './report.ts'

export async function checkReport(
  controller: Controller,
  name: string,
  bundle: string,
  options: CheckOptions,
): Promise<Report> {
  const { vat, name: vatName, incarnation } = await controller.vat(name)
  const check = await controller.checkUpgrade(name, bundle, options)
  if (check.kind === 'accepted')
    return { kind: 'done', json: { vat, name: vatName, check: toJson(check) }, text: textOf(vatName, check) }
  const becomes =
    check.onFailure === 'suspend'
      ? `would be suspended in incarnation ${incarnation}`
      : `would keep incarnation ${incarnation}`
  const message = `vat ${vatName} (${vat}) ${becomes}: ${check.reason.message}`
  const problem = problemOfStart(check.reason, message, 'Nothing was changed: it was a check.')
  const { onFailure, warnings } = check
  const notes = [...problem.notes, ...expectationOf(check.expected), ...warningLines(warnings)]
  const expected = {
    ...problem,
    notes,
    detail: {
      ...problem.detail,
      vat,
      onFailure,
      expected: toJson(check.expected),
      warnings: toJson(warnings),
    },
  }
  return { kind: 'refused', problem: expected }
}

/** The options with which the command line resolves a warning. */
const hints: Readonly<Partial<Record<UpgradeWarning['code'], string>>> = {
  'upgrade/parameters-dropped': ' (--parameters-from kept)',
}

export const warningLines = (warnings: readonly UpgradeWarning[]): readonly string[] =>
  warnings.map(({ code, message }) => `warning: ${code}: ${message}${hints[code] ?? ''}`)

function textOf(
  name: string,
  { result, estate, computrons, expected, warnings }: Extract<UpgradeCheck, { kind: 'accepted' }>,
): string {
  const lines =
    result.mode === 'replay'
      ? [
          `${name} would continue as incarnation ${result.incarnationNumber} on the new code: ${pluralize(result.deliveries, 'delivery', 'deliveries')} replay identically`,
        ]
      : [
          `${name} would be incarnation ${result.incarnationNumber}`,
          `  ${pluralize(result.abandonedExports, abandonedKindsOf(result).length === 0 ? 'ephemeral export' : 'export')} would be abandoned, ${pluralize(result.disconnectedPromises, 'promise')} disconnected`,
          ...abandonedKindsOf(result).map(
            ({ tag, exports }) =>
              `  the kind ${tag} would be abandoned, ${pluralize(exports, 'export')} with it`,
          ),
          ...estateOf(estate),
          ...expectationOf(expected).map((line) => `  ${line}`),
        ]
  return [
    ...lines,
    ...warningLines(warnings).map((line) => `  ${line}`),
    `  the upgrade takes ${formatCount(Number(computrons))} computrons; nothing was changed`,
  ].join('\n')
}

/** Older kernels report none. */
const abandonedKindsOf = ({ abandonedKinds = [] }: DurableUpgrade): readonly AbandonedKind[] => abandonedKinds

function estateOf({
  kindsAdded,
  facetsAdded,
  migrations,
  exportsNamed,
  exportsReleased,
}: EstateChanges): readonly string[] {
  const listed: readonly (readonly [what: string, names: readonly string[]])[] = [
    ['new durable kinds', kindsAdded],
    ['new facets', facetsAdded],
    [
      'records to be migrated',
      migrations.map(({ tag, from, to }) => `${tag} from version ${from} to ${to}`),
    ],
    ['new named exports', exportsNamed],
    ['named exports released', exportsReleased],
  ]
  return listed.flatMap(([what, names]) => (names.length === 0 ? [] : [`  ${what}: ${names.join(', ')}`]))
}

/** The result of the comparison; for a refused upgrade it lists further failures. */
function expectationOf(expected: Expectation): readonly string[] {
  if (expected.kind === 'unknown') return [`not compared: ${expected.why}`]
  return expected.findings.map(({ code, message }) => `by comparison: ${code}: ${message}`)
}
