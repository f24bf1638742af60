/** What a kernel declares of itself, for people. */
import type { KernelView } from '../../../host/index.ts'
import { wireList } from '../../../protocol/kernel/workerWires.ts'
import { formatCount } from '../text/counts.ts'

type Declared = Pick<
  KernelView,
  'version' | 'interfaceLevel' | 'tablesVersion' | 'oldestTables' | 'workerWires'
>

/** In one line. */
export const declaredText = (view: Declared): string =>
  [
    ...(view.version === null ? [] : [`version ${view.version}`]),
    `interface level ${formatCount(view.interfaceLevel)}`,
    `tables of version ${tablesText(view)}`,
    `worker wires ${wireList(view.workerWires)}`,
  ].join(', ')

/** The version that it writes, and since which it reads them. */
export const tablesText = ({ tablesVersion, oldestTables }: Declared): string =>
  oldestTables === tablesVersion
    ? formatCount(tablesVersion)
    : `${formatCount(tablesVersion)} (reads ${formatCount(oldestTables)} and later)`
