/** Asks another vat again and again, one question after the answer to the last. */
import { E, Far, type BuildRootObject } from 'heirloom/vat'

interface Counter {
  add(by: bigint): bigint
}
interface Echo {
  echo(value: unknown): unknown
}

export const buildRootObject: BuildRootObject = () => {
  let held: readonly object[] = []
  return Far('asker', {
    hold(objects: readonly object[]) {
      held = [...held, ...objects]
      return held.length
    },
    async echoes(target: Echo, times: number) {
      for (let done = 0; done < times; done += 1) await E(target).echo(5n)
    },
    async adds(target: Counter, times: number) {
      for (let done = 0; done < times; done += 1) await E(target).add(1n)
    },
  })
}
