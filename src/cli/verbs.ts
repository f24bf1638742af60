/** The table of all verbs, in the order of typical use. */
import { assert } from '../base/errors.ts'
import type { Verb } from './session/verb.ts'
import { audit } from './verbs/audit.ts'
import { create } from './verbs/create.ts'
import { cycles } from './verbs/cycles.ts'
import { exportVerb } from './verbs/export.ts'
import { history } from './verbs/history.ts'
import { importVerb } from './verbs/import.ts'
import { init } from './verbs/init.ts'
import { install } from './verbs/install.ts'
import { pause } from './verbs/pause.ts'
import { port } from './verbs/port.ts'
import { node, test } from './verbs/programs.ts'
import { prune } from './verbs/prune.ts'
import { replay } from './verbs/replay.ts'
import { result } from './verbs/result.ts'
import { retention } from './verbs/retention.ts'
import { resume } from './verbs/resume.ts'
import { run } from './verbs/run.ts'
import { salvage } from './verbs/salvage.ts'
import { send } from './verbs/send.ts'
import { signature } from './verbs/signature.ts'
import { size } from './verbs/size.ts'
import { status } from './verbs/status.ts'
import { suspend } from './verbs/suspend.ts'
import { terminate } from './verbs/terminate.ts'
import { time } from './verbs/time.ts'
import { top } from './verbs/top.ts'
import { trace } from './verbs/trace.ts'
import { unpause } from './verbs/unpause.ts'
import { upgrade } from './verbs/upgrade.ts'
import { vats } from './verbs/vats.ts'

export const verbs: readonly Verb[] = [
  init,
  install,
  create,
  send,
  run,
  upgrade,
  replay,
  signature,
  salvage,
  suspend,
  resume,
  terminate,
  pause,
  unpause,
  status,
  vats,
  history,
  result,
  port,
  time,
  audit,
  cycles,
  size,
  top,
  retention,
  prune,
  trace,
  exportVerb,
  importVerb,
  node,
  test,
]

assert(new Set(verbs.map(({ name }) => name)).size === verbs.length, 'every verb has a name of its own')
