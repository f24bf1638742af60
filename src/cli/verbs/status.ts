/** `heirloom status`: reports the state of the store, checked as deeply as requested. */
import { assert } from '../../base/errors.ts'
import type { StoreStatus } from '../../protocol/machine/reports.ts'
import { columns } from '../output/text/columns.ts'
import { blocksText, inputsText, retentionJson, transcriptsText } from '../output/retention.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { faultText } from '../output/kernel/kernelFault.ts'
import { migrationJson, migrationText } from '../output/kernel/migration.ts'
import { trialText } from '../output/kernel/trial.ts'
import { withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

const verifications = ['lazy', 'live', 'all'] as const

export const status: Verb = {
  name: 'status',
  summary: 'reports the state of the store',
  details: [
    'Opening a store checks the data that the kernel runs from (live). With --verify all, every row, page, bundle and',
    'transcript is checked against its hash; with --verify lazy, data is checked only when read.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: { verify: { kind: 'text', placeholder: 'HOW', values: verifications, description: 'lazy, live or all (default: live)' } },
  examples: ['heirloom status --verify all'],
  async run(args, io) {
    const verify = args.choice('verify', verifications) ?? 'live'
    return withReader(args, io, { verify }, async (controller, unwritable) => {
      const store = await controller.storeStatus()
      assert(store.height >= 0 && store.cranks >= 0 && store.queued >= 0, 'counts are not negative')
      return { kind: 'done', json: jsonOf(store, verify), text: textOf(store, verify, unwritable?.message) }
    })
  },
}

function stateText(state: StoreStatus['state']): string {
  if (state.kind === 'ready') return 'ready'
  if (state.kind === 'migrating') return migrationText(state.migration)
  return state.fault === null
    ? `failed on this machine: ${state.message}`
    : `faulted at ${faultText(state.fault)} (see \`heirloom fault show\`)`
}

function stateJson(state: StoreStatus['state']) {
  if (state.kind === 'ready') return { kind: state.kind }
  if (state.kind === 'migrating') return { kind: state.kind, migration: migrationJson(state.migration) }
  return { ...state, fault: state.fault === null ? null : { ...state.fault } }
}

const jsonOf = (
  {
    directory,
    access,
    height,
    cranks,
    activityHash,
    queued,
    vats,
    kernel,
    workers,
    paused,
    cleanups,
    residentWorkers,
    residentBytes,
    retention,
    state,
    trial,
  }: StoreStatus,
  verified: string,
) => ({
  store: directory,
  access,
  height,
  cranks,
  activityHash,
  queued,
  vats,
  kernel,
  workers: workers.map(({ id, engine, supervisor, image }) => ({ id, engine, supervisor, image })),
  paused: paused === null ? null : { ...paused },
  cleanups,
  residentWorkers,
  residentBytes,
  retention: retentionJson(retention),
  state: stateJson(state),
  trial: trial === null ? null : { ...trial },
  verified,
})

const textOf = (
  {
    directory,
    height,
    cranks,
    activityHash,
    queued,
    vats,
    kernel,
    workers,
    paused,
    cleanups,
    retention,
    state,
    trial,
  }: StoreStatus,
  verified: string,
  unwritable: string | undefined,
): string =>
  columns([
    ['store', directory],
    ...(unwritable === undefined ? [] : [['access', `for reading only: ${unwritable}`]]),
    ['verified', verified],
    ['height', formatCount(height)],
    ['cranks', formatCount(cranks)],
    ['activity hash', activityHash],
    ['queued', formatCount(queued)],
    ['vats', formatCount(vats)],
    ['kernel', kernel],
    ...workers.map(({ id }) => ['worker', id]),
    ['transcripts kept', transcriptsText(retention.transcripts)],
    ['block records kept', blocksText(retention.blocks)],
    ['block inputs kept', inputsText(retention.inputs)],
    ...(cleanups === 0 ? [] : [['cleaning up', pluralize(cleanups, 'vat')]]),
    ...(paused === null
      ? []
      : [['paused', `${paused.code}, since crank ${paused.since}: ${paused.message}`]]),
    ...(trial === null ? [] : [['kernel on trial', trialText(trial)]]),
    ['state', stateText(state)],
  ])
