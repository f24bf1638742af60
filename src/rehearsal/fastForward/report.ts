/** What a fast-forward found. */
import type { RequestKind } from '../../protocol/host/requests.ts'

/**
 * Something that the outside sees otherwise: an `answer` to a request, an `item` that was sent to a port, or
 * the `status` of a vat.
 */
export interface AnswerDifference {
  readonly kind: 'answer' | 'item' | 'status'
  /** The block of the store in which it was seen. */
  readonly block: number
  /** The number of the request in the store's inbox; null for items and for the status of a vat. */
  readonly request: number | null
  readonly port: string | null
  /** The name of the vat that was asked, that sent the item or whose status it is; null if not known. */
  readonly vat: string | null
  /** The method of the message, or the kind of another request; null if there is none. */
  readonly method: string | null
  /** What the store gave, and what the fork gives; long texts are cut. */
  readonly store: string
  readonly fork: string
  /** Whether it was listed as expected. */
  readonly expected: boolean
}

/** A request about code and vats, not about what the vats do, or another input of that kind. */
export interface Administration {
  readonly block: number
  /** The number of the request; null for what the host did otherwise. */
  readonly request: number | null
  readonly what: RequestKind | 'kernel' | 'migration' | 'fault'
  /** Why the fork did not get it; null: it did. */
  readonly notGiven: string | null
}

/** Why a fast-forward ended, and where. */
export type FastForwardEnd =
  /** The fork got every block that the store had. */
  | { readonly kind: 'all' }
  /** It got as many as were asked for. */
  | { readonly kind: 'count' }
  /** The store did not commit as many within the time. */
  | { readonly kind: 'time-out'; readonly missing: number }
  /** The block cannot be given to a fork. */
  | { readonly kind: 'stopped'; readonly block: number; readonly why: string }
  /** The kernel of the fork failed in the block. */
  | { readonly kind: 'failed'; readonly block: number; readonly error: string }

/** The result of a fast-forward. */
export interface FastForwardReport {
  /** The block of the fork. */
  readonly from: number
  /** The last block whose inputs the fork got; the same as `from` if there was none. */
  readonly to: number
  readonly end: FastForwardEnd
  /** The requests that the fork got. */
  readonly requests: number
  /** The answers and the items of ports that were compared. */
  readonly answers: number
  readonly items: number
  /** The first `maxListed` that were expected, and the first of the others, in order. */
  readonly differences: readonly AnswerDifference[]
  /** How many there are, and how many of these were expected. */
  readonly found: number
  readonly expected: number
  readonly administration: readonly Administration[]
  /** Whether the fork was still busy where the store was at rest: a limit of cranks ended its run. */
  readonly isBusy: boolean
  readonly ms: number
}

/** How many differences, and how much administration, a report lists. */
export const maxListed = 1_000

/** Something that is not as it was, for the findings of a rehearsal. */
interface ForwardFinding {
  readonly code: 'answers-differ' | 'fast-forward-failed'
  readonly subject: string
  readonly message: string
}

/** One for each vat, method and port with differences that were not expected. */
export function forwardFindings({ differences, end }: FastForwardReport): readonly ForwardFinding[] {
  const groups = Map.groupBy(differences.filter(({ expected }) => !expected), subjectOf)
  const differing = [...groups].map(([subject, [first, ...more]]) => ({
    code: 'answers-differ' as const,
    subject,
    message: first === undefined ? '' : `${whereOf(first)}: the store has ${first.store}, the fork ${first.fork}${moreOf(more.length)}`,
  }))
  if (end.kind !== 'failed') return differing
  const message = `the kernel of the fork failed: ${end.error}`
  return [...differing, { code: 'fast-forward-failed', subject: `block ${end.block}`, message }]
}

/** The place of a difference, without its block. */
export function subjectOf({ kind, vat, method, port }: AnswerDifference): string {
  const from = vat ?? 'unknown'
  if (kind === 'item') return `${from}, port ${port ?? ''}`
  return kind === 'status' ? `${from}, its status` : method === null ? from : `${from}.${method}`
}

const whereOf = ({ block, request }: AnswerDifference): string =>
  request === null ? `block ${block}` : `block ${block}, request ${request}`

const moreOf = (count: number): string => (count === 0 ? '' : `; and ${count} more`)

/** What was done, in words. */
export const forwardText = ({ from, to, end, requests, answers, items, isBusy }: FastForwardReport): string =>
  [
    `the fork got the inputs of ${to - from} blocks after block ${from}, with ${requests} requests`,
    `${answers} answers and ${items} items of ports were compared`,
    endText(end),
    ...(isBusy ? ['the fork did not come to rest where the store did'] : []),
  ].join('; ')

function endText(end: FastForwardEnd): string {
  switch (end.kind) {
    case 'all':
      return 'these are all that the store has'
    case 'count':
      return 'as many as were asked for'
    case 'time-out':
      return `the store did not commit the other ${end.missing} in time`
    case 'stopped':
      return `it ended before block ${end.block}: ${end.why}`
    case 'failed':
      return `the kernel of the fork failed in block ${end.block}`
  }
}
