/** What a run of a plan is compared with, from its certificate. */
import { refuse } from '../../protocol/codes.ts'
import type { CertifiedRow, CertifiedRun, DeviationPolicy } from '../../protocol/machine/plans.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import { canonical, readCertificate, type CertifiedStep } from './certificate.ts'
import { flawInOneBlock, malformed } from './readPlan.ts'

const rowOf = ({ name, kind, outcome, code, result }: CertifiedStep): CertifiedRow => ({
  name,
  kind,
  outcome,
  code,
  result,
})

/**
 * `given`: JSON, or the parsed value.
 * @throws CodedError `plan/bad-certificate`; `plan/malformed` for a plan that cannot be rolled back
 */
export function certifiedRunOf(plan: Plan, given: unknown, onDeviation: DeviationPolicy): CertifiedRun {
  const certificate = readCertificate(typeof given === 'string' ? given : (JSON.stringify(given) ?? ''))
  if (canonical(plan) !== canonical(certificate.plan))
    refuse('plan/bad-certificate', `this is the certificate of another plan than ${plan.id} as it is now`, {
      plan: plan.id,
      certified: certificate.plan.id,
    })
  if (onDeviation === 'rollback')
    for (const [index, step] of plan.steps.entries()) {
      const flaw = flawInOneBlock(step)
      if (flaw !== undefined) malformed(`steps[${index}].kind`, flaw)
    }
  return {
    certificate: certificate.hash,
    code: certificate.code,
    steps: certificate.steps.map(rowOf),
    onDeviation,
  }
}
