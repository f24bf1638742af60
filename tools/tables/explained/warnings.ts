/** Codes of warnings: they refuse nothing. */
import type { Explanation } from '../explanation.ts'

export const warnings = {
  'upgrade/parameters-dropped': {
    when:
      'A check of an upgrade finds that the vat was started with parameters and that the upgrade passes ' +
      'none. The next incarnation would get `undefined`.',
    remedy:
      "Pass the parameters again, or keep them with `parametersFrom: 'kept'` (`--parameters-from kept`).",
  },
  'estate/record-differs': {
    when:
      'A check of an upgrade compares the fields of stored records with those that the new code would ' +
      'write, and they differ. `names` has `tag.field`.',
    remedy: 'If the change is intended, raise `stateVersion` and add a migration.',
  },
  'interface/called-method-removed': {
    when:
      'A check of an upgrade finds that an object loses a method that was called since the incarnation began, ' +
      'by the transcript. The message has how often, and the last delivery. `names` has `object.method`.',
    remedy: 'Keep the method until its callers no longer need it.',
  },
  'interface/method-removed': {
    when:
      'A check of an upgrade finds that the root, a named export or the objects of a durable kind lose methods ' +
      'that no recorded message has called. `names` has `object.method`.',
    remedy: 'Others may call them still: see who has the objects.',
  },
  'interface/arity-changed': {
    when:
      'A check of an upgrade finds that the guard of a method needs more arguments than before, or takes fewer.',
    remedy: 'Make new arguments optional, and leave the old ones in the guard.',
  },
  'interface/call-kind-changed': {
    when: 'A check of an upgrade finds that the guard of a method is `M.callWhen` and was `M.call`, or the reverse.',
    remedy: 'Callers in the same vat get a promise, or no longer do.',
  },
  'interface/guard-changed': {
    when:
      'A check of an upgrade finds that a method without a guard gets one, or that the pattern of an argument ' +
      'or of the result is another. Whether it accepts more or less is not decided.',
    remedy: 'Compare the patterns in the message with what callers send; a fast-forward shows what they get.',
  },
} as const satisfies Readonly<Record<string, Explanation>>
