/** `heirloom kernel show`: shows the kernel in place. */
import { assert } from '../../../base/errors.ts'
import { releasedIds } from '../../../release/release.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { faultText } from '../../output/kernel/kernelFault.ts'
import { migrationJson, migrationText } from '../../output/kernel/migration.ts'
import type { KernelFaultView, MigrationView } from '../../../host/index.ts'
import { trialText } from '../../output/kernel/trial.ts'
import { tablesText } from '../../output/kernel/declared.ts'
import { wireList } from '../../../protocol/kernel/workerWires.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const kernelShow: Verb = {
  name: 'kernel show',
  summary: 'shows the kernel that the store runs on',
  details:
    'Whether it is that of this release of Heirloom, since which block it is in place, whether it is on trial or failed.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom kernel show'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const view = (await controller.kernels()).find(({ use }) => use === 'in-place')
      assert(view !== undefined, 'a store has a kernel in place')
      const { kernel: released } = await releasedIds()
      const since = (await controller.kernelHistory()).findLast(
        ({ refused, returned }) => refused === null && returned === null,
      )
      const fault = (await controller.fault()) ?? null
      const { state, trial } = await controller.storeStatus()
      const migration = state.kind === 'migrating' ? state.migration : null
      const { id, version, interfaceLevel, tablesVersion, oldestTables, workerWires } = view
      const isReleased = id === released
      return {
        kind: 'done',
        json: {
          id,
          version,
          interfaceLevel,
          tablesVersion,
          oldestTables,
          workerWires: [...workerWires],
          isReleased,
          released,
          since: since === undefined ? null : { block: since.block, from: since.from },
          fault: fault === null ? null : { ...fault },
          migration: migration === null ? null : migrationJson(migration),
          trial: trial === null ? null : { ...trial },
        },
        text: columns([
          ['kernel', id],
          ['version', version ?? 'not declared'],
          ['of this release', isReleased ? 'yes' : `no, that is ${released}`],
          ['interface level', formatCount(interfaceLevel)],
          ['version of tables', tablesText(view)],
          ['worker wires', wireList(workerWires)],
          ['in place', since === undefined ? 'since the store was made' : `after block ${formatCount(since.block)}`],
          ...(trial === null ? [] : [['trial', trialText(trial)]]),
          ['state', stateText(migration, fault)],
        ]),
      }
    })
  },
}

function stateText(migration: MigrationView | null, fault: KernelFaultView | null): string {
  if (migration !== null) return migrationText(migration)
  return fault === null ? 'ready' : `faulted: ${faultText(fault)}`
}
