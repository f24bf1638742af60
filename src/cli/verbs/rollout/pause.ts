/** `heirloom rollout pause`: pauses a rollout. */
import type { Verb } from '../../session/verb.ts'
import { controlVerb } from './controlVerb.ts'

export const rolloutPause: Verb = controlVerb(
  {
    name: 'rollout pause',
    summary: 'pauses a rollout: no further vat is moved',
    details: 'Vats that were moved stay on their new version. It continues with rollout resume. Runs nothing; commits one block.',
    examples: ["heirloom rollout pause --reason 'busy hours'"],
  },
  (controller, reason) => controller.pauseRollout(reason),
)
