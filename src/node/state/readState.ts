/** Reads all rows of the host from a store. */
import type { Controller } from '../../host/controller.ts'
import { CommittedState, rowPrefix } from './hostState.ts'

const pageSize = 10_000

export async function readState(controller: Controller): Promise<CommittedState> {
  const rows: (readonly [string, string])[] = []
  for (;;) {
    const after = rows.at(-1)?.[0]
    const stretch = { limit: pageSize, ...(after === undefined ? {} : { after }) }
    const page = await controller.listHostState(rowPrefix, stretch)
    rows.push(...page)
    if (page.length < pageSize) return new CommittedState(rows)
  }
}
