/** `heirloom rollout abort`: ends a rollout before its end. */
import type { Verb } from '../../session/verb.ts'
import { controlVerb } from './controlVerb.ts'

export const rolloutAbort: Verb = controlVerb(
  {
    name: 'rollout abort',
    summary: 'ends a rollout before its end',
    details: [
      'Vats that were moved stay on their new version, the others on theirs; those that the rollout suspended are resumed.',
      'Runs nothing; commits one block.',
    ].join('\n'),
    examples: ["heirloom rollout abort --reason 'the engine is slow'"],
  },
  (controller, reason) => controller.abortRollout(reason),
)
