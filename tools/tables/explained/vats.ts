/** Codes about vats, their upgrades and their data. */
import type { Explanation } from '../explanation.ts'

export const vatCodes = {
  'vat/unknown': {
    when:
      'A name or an id does not match any vat of the store. When the name is similar to an existing one, ' +
      'the message suggests it.',
  },
  'vat/not-started': {
    when: 'The vat was created with a request that has not been processed yet. `run()` processes it.',
  },
  'vat/terminated': {
    when:
      'The vat ended by itself, was terminated by the holder of its admin node, or ended by a fault. Its ' +
      'history can still be read; messages to its objects are rejected with ' +
      '[`vat-terminated`](#vat-terminated).',
  },
  'vat/parameters-unknown': {
    when:
      "An upgrade or a check was asked to keep the parameters of the vat (`parametersFrom: 'kept'`), and " +
      'the vat was started by a kernel of a release that did not record them.',
  },
  'vat/name-taken': {
    when:
      'A host creates a vat with the name of an existing one. Names of terminated vats stay in use until ' +
      'the vat is forgotten.',
  },
  'vat/name-invalid': {
    when: 'A host creates a vat with a name that is not of this form.',
  },
  'upgrade/check-failed': {
    when:
      '`checkUpgrade`, `signature` or `salvage` runs the operation on the current state and undoes it ' +
      'afterwards. The message says what failed: a fault of the kernel, damage of the store, or a vat ' +
      'that would end or be paused before the upgrade.',
  },
  'salvage/threw': {
    when:
      'The function `salvage` ran in a copy of the heap of the vat and threw. The stack of the error is ' +
      'below the message.',
  },
  'salvage/bundle-broken': {
    when: 'The code of the bundle threw while it was evaluated in the copy of the heap.',
  },
  'salvage/never-settled': {
    when: 'No jobs are left in the copy of the heap, and the promise is still pending.',
  },
  'salvage/not-durable': {
    when:
      'The result contains a promise, a function, or an object of the heap that is neither durable nor ' +
      'from another vat.',
  },
  'salvage/wrote': {
    when:
      'A salvage looks at a copy of the heap. Messages, resolutions and writes in it would have no ' +
      'effect, so they are refused.',
  },
  'salvage/exhausted': {
    when: 'Searching a large heap can take more than one delivery may.',
  },
  'salvage/failed': {
    when: 'The engine trapped, or the salvage used a reference that the vat does not have.',
  },
  'salvage/only-durable': {
    when: 'An upgrade was requested with `salvage` and the mode `replay` or `auto`.',
  },
  'prepare/not-committed': {
    when: 'The replay is prepared by another thread, which reads the committed store.',
  },
  'prepare/too-many': {
    when: 'Each preparation runs in a thread of its own. See [limits](limits.md#upgrades).',
  },
  'prepare/replaced': {
    when: '`prepareUpgrade` was called twice for one vat, and the first preparation was not finished.',
  },
  'prepare/outdated': {
    when: 'The result would not be valid for the current incarnation of the vat.',
  },
  'prepare/failed': {
    when: 'The thread ran out of memory, or could not be started.',
    remedy: 'This is not a problem of the vat. If it happens again, report the message as a bug.',
  },
  'value/not-passable': {
    when:
      'Data that crosses the boundary of a vat is copied: numbers, strings, bigints, booleans, ' +
      '`undefined`, `null`, lists, records, errors and tagged values. Functions, class instances, dates ' +
      'and maps cannot be passed. The message gives the path to the value.',
    remedy: 'Inside a vat, make objects with `Far` or an exo to pass them by reference.',
  },
  'value/too-large': {
    when: 'See [limits](limits.md#messages). In a vat this is an error that the code can catch.',
  },
  'value/not-durable': {
    when:
      'A vat stores a promise, an ephemeral object (`Far`) or a virtual object in a durable object, a ' +
      'durable collection or the baggage. It would not survive an upgrade. The message gives the path to ' +
      'the value.',
    remedy: 'See [kinds](kinds.md) for how to make an object durable.',
  },
  'key/too-long': {
    when:
      'A vat uses a long string, a very large bigint or a large composite value as a key of a ' +
      '[collection](collections.md).',
  },
  'kind/too-many': {
    when:
      'Each call of `makeKindHandle` with a new tag creates a kind, also in later incarnations. See ' +
      '[limits](limits.md#durable-data-and-collections).',
  },
  'kind/defined-twice': {
    when:
      '`defineDurableKind` or a function built on it is called twice with the same handle, for instance ' +
      'because `buildRootObject` defines a kind in a loop.',
  },
  'kind/migration-failed': {
    when:
      'A record of an old state version is read for the first time, and one of the functions in `migrate` ' +
      'threw, returned something that is not a record, or returned a state that does not fit the shape. ' +
      'The error of the migration is in the message.',
  },
  'storage/quota-exceeded': {
    when:
      'A vat writes to a durable or virtual object, a collection or the baggage. In the vat it is an ' +
      'error that the code can catch; a delivery that still ends with too much stored is undone and ' +
      'rejected with [`storage-exhausted`](#storage-exhausted).',
  },
} as const satisfies Readonly<Record<string, Explanation>>
