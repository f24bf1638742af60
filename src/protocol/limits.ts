/** Limits that are part of the wires: they must be the same on every node. */
export const messageLimits = {
  /** UTF-16 code units of a message's or a settled promise's body. */
  body: 15 * 1024 * 1024,
  /** References in one message or one settled promise. */
  slots: 10_000,
} as const

/**
 * The most that one delivery may write and read, in UTF-16 code units of the channel's JSON. All data derived
 * from it (an item of a queue, a transcript entry) then fit the limits of the store.
 */
export const deliveryLimits = {
  /** Of all batches together; also of a request of the host. */
  written: 15 * 1024 * 1024,
  /** Of all answers together. */
  answered: 30 * 1024 * 1024,
} as const

/** Nesting levels in one syscall, the syscall included. A settled promise's references are on the fifth. */
export const maxSyscallDepth = 8

/** The highest computron limit, of a delivery or a meter. */
export const maxComputrons = 2n ** 62n

/** The id of a patch, in UTF-16 code units. */
export const maxPatchIdLength = 200

/** The minimum heap limit of a vat, in bytes: the base image and room to start. */
export const minHeapBytes = 8 * 1024 * 1024

/** Deliveries that may wait for a suspended vat; beyond it, senders are rejected. */
export const maxParked = 10_000
/** UTF-16 code units, as JSON, that may wait for a suspended vat; beyond it, senders are rejected. */
export const maxParkedLength = 32 * 1024 * 1024

/** Limits of the lists and lookups in an upgrade's result. The totals are always exact. */
export const upgradeLimits = {
  /** Abandoned exports, and disconnected promises. */
  listed: 1_000,
  /** Vats named for one of them. */
  named: 50,
  /** C-list entries searched for holders of the abandoned exports. */
  lookups: 100_000,
} as const

/** Tags of kinds that one upgrade may abandon, and UTF-16 code units of each. */
export const abandonLimits = { tags: 1_000, tag: 1_000 } as const

/** Durable kinds of one vat: an heir loads all of them when it starts. */
export const maxDurableKinds = 10_000

/** The most cranks for which an upgrade may drain its vat. */
export const maxDrainCranks = 1_000_000

/**
 * What the history of a vat keeps of a refusal and of each list in a result, and the most entries that an
 * admin node returns.
 */
export const historyLimits = { message: 1_000, names: 100, listed: 20, returned: 1_000 } as const

/**
 * The most consecutive collections of a vat that reports further garbage; the next one follows its next
 * delivery.
 */
export const maxFollowUpCollections = 1_000

/**
 * Objects that one delivery reports as released: how many others release at once is beyond the vat's control.
 */
export const maxReleasedPerDelivery = 1_000

/** Promises that wait for a meter to fall below its threshold; beyond it, requests are refused. */
export const maxMeterWaiters = 1_000

/** UTF-16 code units of a text for people: the reason of a suspension or of a pause. */
export const maxReasonLength = 10_000

/**
 * Limits of a reported start refusal: code units of its message and of its stack, names, and code units of
 * each.
 */
export const refusalLimits = { text: maxReasonLength, names: 1_000, name: 1_000 } as const

/**
 * The minimum computron limit of a delivery of upkeep (`isUpkeep`). The engine searches the whole heap, which
 * takes less than one computron per byte, for any contents; so the heap's limit bounds a search, and the
 * fixed part covers the supervisor's other work.
 */
export const upkeepComputrons = { fixed: 20_000_000n, perHeapByte: 4n } as const

/**
 * Additional heap for upkeep: the vat's limit divided by this. Dead objects are reported
 * before their room is free.
 */
export const upkeepHeapShare = 4

/** Bytes of a page of WebAssembly memory. */
export const memoryPageSize = 65_536

/** The maximum size of any memory, in pages of 64 KiB. */
export const maxHeapPages = 65_536

/** The most that one answer to `vatstoreRange` or `vatstoreGetSeveral` holds. */
export const rangeLimits = {
  entries: 1_000,
  /** UTF-16 code units of keys and values; the entry that exceeds it is the last. */
  text: 256 * 1024,
} as const

/** Limits of a vat's own space, in UTF-16 code units of keys and values. */
export const storageLimits = {
  /** The fixed overhead of an entry beside its key and value. */
  entry: 32,
  /** The lowest limit of a vat. */
  minimum: 64 * 1024,
  /** The room that the start of an incarnation always has. */
  start: 1024 * 1024,
  /** The supervisor's own reserve beyond the limit. */
  reserve: 1024 * 1024,
  /**
   * More room than this is not reported: the shortest entry counts five times what it takes in the channel.
   */
  reportedRoom: 5 * deliveryLimits.written,
} as const

/** More than a store can have; the highest bound on vats. */
export const maxVatBound = 1_000_000_000

/** Limits of ports. Beyond a limit the sender is refused, and nothing is lost. */
export const portLimits = {
  /** UTF-16 code units of an item's body. */
  body: 1024 * 1024,
  /** References in one item. */
  slots: 1_000,
  /** Items of the host that wait to be received; beyond it, the host is refused. */
  waiting: 10_000,
  /** Received items whose `receive` has not settled; beyond it, later ones wait. */
  unsettled: 10_000,
  /** Items that the host has not acknowledged; beyond it, `send` is rejected. */
  unacknowledged: 100_000,
  /** Failures kept for the host; beyond it, the oldest is dropped. */
  failures: 1_000,
} as const

/** Limits of the search for the reason of a pending answer. */
export const pendingLimits = {
  /** Items of a queue, vats, wakeups. */
  looked: 10_000,
  /** The depth of chains of waiting vats. */
  depth: 4,
  /** Listed reasons per vat. */
  listed: 5,
} as const

/** Limits of the timer. */
export const timerLimits = {
  /** Times and intervals range from 0 to this. */
  time: 2n ** 64n - 1n,
  /** Wakeups that one crank triggers. */
  batch: 100,
  /** Wakeups that one token cancels. */
  perToken: 1_000,
} as const
