/**
 * Limits that are part of the wires: every node must have the same.
 */
export const messageLimits = {
  /** UTF-16 code units of a message's or a settled promise's body. */
  body: 15 * 1024 * 1024,
  /** References in one message or one settled promise. */
  slots: 10_000,
} as const

/**
 * What one delivery may write and read, in UTF-16 code units of the channel's JSON. Everything that
 * follows from it (an item of a queue, a transcript entry) then fits the limits of the store.
 */
export const deliveryLimits = {
  /** Of all batches together; also of a request of the host. */
  written: 15 * 1024 * 1024,
  /** Of all answers together. */
  answered: 30 * 1024 * 1024,
} as const

/** Levels of lists and records in one syscall, the syscall included. A settled promise's references are on the fifth. */
export const deepestSyscall = 8

/** The most computrons that a limit or a meter may name. */
export const mostComputrons = 2n ** 62n

/** The id of a patch, in UTF-16 code units. */
export const longestPatch = 200

/** A vat may not have less heap than this, in bytes: the base image and room to start. */
export const minimumHeapBytes = 8 * 1024 * 1024

/** Deliveries that may wait for a suspended vat; past it, senders are rejected. */
export const maximumParked = 10_000
/** UTF-16 code units that may wait for a suspended vat, as JSON; past it, senders are rejected. */
export const maximumParkedWeight = 32 * 1024 * 1024

/** What the result of an upgrade lists, and what is looked up for it. The totals are counted all the same. */
export const upgradeLimits = {
  /** Abandoned exports, and disconnected promises. */
  listed: 1_000,
  /** Vats that are named for one of them. */
  named: 50,
  /** Entries of c-lists that are looked at to find who holds the abandoned exports. */
  lookups: 100_000,
} as const

/** Tags of kinds that one upgrade may abandon, and UTF-16 code units of each. */
export const abandonLimits = { tags: 1_000, tag: 1_000 } as const

/** Durable kinds of one vat: an heir looks at all of them when it starts. */
export const mostDurableKinds = 10_000

/** The most cranks that an upgrade may wait for its vat to drain. */
export const mostDrainCranks = 1_000_000

/** What the history of a vat keeps of a refusal and of each list of a result, and how many entries an admin node tells at most. */
export const historyLimits = { message: 1_000, names: 100, listed: 20, told: 1_000 } as const

/** A vat that goes on saying that it has garbage left is asked so often in a row; then again after its next delivery. */
export const collectionsInARow = 1_000

/** Objects of which one delivery tells a vat that nobody needs them: how many others let go of at once is not the vat's doing. */
export const mostReleased = 1_000

/** Who waits for a meter to fall below its threshold; past it, asking is refused. */
export const mostWaitingForMeter = 1_000

/** UTF-16 code units of a text for people: the reason of a suspension or of a pause. */
export const maximumReason = 10_000

/** What is told of a start that was refused: code units of its message and of its stack, names, and code units of each. */
export const refusalLimits = { text: maximumReason, names: 1_000, name: 1_000 } as const

/**
 * What a vat may use at least for a delivery of upkeep (`isUpkeep`), in computrons. The engine searches a heap whole,
 * which takes less than one for each byte of it, whatever it holds; so the heap's limit bounds a search, and the fixed
 * part is for what the supervisor does besides.
 */
export const upkeepComputrons = { fixed: 20_000_000n, perHeapByte: 4n } as const

/** And of heap: so many times less than the vat's limit, above it. What has died is told of before its room is free. */
export const upkeepHeapShare = 4

/** Pages of 64 KiB that no memory can be larger than. */
export const mostHeapPages = 65_536

/** What one answer to `vatstoreRange` or `vatstoreGetSeveral` holds. */
export const rangeLimits = {
  entries: 1_000,
  /** UTF-16 code units of keys and values; the entry that passes it is the last. */
  text: 256 * 1024,
} as const

/** What a vat may store in its own space, in UTF-16 code units of keys and values. */
export const storageLimits = {
  /** What an entry counts beside its key and value. */
  entry: 32,
  /** No vat may have a lower limit. */
  least: 64 * 1024,
  /** What the start of an incarnation may store in any case. */
  start: 1024 * 1024,
  /** What the supervisor may write for itself beyond the limit. */
  reserve: 1024 * 1024,
  /** Room from here on is not told: the shortest entry counts five times what it takes in the channel. */
  told: 5 * deliveryLimits.written,
} as const

/** More than a store can have; a bound of vats is at most this. */
export const mostVats = 1_000_000_000

/** What a port takes. Past a limit the one who gives is told, and nothing is lost. */
export const portLimits = {
  /** UTF-16 code units of an item's body. */
  body: 1024 * 1024,
  /** References in one item. */
  slots: 1_000,
  /** Items of the host that wait to be received; past it, the host is refused. */
  waiting: 10_000,
  /** Items that were received and whose `receive` has not settled; past it, those behind wait. */
  unsettled: 10_000,
  /** Items that the host has not acknowledged; past it, `send` is rejected. */
  unacknowledged: 100_000,
  /** Failures that are kept for the host; past it, the oldest is dropped. */
  failures: 1_000,
} as const

/** How far it is looked for why an answer is not there. */
export const pendingLimits = {
  /** Items of a queue, vats, wakeups. */
  looked: 10_000,
  /** Vats that wait for each other in a row. */
  depth: 4,
  /** Of what one vat waits for. */
  listed: 5,
} as const

/** What the timer takes. */
export const timerLimits = {
  /** Times and intervals go from 0 to this. */
  time: 2n ** 64n - 1n,
  /** Wakeups that one crank sets off. */
  batch: 100,
  /** Wakeups that one token cancels. */
  perToken: 1_000,
} as const
