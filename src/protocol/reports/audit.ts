/**
 * The report of an audit: the recomputed counts, and every deviation found.
 *
 * An audit changes nothing. Each deviation has a code of this closed list, a place (the space and the key of
 * a row, or the part of the store), and a sentence that states what was found and what was expected. A sound
 * store has none. The table of this wire is `docs/wires/audit.md`.
 */

/** The deviations that the kernel's audit can find (`src/kernel/audit`). */
export const kernelAuditCodes = {
  'config/missing': 'The kernel configuration is missing from the store.',
  'config/version': 'The tables have a version that this audit does not know.',
  'row/unknown': 'A key does not belong to any table.',
  'row/unreadable': 'A value does not have the format of its table.',
  'vat/missing': 'A row names a vat that does not exist.',
  'vat/name': 'The name of a vat and the record of the vat disagree.',
  'vat/root': 'The root object of a vat is not its first export.',
  'vat/status': 'The status of a vat does not match the deliveries that wait for it.',
  'vat/ended':
    'A terminated vat does not have exactly one cleanup job, or its record is kept although nothing needs it.',
  'vat/number':
    'The number of vats is not the number that was counted, for the store or for a maker of vats.',
  'vat/counters': 'A counter of a vat would assign a name that is already in use.',
  'worker/missing': 'A worker version that is referenced does not exist, or differs.',
  'bundle/missing': 'A bundle that is referenced is not in the store.',
  'bundle/cap': 'A bundle cap stands for another bundle, or for none.',
  'clist/one-way': 'The two directions of a c-list entry disagree.',
  'clist/name': 'A name in a c-list is malformed, or of the wrong kind.',
  'object/missing': 'An object is referenced but does not exist.',
  'object/count': 'The reference counts of an object do not match its references.',
  'object/owner': 'An object and the c-list of its owner disagree.',
  'object/leaked': 'An object has no references, and no collection of it is scheduled.',
  'service/missing': 'An object of the kernel has no service.',
  'service/stray': 'A service does not belong to any object of the kernel.',
  'promise/missing': 'A promise is referenced but does not exist.',
  'promise/count': 'The reference count of a promise does not match its references.',
  'promise/leaked': 'A promise has no references but still exists.',
  'promise/decider': 'An unresolved promise does not have exactly one decider.',
  'promise/subscriber': 'A subscriber has no name for the promise, or the promise is already settled.',
  'promise/waiting': 'The number of messages that wait for a promise is not the number that it records.',
  'promise/data': 'A promise is settled but has no data, or has data but is not settled.',
  'queue/gap': 'The run-queue does not contain exactly the items between its two ends.',
  'queue/notify': 'A notification refers to a promise that is not settled.',
  'parked/count': 'The number of deliveries parked for a vat is not the number that was counted.',
  'port/missing': 'An item refers to a port that does not exist.',
  'port/count': 'A port does not have the number of items that it records.',
  'wakeup/alarm': 'A wakeup has no alarm and is not waiting for an answer, or an alarm has no wakeup.',
  'wakeup/token': 'A wakeup and the cancel token that refers to it disagree.',
  'counter/behind': 'A counter of the kernel would assign a name that is already in use.',
  'storage/count': 'The amount of data that a vat stores is not the amount that was counted.',
  'vatstore/import': 'A vat stores data about an import that it does not have.',
  'vatstore/watch': 'A vat watches a promise for which it has no name.',
} as const satisfies Record<string, string>

/** Deviations outside the kernel's tables: in the file of the store, and between the store and the kernel. */
export const storeAuditCodes = {
  'store/corrupt-file': 'The structure of the SQLite file is damaged.',
  'store/corrupt-bundle': 'A bundle does not match its hash.',
  'store/corrupt-snapshot':
    'A heap manifest does not match its hash, or lists other pages than those that are kept for it.',
  'store/corrupt-page': 'A heap page is missing, does not match its hash, or has a wrong use count.',
  'store/corrupt-transcript':
    'The entries of a span do not match its hash, or the span does not continue the previous one.',
  'store/corrupt-state':
    'A row of the state does not match its checksum, or a space is missing rows or has extra ones.',
  'store/corrupt-block': 'The record of a block is unreadable, or does not match its checksum.',
  'store/corrupt-channel': 'An item of the inbox or outbox is unreadable, or does not match its checksum.',
  'transcript/stray': 'A transcript has entries that do not belong to any span.',
  'block/chain': 'A block does not continue from the previous one.',
  'channel/gap': 'The inbox or outbox does not contain exactly the items that the last block recorded.',
  'heap/other': 'The heap hash that the kernel recorded for a vat is not that of its snapshot in the store.',
  'outbox/other':
    'The outbox does not contain exactly the items that the ports have sent and the host has not acknowledged.',
  'space/stray': 'A space does not belong to any vat.',
} as const satisfies Record<string, string>

export type StoreAuditCode = keyof typeof storeAuditCodes
/** A code of a deviation. */
export type AuditCode = KernelAuditCode | StoreAuditCode

export type KernelAuditCode = keyof typeof kernelAuditCodes

/** A deviation: its code, its place, and a description. */
export interface Deviation<Code extends AuditCode = AuditCode> {
  readonly code: Code
  readonly where: string
  readonly message: string
}
export type KernelDeviation = Deviation<KernelAuditCode>

/** The counts of the kernel's tables. */
export interface KernelCounted {
  readonly rows: number
  readonly vats: number
  readonly objects: number
  readonly promises: number
  /** Entries of c-lists; each has two rows. */
  readonly entries: number
  readonly queued: number
  readonly parked: number
  /** Messages that wait for promises. */
  readonly waiting: number
  /** Answers and objects held for the host. */
  readonly held: number
}

export interface KernelAudit {
  /** The first ones, in row order; `deviationLimit` at most. */
  readonly deviations: readonly KernelDeviation[]
  /** The total number. */
  readonly found: number
  readonly counted: KernelCounted
}

/** The counts of the store's file. */
export interface StoreCounted {
  readonly stateRows: number
  readonly spans: number
  readonly snapshots: number
  readonly pages: number
  readonly bundles: number
  readonly blocks: number
}

/**
 * `kernel`: the kernel's tables and their claims about the store; `all`: every hash and checksum of the store
 * too.
 */
export type AuditDepth = 'kernel' | 'all'

/** The result of an audit: deviations and counts. */
export interface AuditReport {
  readonly depth: AuditDepth
  /** The first ones, the store's before the kernel's; `deviationLimit` of each at most. */
  readonly deviations: readonly Deviation[]
  readonly found: number
  /** Null if the kernel's tables could not be read completely. */
  readonly counted: KernelCounted | null
  /** Null at the depth `kernel`. */
  readonly store: StoreCounted | null
}

/** The most deviations that a report lists; beyond that it reports only their number. */
export const deviationLimit = 1_000
