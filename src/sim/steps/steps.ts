/**
 * The table of the steps. A new kind of step is a file, a line here and a member of the union in `step.ts`.
 */
import { advance } from './advance.ts'
import { commit } from './commit.ts'
import { create } from './create.ts'
import { forget } from './forget.ts'
import { pause, unpause } from './pause.ts'
import { collect, deliver } from './port.ts'
import { run } from './run.ts'
import { send } from './send.ts'
import { skip } from './skip.ts'
import { policy, resume, suspend, terminate } from './standing.ts'
import type { Stage, Step, StepKind } from './step.ts'
import { upgrade } from './upgrade.ts'

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
  pause,
  unpause,
  forget,
  deliver,
  collect,
  advance,
  skip,
}

export function applyStep(stage: Stage, step: Step, index: number): void {
  const { apply } = stepKinds[step.kind] as { apply(stage: Stage, step: Step, index: number): void }
  apply(stage, step, index)
}
