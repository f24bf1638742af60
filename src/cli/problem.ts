/**
 * Refusals of every source in one form: codes of the list, rejections by the kernel, and bugs of ours.
 */
import { CodedError } from '../base/errors.ts'
import type { Divergence, Rejection, RejectionCode, ReplayRefusal, StartRefusal } from '../controller/index.ts'
import { codes } from '../protocol/codes.ts'
import type { Problem } from './report.ts'

const rejectionHints = {
  'object-abandoned': 'The object ended with an incarnation of its vat. Ask the vat for a new one.',
  'object-unknown': 'There is no such object, or not any more. Ask its vat for one.',
  'vat-terminated': 'The vat that had the object is gone.',
  'target-not-object': 'Messages go to objects, not to data.',
  'computrons-exhausted': 'The delivery was undone. Do less in one message, or create the vat with more --computrons.',
  'meter-exhausted': 'The delivery was undone, or not made. Whoever holds the meter of the vat adds to it with addRemaining.',
  'storage-exhausted': 'The delivery was undone. Store less, or let the vat store more with a higher storageLimit.',
  'heap-exhausted': 'The delivery was undone. Keep less in memory, or create the vat with a higher --heap-limit.',
  'worker-trapped': 'The delivery was undone. The engine of the vat stopped in the middle of it.',
  'illegal-syscall': 'The delivery was undone. The vat did what no vat may do.',
  'vat-suspended': 'The vat is suspended and too many deliveries wait for it. Upgrade it first.',
  'too-many-vats': 'End vats that are not needed any more, or ask for a higher bound.',
  'service-refused': 'The kernel has no such method, or the arguments are not as they should be.',
  'port-full': 'The host acknowledges nothing of this port. See `heirloom port <name>`.',
  'timer-cancelled': 'Somebody cancelled the wakeup with its token.',
  'start-refused': 'Nothing of the vat was kept. Mend its code and create it again.',
  'upgrade-refused': 'The old incarnation is as it was. Mend the new code and upgrade again.',
} as const satisfies Record<RejectionCode, string>

const startHints = {
  'start/bundle-broken': 'The bundle could not be evaluated, or exports no function buildRootObject.',
  'start/threw': 'buildRootObject threw, or its promise was rejected.',
  'start/never-settled': 'The promise of buildRootObject waits for something that cannot happen before the vat has started.',
  'start/root-not-remotable': 'buildRootObject must return an object made with Far, or one of a durable kind.',
  'start/kinds-missing': 'Every durable kind of the estate must be defined again, with the same tag, by the end of buildRootObject.',
  'start/facets-missing': 'Durable kinds were defined without facets that they had; the names are below. Define them.',
  'start/facets-changed': 'A durable kind with a single facet was defined with several, or the other way.',
  'start/shape-changed': 'State shapes of durable kinds changed; the names are below. Add only optional fields, or raise stateVersion.',
  'start/migration-missing': 'Records of a durable kind are newer than the code, or no migration leads from their version to it.',
  'start/exports-missing': 'Reconnect each named export with vatPowers.reconnectExport, or let it go with releaseExport.',
  'start/exited': 'The vat called exitVat or exitVatWithFailure while it started.',
  'start/fault': 'It ran out of computrons or heap, or the engine trapped.',
  'replay/diverged': 'The new code would have done something else than the old one did. Put the change behind patched(id), or use the mode durable.',
  'replay/unavailable': 'The meter of the vat has nothing left. Add to it, or use the mode durable.',
  'start/parameters-unknown': 'The vat was started before the kernel kept the parameters. Give them with --parameters this time.',
  'salvage/stale': 'Salvage again, and upgrade with what that gives.',
  'replay/parameters': 'A replay goes on with the parameters there are. Give none, or use the mode durable.',
} as const satisfies Record<StartRefusal['code'] | ReplayRefusal['code'], string>

const isHinted = (code: unknown): code is RejectionCode => typeof code === 'string' && Object.hasOwn(rejectionHints, code)

/** Whether what the kernel answered reads as a rejection. It says nothing about who made it: see `isRejection`. */
export function hasShapeOfRejection(reason: unknown): reason is Rejection {
  if (typeof reason !== 'object' || reason === null || !('code' in reason) || !isHinted(reason.code)) return false
  return 'message' in reason && typeof reason.message === 'string'
}

/** A rejection by the kernel. Why a start was refused says more than that it was. */
export function problemOfRejection(rejection: Rejection): Problem {
  const { code, message } = rejection
  const hint = rejectionHints[code]
  if (rejection instanceof Error) return { exit: 'refused', code, message, hint, notes: [], detail: {} }
  const { vat, reason } = rejection
  if (reason === undefined) return { exit: 'refused', code, message, hint, notes: [], detail: vat === undefined ? {} : { vat } }
  const { detail, ...problem } = problemOfStart(reason, message, hint)
  return { ...problem, detail: { ...(vat === undefined ? {} : { vat }), rejection: code, ...detail } }
}

/** Why a start or a replay is refused; `more` says what it means for the vat. */
export function problemOfStart(reason: StartRefusal | ReplayRefusal, message: string, more: string): Problem {
  const { code, names, stack } = reason
  return { exit: 'refused', code, message, hint: `${startHints[code]} ${more}`, notes: notesOf(reason), detail: { names, stack } }
}

const notesOf = ({ names, stack, ...rest }: StartRefusal | ReplayRefusal): readonly string[] => [
  ...('divergence' in rest && rest.divergence !== null ? differenceOf(rest.divergence) : []),
  ...(names.length === 0 ? [] : [`concerned: ${names.join(', ')}`]),
  ...(stack.trim() === '' ? [] : [stack.trim().replace(/^ +/gm, '')]),
]

const differenceOf = ({ delivery, recorded, sent }: Divergence): readonly string[] => [
  `delivery: ${delivery}`,
  `recorded: ${recorded ?? 'nothing more'}`,
  `new code: ${sent ?? 'nothing more'}`,
]

/** What went wrong when blocks had been committed already. Said where it is thrown, so that nobody does again what is done. */
export class AfterCommit extends Error {
  /** What was thrown. */
  readonly thrown: unknown
  readonly height: number

  constructor(thrown: unknown, height: number) {
    super(`after block ${height} was committed`)
    this.thrown = thrown
    this.height = height
  }
}

function problemAfterCommit({ thrown, height }: AfterCommit): Problem {
  const problem = problemOfError(thrown)
  const kept = `Before that, the command committed block ${height}: what it asked for until then is done, and is not to be asked again.`
  const hint = problem.code === 'kernel/fault' ? `This is a bug of Heirloom. ${kept}` : `${problem.hint} ${kept}`
  return { ...problem, hint, detail: { ...problem.detail, committed: height } }
}

/** Anything that was thrown. Only a bug of ours shows its stack. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof AfterCommit) return problemAfterCommit(error)
  if (error instanceof CodedError) {
    const { code, message, detail } = error
    return { exit: exitOf(code), code, message, hint: hintOf(code), notes: stackNotes(code, detail), detail }
  }
  const [message, stack] = error instanceof Error ? [error.message, error.stack ?? ''] : [String(error), '']
  const hint = 'This is a bug of Heirloom. The store is at its last block; nothing of this command was kept.'
  return { exit: 'fault', code: 'kernel/fault', message, hint, notes: [stack], detail: {} }
}

function exitOf(code: string): Problem['exit'] {
  if (code === 'cli/usage' || code === 'api/bad-argument') return 'usage'
  if (code === 'config/vat-refused') return 'refused'
  if (code.startsWith('salvage/') && code !== 'salvage/only-durable') return 'refused'
  return code.startsWith('kernel/') || code.startsWith('machine/') ? 'fault' : 'store'
}

/** The stack of an error of the user's own code. */
const stackNotes = (code: string, { stack }: Readonly<Record<string, unknown>>): readonly string[] =>
  code.startsWith('salvage/') && typeof stack === 'string' && stack.trim() !== '' ? [stack.trim().replace(/^ +/gm, '')] : []

const hintOf = (code: string): string => (Object.hasOwn(codes, code) ? codes[code as keyof typeof codes] : '')
