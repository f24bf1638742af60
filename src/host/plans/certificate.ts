/**
 * Certificates: what a rehearsal found, in a form that anyone can check by running it again.
 *
 * Cert1. A certificate is canonical JSON (members in the order of their names, no white space) with the hash
 *        of everything else in it. Nothing in it depends on the machine: no times, no paths.
 */
import { isRecord, isText } from '../../base/guards.ts'
import { isHash, type BundleId, type Hash } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { PlanCode, PlanStepReport } from '../../protocol/machine/plans.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import { sha256 } from '../../hashing/sha256.ts'

/** The block from which a rehearsal began. */
export interface RehearsalStart {
  readonly height: number
  readonly activityHash: Hash
  readonly kernel: BundleId
  readonly vats: number
}

/** One step, as it was in the rehearsal. */
export type CertifiedStep = Omit<PlanStepReport, 'began' | 'ended' | 'deviation'>

/** What a rehearsal found, for others to check. */
export interface Certificate {
  readonly format: 1
  /** The release whose host rehearsed. */
  readonly release: string
  readonly plan: Plan
  /** The block from which it began. */
  readonly start: RehearsalStart
  readonly code: PlanCode
  readonly steps: readonly CertifiedStep[]
  /** The first eight digits of the activity hash after each crank, in one text. */
  readonly cranks: string
  /** The activity hash at the end. */
  readonly end: Hash
  /** SHA-256 of the canonical JSON of all other members. */
  readonly hash: Hash
}

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
  ['plan', 'start', 'code'].every((name) => isRecord(value[name])) &&
  Array.isArray(value['steps']) &&
  ['cranks', 'end'].every((name) => isText(value[name]))
