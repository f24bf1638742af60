/** Codes with which a start or a replay of code is refused. */
import type { Explanation } from '../explanation.ts'

export const startCodes = {
  'start/bundle-broken': {
    when: 'The bundle threw an error while it was evaluated, or has no `buildRootObject`.',
    remedy: 'Correct the source; the message has the error.',
  },
  'start/threw': {
    when: 'The error is in the message, its stack below.',
    remedy: 'Correct the source, or the parameters that the vat is given.',
  },
  'start/never-settled': {
    when:
      '`buildRootObject` awaits an answer from another vat. Messages that a vat sends while it starts are ' +
      'delivered only after it has started.',
    remedy:
      'Do not await remote answers in `buildRootObject`; use `E.when` or a promise watcher, and return ' +
      'the root at once.',
  },
  'start/root-not-remotable': {
    when: '`buildRootObject` returned a plain record, `undefined`, or a promise for one.',
  },
  'start/kinds-missing': {
    when:
      'An upgrade in `durable` mode started code that does not define all durable kinds of the vat. ' +
      '`names` has the tags.',
    remedy:
      'Define them, even if they are no longer used, or allow the upgrade to abandon them with ' +
      '`abandonKinds`. See [upgrade](upgrade.md).',
  },
  'start/facets-missing': {
    when:
      'New code defines a kind with facets that do not include all earlier ones. Other vats may still ' +
      'hold them. `names` has `tag.facet`.',
    remedy: 'Keep the facet; its methods may do nothing.',
  },
  'start/facets-changed': {
    when:
      'The identity of the objects of a kind depends on whether it has one or several facets. `names` has ' +
      'the tag.',
    remedy: 'Define the kind as before, and create a new kind with another tag for new objects.',
  },
  'start/shape-changed': {
    when:
      'The `stateShape` of a kind lost a field, changed the pattern of a field, or gained a field that is ' +
      'not optional. `names` has `tag.field`.',
    remedy: 'See [kinds](kinds.md) for state versions and migrations.',
  },
  'start/migration-missing': {
    when:
      'The code is older than the records, or earlier migrations were removed too soon. `names` has the tag.',
    remedy: 'Bring back the migrations, or finish the migration of all records before you remove them.',
  },
  'start/exports-missing': {
    when:
      'The previous incarnation named exports, and the new code neither reconnected nor released them. ' +
      '`names` has the labels.',
  },
  'start/exited': {
    when: 'A vat ends itself only after it has started.',
    remedy: 'Call `exitVat` later, for instance in answer to a message.',
  },
  'start/fault': {
    when:
      'The start used more computrons, heap or storage than the vat may use, its meter is empty, or the ' +
      'engine trapped. `names` has the [code](#rejections-by-the-kernel) of the fault.',
    remedy: 'Raise the limit in the options of the vat, or do less in `buildRootObject`.',
  },
  'start/parameters-unknown': {
    when: 'An upgrade was asked to keep the parameters, and they were not recorded when the vat was started.',
  },
  'salvage/stale': {
    when:
      'The vat was upgraded, or durable objects in the salvaged data were deleted, after `salvage` was ' +
      'called. `names` has the objects.',
  },
  'replay/diverged': {
    when:
      'An upgrade by replay runs the transcript of the incarnation on the new code. `divergence` has the ' +
      'delivery, the recorded syscall and the new one.',
  },
  'replay/exhausted': {
    when:
      'The code of the vat needs more computrons or heap in a past delivery than the vat may use: other ' +
      'engines count other costs. `divergence` has the delivery.',
  },
  'replay/trapped': {
    when: 'The engine of the new worker version stopped in a past delivery. `divergence` has the delivery.',
  },
  'replay/unavailable': {
    when: 'A replay costs computrons, and the meter of the vat has none left.',
  },
  'replay/parameters': {
    when: 'An upgrade in `replay` mode was given parameters.',
  },
} as const satisfies Readonly<Record<string, Explanation>>
