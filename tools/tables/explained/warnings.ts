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
} as const satisfies Readonly<Record<string, Explanation>>
