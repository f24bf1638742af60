/** Codes with which the kernel itself rejects a message. */
import type { Explanation } from '../explanation.ts'

export const rejectionCodes = {
  'object-abandoned': {
    when:
      'An object that was neither durable nor a named export ended when its vat was upgraded in `durable` ' +
      'mode. Vats get an error `vat terminated` with this code.',
    remedy:
      'Hold objects that survive an upgrade: of durable kinds, or named exports. A sender can treat this ' +
      'error as a signal to get the object again.',
  },
  'object-unknown': {
    when: 'A host sends a message to an object that was collected or never existed.',
    remedy: 'Pin objects that a host refers to for a long time.',
  },
  'vat-terminated': {
    when:
      'The vat ended by itself, was terminated, or never started. Vats get an error `vat terminated` with ' +
      'this code.',
  },
  'target-not-object': {
    when: 'A message was sent to a promise that was fulfilled with data.',
  },
  'computrons-exhausted': {
    when: 'The delivery used more than the `computronsPerDelivery` of the vat. See [metering](metering.md).',
  },
  'meter-exhausted': {
    when:
      'The meter of the vat is empty, or the delivery used all that remained. See ' +
      '[metering](metering.md#meters).',
  },
  'heap-exhausted': {
    when: 'The heap of the vat grew beyond its `heapLimitBytes`.',
  },
  'storage-exhausted': {
    when:
      'At the end of the delivery, the vat would store more than its `storageLimit`. See [what a vat may ' +
      'store](lives.md#what-a-vat-may-store).',
  },
  'worker-trapped': {
    when: 'The engine stopped, usually because its stack overflowed in native code.',
    remedy: 'If the same message always traps, upgrade the vat with code that avoids it.',
  },
  'illegal-syscall': {
    when:
      'The delivery wrote or read more than one delivery may (see [limits](limits.md#messages)), or the supervisor ' +
      'sent something that the kernel does not accept. The message says which.',
    remedy:
      'If it was too much data, do less in one message. Otherwise it is a bug in the supervisor, or the worker was ' +
      'modified: report it.',
  },
  'vat-suspended': {
    when:
      'The vat is suspended, is draining before an upgrade, or has not started, and as many deliveries ' +
      'wait for it as may wait. See [limits](limits.md#vats).',
  },
  'too-many-vats': {
    when: 'The store has `maxVats` vats, or the maker of vats has used up its bound.',
  },
  'service-refused': {
    when:
      'A vat or a host calls the timer, `vatAdmin`, a meter, a port or another object of the kernel. The ' +
      'message says what was wrong.',
  },
  'port-full': {
    when: 'The host has not acknowledged the items that the port sent before. The item was not taken.',
    remedy: 'The sender can wait and send again.',
  },
  'timer-cancelled': {
    when:
      'A wakeup that is still pending was cancelled with its [cancel token](ports.md). Vats get an error ' +
      '`TimerCancelled` with this code.',
  },
  'worker-unknown': {
    when: 'A vat or a node names a worker version that is not installed, or was retired meanwhile.',
  },
  'worker-in-use': {
    when:
      'A worker version was to be retired while it is the default, or vats, a waiting request or a rollout ' +
      'need it. The message names them.',
  },
  'bundle-unknown': {
    when: 'A bundle was to be retired that is not installed, is a part of a worker, or was retired meanwhile.',
  },
  'bundle-in-use': {
    when:
      'A bundle was to be retired that vats run, to which an upgrade waits, or whose bundle cap vats, messages, ' +
      'answers or the host have. The message names them.',
    remedy: 'Upgrade or terminate the vats. Caps that are not used are dropped when their vats collect garbage.',
  },
  'rollout-refused': {
    when: 'A rollout was started while another was not over, or there was none to pause, resume or abort.',
  },
  'start-refused': {
    when: 'A vat was to be created. `reason` is the [refused start](#refused-starts-and-upgrades).',
  },
  'upgrade-refused': {
    when:
      'An upgrade failed. `reason` is the [refused start or replay](#refused-starts-and-upgrades). With ' +
      "`onFailure: 'suspend'` the vat is suspended.",
  },
} as const satisfies Readonly<Record<string, Explanation>>
