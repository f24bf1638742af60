/** Refusals of every source in one form: listed codes, rejections by the kernel, and bugs of ours. */
import { assert, CodedError } from '../../base/errors.ts'
import type {
  Divergence,
  Rejection,
  RejectionCode,
  ReplayRefusal,
  StartRefusal,
} from '../../protocol/results.ts'
import { NodeError } from '../../client/index.ts'
import { refusalOfFileError } from '../../machine/threads/refusal.ts'
import { codes, type Code } from '../../protocol/codes.ts'
import { KernelFaulted, problemOfFault } from './kernel/kernelFault.ts'
import { rejectionHints, startHints, workerDivergedHint } from './hints.ts'
import type { Problem } from './report.ts'

const isHinted = (code: unknown): code is RejectionCode =>
  typeof code === 'string' && Object.hasOwn(rejectionHints, code)

/** Whether a value has the shape of a kernel rejection. It does not prove the origin: see `isRejection`. */
export function hasShapeOfRejection(reason: unknown): reason is Rejection {
  if (typeof reason !== 'object' || reason === null || !('code' in reason) || !isHinted(reason.code))
    return false
  return 'message' in reason && typeof reason.message === 'string'
}

/** A rejection by the kernel. The cause of a refused start is more informative than the refusal. */
export function problemOfRejection(rejection: Rejection): Problem {
  const { code, message } = rejection
  const hint = rejectionHints[code]
  if (rejection instanceof Error) return { exit: 'refused', code, message, hint, notes: [], detail: {} }
  const { vat, reason } = rejection
  if (reason === undefined)
    return { exit: 'refused', code, message, hint, notes: [], detail: vat === undefined ? {} : { vat } }
  const { detail, ...problem } = problemOfStart(reason, message, hint)
  return { ...problem, detail: { ...(vat === undefined ? {} : { vat }), rejection: code, ...detail } }
}

/** The cause of a refused start or replay; `more` describes the consequence for the vat. */
export const problemOfStart = (
  reason: StartRefusal | ReplayRefusal,
  message: string,
  more: string,
): Problem => problemOf(reason, message, `${startHints[reason.code]} ${more}`, 'new code')

/** The same for a vat that was to be moved to another worker version. */
export function problemOfMove(rejection: Rejection, more: string): Problem {
  const problem = problemOfRejection(rejection)
  if (rejection instanceof Error || rejection.reason === undefined) return problem
  const { reason, message } = rejection
  const hint = reason.code === 'replay/diverged' ? workerDivergedHint : startHints[reason.code]
  const { detail, ...moved } = problemOf(reason, message, `${hint} ${more}`, 'new worker')
  return { ...moved, detail: { ...problem.detail, ...detail } }
}

function problemOf(
  reason: StartRefusal | ReplayRefusal,
  message: string,
  hint: string,
  replacement: Replacement,
): Problem {
  const { code, names, stack } = reason
  const divergence = divergenceOf(reason)
  return {
    exit: 'refused',
    code,
    message,
    hint,
    notes: notesOf(reason, replacement),
    detail: { names, stack, ...(divergence === null ? {} : { divergence }) },
  }
}

/** What replays in the place of what recorded. */
export type Replacement = 'new code' | 'new worker'

const divergenceOf = (reason: StartRefusal | ReplayRefusal): Divergence | null =>
  'divergence' in reason ? reason.divergence : null

/** Where a replay differed: the delivery, and both sides. */
export function differenceOf(
  reason: StartRefusal | ReplayRefusal,
  replacement: Replacement,
): readonly string[] {
  const divergence = divergenceOf(reason)
  if (divergence === null) return []
  const { delivery, recorded, sent } = divergence
  return [
    `delivery: ${delivery}`,
    `recorded: ${recorded ?? 'nothing more'}`,
    `${replacement}: ${sent ?? 'nothing more'}`,
  ]
}

const notesOf = (reason: StartRefusal | ReplayRefusal, replacement: Replacement): readonly string[] => [
  ...differenceOf(reason, replacement),
  ...(reason.names.length === 0 ? [] : [`concerned: ${reason.names.join(', ')}`]),
  ...(reason.stack.trim() === '' ? [] : [reason.stack.trim().replace(/^ +/gm, '')]),
]

/**
 * A failure after blocks were committed. Reported where it is thrown, so that users do not repeat completed
 * work.
 */
export class AfterCommit extends Error {
  /** The original exception. */
  readonly thrown: unknown
  readonly height: number

  constructor(thrown: unknown, height: number) {
    super(`after block ${height} was committed`)
    assert(height > 0, 'a block was committed')
    assert(!(thrown instanceof AfterCommit), 'a failure is wrapped once')
    this.thrown = thrown
    this.height = height
  }
}

function problemAfterCommit({ thrown, height }: AfterCommit): Problem {
  const problem = problemOfError(thrown)
  const kept = `Before that, the command committed block ${height}: its work up to then is kept; do not repeat it.`
  const hint =
    problem.code === 'kernel/fault' ? `This is a bug in Heirloom. ${kept}` : `${problem.hint} ${kept}`
  return { ...problem, hint, detail: { ...problem.detail, committed: height } }
}

/** Converts any exception. Only a bug of ours shows its stack. */
export function problemOfError(thrown: unknown): Problem {
  if (thrown instanceof AfterCommit) return problemAfterCommit(thrown)
  if (thrown instanceof KernelFaulted) return problemOfFault(thrown)
  const error = refusalOfFileError(thrown) ?? thrown
  if (error instanceof CodedError) {
    const { code, message, detail } = error
    if (error instanceof NodeError && error.status !== null) return problemOfNode(error)
    const hint = hintFor(code, detail)
    return { exit: exitOf(code), code, message, hint, notes: stackNotes(code, detail), detail }
  }
  const [message, stack] = error instanceof Error ? [error.message, error.stack ?? ''] : [String(error), '']
  const hint =
    'This is a bug in Heirloom. The store is at its last committed block; nothing of this command was kept.'
  return { exit: 'fault', code: 'kernel/fault', message, hint, notes: [stack], detail: {} }
}

/** What a node has answered. It refuses transactions with 422. */
const problemOfNode = ({ code, message, detail, status }: NodeError): Problem => ({
  exit: status === 422 ? 'refused' : 'store',
  code,
  message,
  hint: status === 422 ? 'The node did not take the transaction; nothing of it is executed.' : hintOf(code),
  notes: [],
  detail,
})

function exitOf(code: string): Problem['exit'] {
  if (code === 'cli/usage' || code === 'api/bad-argument') return 'usage'
  if (code === 'config/vat-refused') return 'refused'
  if (code.startsWith('salvage/') && code !== 'salvage/only-durable') return 'refused'
  if (Object.hasOwn(kernelExits, code)) return kernelExits[code as keyof typeof kernelExits]
  return code.startsWith('kernel/') || code.startsWith('machine/') ? 'fault' : 'store'
}

/** Codes about a kernel that has not failed. */
const kernelExits = {
  'kernel/unknown': 'store',
  'kernel/in-place': 'store',
  'kernel/migrating': 'store',
  'kernel/not-faulted': 'store',
  'kernel/no-item': 'store',
  'kernel/too-new': 'store',
  'kernel/tables-differ': 'refused',
  'kernel/interface-too-old': 'refused',
  'kernel/request-unknown': 'refused',
  'kernel/wire-unknown': 'refused',
  'kernel/upgrade-failed': 'refused',
  'kernel/returned': 'refused',
  'kernel/on-trial': 'store',
} as const satisfies Partial<Record<Code, Problem['exit']>>

/** The stack of an error in the user's own code. */
const stackNotes = (code: string, { stack }: Readonly<Record<string, unknown>>): readonly string[] =>
  code.startsWith('salvage/') && typeof stack === 'string' && stack.trim() !== ''
    ? [stack.trim().replace(/^ +/gm, '')]
    : []

const hintOf = (code: string): string => (Object.hasOwn(codes, code) ? codes[code as keyof typeof codes] : '')

/** Of a local fault, what to do about its cause. */
const hintFor = (code: string, { cause }: Readonly<Record<string, unknown>>): string =>
  code === 'machine/failed' && typeof cause === 'string'
    ? `${hintOf(code)} ${hintOf(cause)}`.trimEnd()
    : hintOf(code)
