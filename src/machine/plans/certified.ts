/**
 * Compares what a step did with what the certificate of its plan says.
 *
 * Crd1. The state has changed since the rehearsal. So what is compared is what the step is for, not what it
 *       cost: the outcome, the code of a failure, and of the result what does not depend on how much there
 *       is in the store. Names of objects are those of one store, and not compared.
 */
import { isRecord } from '../../base/guards.ts'
import { excerpt } from '../../base/text.ts'
import type { CertifiedRow, CertifiedRun } from '../../protocol/machine/plans.ts'
import type { PlanStepKind, PlanValue } from '../../protocol/plan/plan.ts'

/** Characters of a row that a report shows. */
const maxShown = 1_000

/** What the certificate says instead; null if it says the same. */
export function deviationOf({ steps }: CertifiedRun, found: CertifiedRow): string | null {
  const certified = steps.find(({ name }) => name === found.name)
  if (certified === undefined) return 'nothing of this step'
  const [one, other] = [certified, found].map((row) => JSON.stringify(comparable(row)))
  return one === other ? null : excerpt(one ?? '', maxShown)
}

/** Crd1. */
const comparable = ({ kind, outcome, code, result }: CertifiedRow): PlanValue => ({
  outcome,
  code,
  result: lastingPart(kind, result),
})

function lastingPart(kind: PlanStepKind, result: PlanValue): PlanValue {
  switch (kind) {
    case 'kernel':
      return members(result, ['from', 'to'])
    case 'worker':
      return members(result, ['state', 'worker'])
    case 'vat':
      return ofUpgrade(result)
    case 'together':
      return Array.isArray(result) ? result.map(ofUpgrade) : null
    case 'create':
      return null
    default:
      return nameless(result)
  }
}

const ofUpgrade = (result: PlanValue): PlanValue => members(result, ['mode', 'incarnationNumber'])

const members = (value: PlanValue, names: readonly string[]): PlanValue =>
  isRecord(value)
    ? Object.fromEntries(names.map((name) => [name, (value[name] ?? null) as PlanValue]))
    : null

/** With the members of records in the order of their names. */
function nameless(value: PlanValue): PlanValue {
  if (Array.isArray(value)) return value.map(nameless)
  if (!isRecord(value)) return value
  if (Object.hasOwn(value, '@remote')) return { '@remote': null }
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.map(([name, member]) => [name, nameless(member as PlanValue)]))
}
