/** The findings of an audit: as many as a report lists, and the total number. */
import { deviationLimit, type KernelDeviation } from '../../protocol/reports/audit.ts'

export class Findings {
  readonly deviations: KernelDeviation[] = []
  found = 0

  add(deviation: KernelDeviation): void {
    this.found += 1
    if (this.deviations.length < deviationLimit) this.deviations.push(deviation)
  }
}
