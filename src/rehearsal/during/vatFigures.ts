/** Figures of each vat that a run must leave the same, wherever it was interrupted. */
import type { VatId } from '../../base/ids.ts'
import type { Controller } from '../../host/controller.ts'

/** Figures of one vat; the same on every machine. */
export interface VatFigure {
  readonly vat: VatId
  readonly name: string
  /** Since the vat was made. */
  readonly deliveries: number
  /** Rows in its own space; null where the kernel does not count them. */
  readonly rows: number | null
}

/** Of all vats, by number. */
export async function vatFigures(controller: Controller): Promise<readonly VatFigure[]> {
  const { vats } = await controller.stats()
  const names = new Map((await controller.vats()).map(({ vat, name }) => [vat, name]))
  return vats.map(({ vat, deliveries, rows }) => ({ vat, name: names.get(vat) ?? vat, deliveries, rows }))
}
