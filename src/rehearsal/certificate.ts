/**
 * Certificates: what a rehearsal found, in a form that anyone can check by running it again.
 *
 * Cert1. A certificate is canonical JSON (members in the order of their names, no white space) with the hash
 *        of everything else in it. Nothing in it depends on the machine: no times, no paths.
 * Cert2. A second run from the same block results in the same certificate, or in the first row that differs.
 */
import { isRecord, isText } from '../base/guards.ts'
import { isHash, type Hash } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import type { PlanStepReport } from '../protocol/machine/plans.ts'
import type { Plan } from '../protocol/plan/plan.ts'
import { sha256 } from '../hashing/sha256.ts'
import { releaseVersion } from '../release/release.ts'
import { rehearse, type RehearsalOptions } from './rehearse.ts'
import { isRehearsed, type RehearsalReport, type RehearsalStart } from './report.ts'

/** One step, as it was in the rehearsal. */
export type CertifiedStep = Omit<PlanStepReport, 'began' | 'ended'>

/** What a rehearsal found, for others to check. */
export interface Certificate {
  readonly format: 1
  /** The release whose host rehearsed. */
  readonly release: string
  readonly plan: Plan
  /** The block from which it began. */
  readonly start: RehearsalStart
  readonly steps: readonly CertifiedStep[]
  /** The activity hash at the end. */
  readonly end: Hash
  /** SHA-256 of the canonical JSON of all other members. */
  readonly hash: Hash
}

/** @throws CodedError `plan/not-rehearsed` when something speaks against the plan */
export function certificateOf(report: RehearsalReport): Certificate {
  const { plan, start, run, end, findings } = report
  if (!isRehearsed(report) || run === null || end === null)
    return refuse('plan/not-rehearsed', `there are ${findings.length} findings against the plan ${plan.id}`, {
      findings,
    })
  const steps = run.reports.map(certified)
  const content = { format: 1, release: releaseVersion(), plan, start, steps, end } as const
  return { ...content, hash: sha256(canonical(content)) }
}

const certified = ({ began: _began, ended: _ended, ...step }: PlanStepReport): CertifiedStep => step

/** Cert1. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** @throws CodedError `plan/bad-certificate` for anything else, and for one whose hash does not fit */
export function readCertificate(text: string): Certificate {
  const bad = (why: string): never => refuse('plan/bad-certificate', `this is not a certificate of a plan: ${why}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return bad('it is not JSON')
  }
  if (!isRecord(value) || value['format'] !== 1) return bad('it has no format that is known')
  const { hash, ...content } = value
  if (!isText(hash) || !isHash(hash)) return bad('it has no hash')
  if (sha256(canonical(content)) !== hash) return bad('its content does not have its hash')
  return isCertificate(value) ? value : bad('members are missing')
}

const isCertificate = (value: unknown): value is Certificate =>
  isRecord(value) &&
  isRecord(value['plan']) &&
  isRecord(value['start']) &&
  Array.isArray(value['steps']) &&
  isText(value['end'])

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
  options: Omit<RehearsalOptions, 'plan'>,
): Promise<Recertified> {
  const { plan, start, steps, end } = certificate
  const report = await rehearse({ ...options, plan })
  if (report.start.activityHash !== start.activityHash)
    refuse(
      'plan/other-start',
      `the certificate is of block ${start.height} with the activity hash ${start.activityHash}, and the store is at block ${report.start.height} with ${report.start.activityHash}`,
      { certified: start, found: report.start },
    )
  const found = report.run?.reports.map(certified) ?? []
  for (const [index, step] of steps.entries()) {
    const difference = differenceOf(step.name, step, found[index])
    if (difference !== null) return { outcome: 'differs', difference }
  }
  return report.end === end
    ? { outcome: 'same', difference: null }
    : { outcome: 'differs', difference: { subject: 'end', certified: end, found: report.end ?? 'none' } }
}

function differenceOf(
  subject: string,
  wanted: CertifiedStep,
  found: CertifiedStep | undefined,
): Recertified['difference'] {
  const [one, other] = [canonical(wanted), found === undefined ? 'none' : canonical(found)]
  return one === other ? null : { subject, certified: one, found: other }
}
