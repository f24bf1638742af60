/** The table of all verbs, in the order of typical use. A verb is one word, or two, such as `worker list`. */
import { assert } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { refuseUsage } from './args/arguments.ts'
import { isVoteKind } from './session/node/messageWords.ts'
import type { Verb } from './session/verb.ts'
import { audit } from './verbs/audit.ts'
import { completionOf } from './verbs/completion.ts'
import { create } from './verbs/create.ts'
import { createApp } from './verbs/createApp.ts'
import { cycles } from './verbs/cycles.ts'
import { exportVerb } from './verbs/export.ts'
import { faultHistory } from './verbs/fault/history.ts'
import { faultPutBack } from './verbs/fault/putBack.ts'
import { faultRetry } from './verbs/fault/retry.ts'
import { faultSetAside } from './verbs/fault/setAside.ts'
import { faultShow } from './verbs/fault/show.ts'
import { govList } from './verbs/gov/list.ts'
import { govPropose } from './verbs/gov/propose.ts'
import { govShow } from './verbs/gov/show.ts'
import { govVote } from './verbs/gov/vote.ts'
import { history } from './verbs/history.ts'
import { importVerb } from './verbs/import.ts'
import { init } from './verbs/init.ts'
import { install } from './verbs/install.ts'
import { kernelBuild } from './verbs/kernel/build.ts'
import { kernelCheck } from './verbs/kernel/check.ts'
import { kernelHistory } from './verbs/kernel/history.ts'
import { kernelInstall } from './verbs/kernel/install.ts'
import { kernelList } from './verbs/kernel/list.ts'
import { kernelShow } from './verbs/kernel/show.ts'
import { kernelUpgrade } from './verbs/kernel/upgrade.ts'
import { keyList } from './verbs/key/list.ts'
import { keyNew } from './verbs/key/new.ts'
import { keyShow } from './verbs/key/show.ts'
import { nodeExport } from './verbs/node/export.ts'
import { nodeImport } from './verbs/node/import.ts'
import { nodeInit } from './verbs/node/init.ts'
import { nodeReset } from './verbs/node/reset.ts'
import { nodeStart } from './verbs/node/start.ts'
import { nodeStatus } from './verbs/node/status.ts'
import { pause } from './verbs/pause.ts'
import { port } from './verbs/port.ts'
import { node, test } from './verbs/programs.ts'
import { prune } from './verbs/prune.ts'
import { query } from './verbs/query.ts'
import { rehearse } from './verbs/rehearse.ts'
import { reinitialize } from './verbs/reinitialize.ts'
import { replay } from './verbs/replay.ts'
import { result } from './verbs/result.ts'
import { retention } from './verbs/retention.ts'
import { resume } from './verbs/resume.ts'
import { retire } from './verbs/retire.ts'
import { certify } from './verbs/certify.ts'
import { planCheck } from './verbs/plan/check.ts'
import { planAbandon, planPause, planResume } from './verbs/plan/control.ts'
import { planHistory } from './verbs/plan/history.ts'
import { planRun } from './verbs/plan/run.ts'
import { planStatus } from './verbs/plan/status.ts'
import { rolloutAbort } from './verbs/rollout/abort.ts'
import { rolloutPause } from './verbs/rollout/pause.ts'
import { rolloutResume } from './verbs/rollout/resume.ts'
import { rolloutStart } from './verbs/rollout/start.ts'
import { rolloutStatus } from './verbs/rollout/status.ts'
import { run } from './verbs/run.ts'
import { salvage } from './verbs/salvage.ts'
import { send } from './verbs/send.ts'
import { signature } from './verbs/signature.ts'
import { size } from './verbs/size.ts'
import { status } from './verbs/status.ts'
import { sweep } from './verbs/sweep.ts'
import { suspend } from './verbs/suspend.ts'
import { terminate } from './verbs/terminate.ts'
import { time } from './verbs/time.ts'
import { top } from './verbs/top.ts'
import { trace } from './verbs/trace.ts'
import { messageVerbs } from './verbs/tx/messages.ts'
import { txUpload } from './verbs/tx/upload.ts'
import { unpause } from './verbs/unpause.ts'
import { upgrade } from './verbs/upgrade.ts'
import { upgradeWorker } from './verbs/upgradeWorker.ts'
import { vats } from './verbs/vats.ts'
import { workerDefault } from './verbs/worker/default.ts'
import { workerInstall } from './verbs/worker/install.ts'
import { workerList } from './verbs/worker/list.ts'
import { workerRetire } from './verbs/worker/retire.ts'
import { workerShow } from './verbs/worker/show.ts'

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
  retire,
  terminate,
  pause,
  unpause,
  status,
  vats,
  history,
  result,
  port,
  time,
  workerInstall,
  workerList,
  workerShow,
  workerDefault,
  workerRetire,
  upgradeWorker,
  rolloutStart,
  rolloutStatus,
  rolloutPause,
  rolloutResume,
  rolloutAbort,
  kernelShow,
  kernelList,
  kernelBuild,
  kernelInstall,
  kernelCheck,
  kernelUpgrade,
  kernelHistory,
  reinitialize,
  rehearse,
  certify,
  planCheck,
  planRun,
  planStatus,
  planPause,
  planResume,
  planAbandon,
  planHistory,
  faultShow,
  faultHistory,
  faultRetry,
  faultSetAside,
  faultPutBack,
  audit,
  sweep,
  cycles,
  size,
  top,
  retention,
  prune,
  trace,
  exportVerb,
  importVerb,
  nodeInit,
  nodeStart,
  nodeStatus,
  nodeExport,
  nodeImport,
  nodeReset,
  keyNew,
  keyShow,
  keyList,
  ...messageVerbs,
  txUpload,
  govPropose,
  govVote,
  govList,
  govShow,
  query,
  node,
  test,
  createApp,
  completionOf(() => verbs),
]

assert(new Set(verbs.map(({ name }) => name)).size === verbs.length, 'every verb has a name of its own')

export const isVerb = (name: string): boolean => verbs.some((verb) => verb.name === name)

/** The verbs whose first word of two this is. */
export const groupOf = (word: string): readonly Verb[] =>
  verbs.filter(({ name }) => name.startsWith(`${word} `))

/** @throws CodedError `cli/usage` */
export function verbNamed(name: string): Verb {
  const verb = verbs.find((candidate) => candidate.name === name)
  if (verb !== undefined) return verb
  const [, kind = ''] = name.split(' ')
  if (name === `tx ${kind}` && isVoteKind(kind))
    refuseUsage(`${kind} needs a vote: heirloom gov propose --title TEXT --message '{"kind":"${kind}", …}'`)
  const group = groupOf(name)
  if (group.length > 0)
    refuseUsage(`${name} needs a second word: one of ${group.map((each) => each.name).join(', ')}`)
  const close = nearest(name, verbs.flatMap((candidate) => [candidate.name, ...firstWord(candidate)]))
  return refuseUsage(
    `there is no verb ${JSON.stringify(name)}${close === undefined ? '' : `; did you mean ${close}?`}`,
  )
}

function firstWord({ name }: Verb): readonly string[] {
  const [first = '', second] = name.split(' ')
  return second === undefined ? [] : [first]
}
