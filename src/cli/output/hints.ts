/**
 * Hints below the message of a rejection by the kernel, and of a refused start or replay. Hints for the codes
 * of the host API are in `protocol/codes.ts`.
 */
import type { RejectionCode, ReplayRefusal, StartRefusal } from '../../protocol/results.ts'

export const rejectionHints = {
  'object-abandoned':
    'The object ended with an earlier incarnation of its vat. Ask the vat for a new one.',
  'object-unknown':
    'The kernel has no such object, or no longer has it. Ask its vat for the object again.',
  'vat-terminated': 'The vat that owned the object has terminated.',
  'target-not-object': 'Messages can be sent to objects only, not to data.',
  'computrons-exhausted':
    'The delivery was undone. Do less in one message, or create the vat with more --computrons.',
  'meter-exhausted':
    'The delivery was undone, or not attempted. Add to the meter of the vat with addRemaining.',
  'storage-exhausted': 'The delivery was undone. Store less, or raise the storageLimit of the vat.',
  'heap-exhausted':
    'The delivery was undone. Keep less in memory, or create the vat with a higher --heap-limit.',
  'worker-trapped': 'The delivery was undone. The engine of the vat stopped in the middle of it.',
  'illegal-syscall':
    'The delivery was undone. The vat wrote or read too much in one delivery, or sent an invalid syscall.',
  'vat-suspended':
    'The vat accepts no messages, and too many deliveries are waiting for it. Resume or upgrade it first.',
  'too-many-vats': 'Terminate vats that are no longer needed, or raise the limit.',
  'service-refused': 'The kernel has no such method, or its arguments are invalid.',
  'port-full': 'The host is not acknowledging the items of this port. See `heirloom port <name>`.',
  'timer-cancelled': 'The wakeup was cancelled with its token.',
  'worker-unknown': 'See `heirloom worker list` for the installed versions.',
  'worker-in-use': 'Move the vats that need it to another version first: `heirloom rollout start`.',
  'bundle-unknown': 'The bundle was retired meanwhile, or is not code of vats.',
  'bundle-in-use': 'Upgrade or terminate the vats that need it first; the message names them.',
  'rollout-refused': 'See `heirloom rollout status`.',
  'start-refused': 'Nothing of the vat was kept. Correct its code and create it again.',
  'upgrade-refused': 'The old incarnation is unchanged. Correct the new code and upgrade again.',
} as const satisfies Record<RejectionCode, string>

export const startHints = {
  'start/bundle-broken': 'The bundle could not be evaluated, or does not export a function buildRootObject.',
  'start/threw': 'buildRootObject threw an error, or its promise was rejected.',
  'start/never-settled':
    'The promise of buildRootObject waits for something that cannot happen before the vat has started.',
  'start/root-not-remotable':
    'buildRootObject must return an object made with Far, or one of a durable kind.',
  'start/kinds-missing':
    'By the end of buildRootObject, every durable kind that has objects must be defined again with its tag.',
  'start/facets-missing':
    'Durable kinds were defined without facets that they had; the names are below. Define them.',
  'start/facets-changed':
    'A durable kind with a single facet was defined with several facets, or the other way around.',
  'start/shape-changed':
    'State shapes of durable kinds changed; the names are below. Add only optional fields, or raise stateVersion.',
  'start/migration-missing':
    'Records of a durable kind are newer than the code, or no migration leads from their version to it.',
  'start/exports-missing':
    'Reconnect each named export with vatPowers.reconnectExport, or release it with releaseExport.',
  'start/exited': 'The vat called exitVat or exitVatWithFailure while it started.',
  'start/fault':
    'The start exceeded a limit or an empty meter stopped it, or the engine trapped; the names are below.',
  'replay/diverged':
    'The new code behaved differently from the old code in a past delivery. Put the change behind patched(id), ' +
    'or use `durable` mode.',
  'replay/unavailable': 'The meter of the vat is empty. Add to it, or use `durable` mode.',
  'replay/exhausted':
    'A past delivery needs more computrons or heap there than the vat may use. Raise its limits, or restart it.',
  'replay/trapped': 'The engine failed in a past delivery. The vat stays on its worker; report the engine.',
  'start/parameters-unknown':
    'The vat was started by a kernel that did not record parameters. Pass them with --parameters this time.',
  'salvage/stale': 'Salvage again, and upgrade with the new result.',
  'replay/parameters':
    'A replay keeps the parameters of the vat. Pass none, or use `durable` mode.',
} as const satisfies Record<StartRefusal['code'] | ReplayRefusal['code'], string>

/** Instead of that of `replay/diverged`, where the code is the same and the worker below it differs. */
export const workerDivergedHint =
  'The vat behaved differently there in a past delivery. Keep it on its worker, or restart it there with ' +
  '`--mode restart`.'
