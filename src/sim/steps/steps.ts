/** The table of the steps. A new kind is a file, a line here and a member of the union in `step.ts`. */
import { assert } from '../../base/errors.ts'
import { advance } from './advance.ts'
import { commit } from './commit.ts'
import { create } from './create.ts'
import { forget } from './forget.ts'
import { aside, kernel, putBack, retry } from './kernel.ts'
import { pause, unpause } from './pause.ts'
import { plan } from './plan.ts'
import { collect, deliver } from './port.ts'
import { retireCode } from './retireCode.ts'
import { run } from './run.ts'
import { send } from './send.ts'
import { skip } from './skip.ts'
import { limit, policy, resume, suspend, terminate } from './vatState.ts'
import type { World, Step, StepKind } from './step.ts'
import { upgrade } from './upgrade.ts'
import { move, retire, rollout, steer, useWorker } from './workers.ts'

/** By kind. */
export const stepKinds: { readonly [Kind in Step['kind']]: StepKind<Kind> } = {
  create,
  send,
  run,
  commit,
  upgrade,
  suspend,
  resume,
  terminate,
  policy,
  limit,
  move,
  rollout,
  steer,
  retire,
  'retire-code': retireCode,
  default: useWorker,
  pause,
  unpause,
  forget,
  deliver,
  collect,
  advance,
  kernel,
  retry,
  aside,
  'put-back': putBack,
  plan,
  skip,
}

/** Makes the request of a step. */
export function applyStep(world: World, step: Step, index: number): void {
  const { apply } = stepKinds[step.kind] as { apply(world: World, step: Step, index: number): void }
  assert(Number.isInteger(index), 'a step has a number')
  apply(world, step, index)
}
