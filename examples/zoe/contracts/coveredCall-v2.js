/** The covered call as Zoe publishes it, with other last words: a next version that shows which one ran. */
import { start as startPublished } from '@agoric/zoe/src/contracts/coveredCall-durable.js'

export const start = (zcf, privateArgs, baggage) => {
  const ours = harden({
    makeInvitation: (...args) => zcf.makeInvitation(...args),
    atomicRearrange: (transfers) => zcf.atomicRearrange(transfers),
    shutdown: (completion) => zcf.shutdown(`${completion} (by version 2)`),
  })
  return startPublished(ours, privateArgs, baggage)
}
harden(start)
