/**
 * The report of an audit: what was counted again, and everything that is not as it should be.
 *
 * An audit changes nothing. Each deviation has a code of this closed list, the place (the space and the
 * key of a row, or the part of the store), and a sentence that says what is there and what should be.
 * A sound store has none. The table of this wire is `docs/wires/audit.md`.
 */

/** What the kernel's audit can find (`src/kernel/audit`). */
export const kernelAuditCodes = {
  'config/missing': 'The store has no configuration of a kernel.',
  'config/version': 'The tables are of a version that this audit does not know.',
  'row/unknown': 'A key belongs to no table.',
  'row/unreadable': 'A value is not as its table writes it.',
  'vat/missing': 'A row names a vat that is not there.',
  'vat/name': 'The name of a vat and its record disagree.',
  'vat/root': 'The root of a vat is not its first export.',
  'vat/status': 'The status of a vat and what waits for it disagree.',
  'vat/ended': 'A vat that has ended has not one job that cleans up after it, or what is kept of one is kept for nobody.',
  'vat/number': 'There are not as many vats as are counted, in the store or for a maker.',
  'vat/counters': 'A counter of a vat would give a name that the vat has.',
  'worker/missing': 'A worker version that is named is not there, or is another.',
  'bundle/missing': 'A bundle that is named is not in the store.',
  'bundle/cap': 'The cap of a bundle stands for another one, or for none.',
  'clist/one-way': 'An entry of a c-list is not the same in both directions.',
  'clist/name': 'A name in a c-list is not of the grammar, or of the wrong kind.',
  'object/missing': 'An object is referred to and is not there.',
  'object/count': 'The counts of an object are not those of its references.',
  'object/owner': 'An object and the c-list of its owner disagree.',
  'object/leaked': 'Nobody refers to an object, and its owner will not be told.',
  'service/missing': 'An object of the kernel has no service.',
  'service/stray': 'A service belongs to no object of the kernel.',
  'promise/missing': 'A promise is referred to and is not there.',
  'promise/count': 'The count of a promise is not that of its references.',
  'promise/leaked': 'Nobody refers to a promise.',
  'promise/decider': 'Nobody, or more than one, can settle an unresolved promise.',
  'promise/subscriber': 'A subscriber has no name for the promise, or the promise is settled.',
  'promise/waiting': 'As many messages wait for a promise as it does not say.',
  'promise/data': 'A promise is settled without data, or has data and is not.',
  'queue/gap': 'The run-queue does not have exactly the items between its ends.',
  'queue/notify': 'A notification is about a promise that is not settled.',
  'parked/count': 'As many items wait for a suspended vat as are not counted.',
  'port/missing': 'An item is of a port that is not there.',
  'port/count': 'A port does not have as many items as it says.',
  'wakeup/alarm': 'A wakeup has no alarm and waits for no answer, or an alarm has no wakeup.',
  'wakeup/token': 'A wakeup and what its token cancels disagree.',
  'counter/behind': 'A counter would give a name that is given.',
  'storage/count': 'A vat does not store what is counted for it.',
  'vatstore/import': 'A vat keeps data about an import that it does not have.',
  'vatstore/watch': 'A vat watches a promise that it has no name for.',
} as const satisfies Record<string, string>

/** What is found beside the kernel's tables: in the file of the store, and between the store and the kernel. */
export const storeAuditCodes = {
  'store/corrupt-file': "SQLite's own structure is damaged.",
  'store/corrupt-bundle': 'A bundle does not have the hash it is named by.',
  'store/corrupt-snapshot': 'A manifest does not have its hash, or lists other pages than are kept for it.',
  'store/corrupt-page': 'A page does not have its hash, is gone, or counts its uses wrong.',
  'store/corrupt-transcript': 'The entries of a span do not have its hash, or it does not follow the one before.',
  'store/corrupt-state': 'A row of the state does not have its checksum, or a space does not have the rows that were written.',
  'store/corrupt-block': 'The row of a block cannot be read, or does not have its checksum.',
  'store/corrupt-channel': 'An item of the inbox or of the outbox cannot be read, or does not have its checksum.',
  'transcript/stray': 'A transcript has entries that are in no span.',
  'block/chain': 'A block does not go on where the one before ended.',
  'channel/gap': 'The inbox or the outbox does not have exactly the items that the last block says.',
  'heap/other': "The kernel's heap hash of a vat is not that of the snapshot in the store.",
  'outbox/other': "The outbox does not keep exactly the items that the kernel's ports have sent.",
  'space/stray': 'A space belongs to no vat.',
} as const satisfies Record<string, string>

export type StoreAuditCode = keyof typeof storeAuditCodes
/** A code of a deviation. */
export type AuditCode = KernelAuditCode | StoreAuditCode

export type KernelAuditCode = keyof typeof kernelAuditCodes

/** Something that is not as it should be: its code, its place, and in words. */
export interface Deviation<Code extends AuditCode = AuditCode> {
  readonly code: Code
  readonly where: string
  readonly message: string
}
export type KernelDeviation = Deviation<KernelAuditCode>

/** What was counted in the kernel's tables. */
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
  /** Answers and objects that are held for the host. */
  readonly held: number
}

export interface KernelAudit {
  /** The first of them, in the order of their rows; `deviationLimit` at most. */
  readonly deviations: readonly KernelDeviation[]
  /** How many there are in all. */
  readonly found: number
  readonly counted: KernelCounted
}

/** What was counted in the file of the store. */
export interface StoreCounted {
  readonly stateRows: number
  readonly spans: number
  readonly snapshots: number
  readonly pages: number
  readonly bundles: number
  readonly blocks: number
}

/** `kernel`: the kernel's tables, and what they say of the store; `all`: every hash and checksum of the store too. */
export type AuditDepth = 'kernel' | 'all'

/** What an audit found, and how much it looked at. */
export interface AuditReport {
  readonly depth: AuditDepth
  /** The first of them, of the store before those of the kernel; `deviationLimit` of each at most. */
  readonly deviations: readonly Deviation[]
  readonly found: number
  /** Null where the kernel's tables could not be read to their end. */
  readonly counted: KernelCounted | null
  /** Null at the depth `kernel`. */
  readonly store: StoreCounted | null
}

/** A report names so many deviations; of more it says how many there are. */
export const deviationLimit = 1_000
