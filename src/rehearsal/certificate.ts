/**
 * Certifies a rehearsal, and rehearses the plan of a certificate again.
 *
 * Cert2. A second run from the same block results in the same certificate, or in the first crank or row that
 *        differs.
 */
import { checkText } from '../api/checks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import { readPlan } from '../host/plans/readPlan.ts'
import { canonical, type Certificate, type CertifiedStep } from '../host/plans/certificate.ts'
import { refuse } from '../protocol/codes.ts'
import type { PlanStepReport } from '../protocol/machine/plans.ts'
import { sha256 } from '../hashing/sha256.ts'
import { releaseVersion } from '../release/release.ts'
import { runOnFork, type ForkRun } from './during/forkRun.ts'
import { Invariants } from './during/invariants.ts'
import type { RehearsalOptions } from './rehearse.ts'
import { Stage } from './stage.ts'
import { isRehearsed, type RehearsalReport } from './report.ts'

const runNames: Names<Pick<RehearsalOptions, 'directory' | 'trust' | 'onProgress'>> = {
  directory: true,
  trust: true,
  onProgress: true,
}

/** Digits of the hash of a crank in a certificate. */
const digits = 8

/** @throws CodedError `plan/not-rehearsed` when something speaks against the plan */
export function certificateOf(report: RehearsalReport): Certificate {
  const { plan, start, run, end, code, findings } = report
  if (!isRehearsed(report) || run === null || end === null)
    return refuse('plan/not-rehearsed', `there are ${findings.length} findings against the plan ${plan.id}`, {
      findings,
    })
  const steps = run.reports.map(certified)
  const cranks = cranksOf(report)
  const content = { format: 1, release: releaseVersion(), plan, start, code, steps, cranks, end } as const
  return { ...content, hash: sha256(canonical(content)) }
}

const cranksOf = ({ crankHashes }: Pick<RehearsalReport, 'crankHashes'>): string =>
  crankHashes.map((hash) => hash.slice(0, digits)).join('')

const certified = ({
  began: _began,
  ended: _ended,
  deviation: _deviation,
  ...step
}: PlanStepReport): CertifiedStep => step

/** What running a certificate again found. */
export interface Recertified {
  readonly outcome: 'same' | 'differs'
  /** What differs first; null if nothing does. */
  readonly difference: { readonly subject: string; readonly certified: string; readonly found: string } | null
}

/**
 * Rehearses the plan of a certificate again, on another machine or another copy of the store (Cert2).
 * @throws CodedError `plan/other-start` when the store is not at the block of the certificate
 */
export async function certifyAgain(
  certificate: Certificate,
  options: Pick<RehearsalOptions, 'directory' | 'trust' | 'onProgress'>,
): Promise<Recertified> {
  const { start, steps, end } = certificate
  const report = await runAgain(certificate, options)
  if (report.start.activityHash !== start.activityHash)
    refuse(
      'plan/other-start',
      `the certificate is of block ${start.height} with the activity hash ${start.activityHash}, and the store is at block ${report.start.height} with ${report.start.activityHash}`,
      { certified: start, found: report.start },
    )
  const crank = crankDifference(certificate, report)
  if (crank !== null) return { outcome: 'differs', difference: crank }
  const found = report.run?.reports.map(certified) ?? []
  for (const [index, step] of steps.entries()) {
    const difference = differenceOf(step.name, step, found[index])
    if (difference !== null) return { outcome: 'differs', difference }
  }
  return report.end === end
    ? { outcome: 'same', difference: null }
    : { outcome: 'differs', difference: { subject: 'end', certified: end, found: report.end ?? 'none' } }
}

/** The run alone: what was found besides is not certified. */
async function runAgain(
  certificate: Certificate,
  options: Pick<RehearsalOptions, 'directory' | 'trust' | 'onProgress'>,
): Promise<ForkRun> {
  const { directory, trust = [], onProgress = () => {} } = checkOptions(options, runNames)
  checkText(directory, 'directory')
  const plan = readPlan(certificate.plan)
  onProgress({ part: 'forking', plan: null })
  return Stage.with(directory, trust, (stage) =>
    runOnFork(stage, plan, new Invariants(stage, null), {
      onProgress: (part, progress) => onProgress({ part, plan: progress }),
      onSweep: null,
      keepAs: null,
    }),
  )
}

/** The first crank whose hash differs: what comes after it differs too. */
function crankDifference({ steps, cranks }: Certificate, report: ForkRun): Recertified['difference'] {
  const found = cranksOf(report)
  if (cranks === found) return null
  let at = 0
  while (at < cranks.length && cranks.startsWith(found.slice(at, at + digits), at)) at += digits
  const hashAt = (text: string): string => text.slice(at, at + digits) || 'none'
  const subject = placeOf(at / digits, cranks.length / digits, steps)
  return { subject, certified: hashAt(cranks), found: hashAt(found) }
}

/** The work that was left when the plan began comes before the first step. */
function placeOf(crank: number, cranks: number, steps: readonly CertifiedStep[]): string {
  let begins = cranks - steps.reduce((sum, step) => sum + step.cranks, 0)
  if (crank < begins) return `crank ${crank + 1} of what was left when the plan began`
  for (const step of steps) {
    if (crank < begins + step.cranks) return `crank ${crank - begins + 1} of the step ${step.name}`
    begins += step.cranks
  }
  return `crank ${crank + 1}, after the last step`
}

function differenceOf(
  subject: string,
  wanted: CertifiedStep,
  found: CertifiedStep | undefined,
): Recertified['difference'] {
  const [one, other] = [canonical(wanted), found === undefined ? 'none' : canonical(found)]
  return one === other ? null : { subject, certified: one, found: other }
}
