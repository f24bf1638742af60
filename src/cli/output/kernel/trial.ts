/** The trial of a kernel, for people. */
import type { KernelTrialView } from '../../../host/index.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { shortId } from '../text/shortId.ts'

/** `for 40 more cranks; if it fails, b1-66479432da15 is back, as after block 12` */
export const trialText = ({ from, block, cranksLeft }: KernelTrialView): string => {
  const lasts = cranksLeft === null ? 'until the next block' : `for ${pluralize(cranksLeft, 'more crank')}`
  return `${lasts}; if it fails, ${shortId(from)} is back, as after block ${formatCount(block)}`
}
