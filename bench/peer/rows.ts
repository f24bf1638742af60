/** All rows, in the order in which they are printed. */
import type { Row } from './row.ts'
import { deliveryRows } from './rows/deliveries.ts'
import { historyRows } from './rows/histories.ts'
import { objectRows } from './rows/objects.ts'
import { vatRows } from './rows/vats.ts'

export const rows: readonly Row[] = [...deliveryRows, ...objectRows, ...vatRows, ...historyRows]
