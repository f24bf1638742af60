/** Answers at once; holds objects of others. */
import { E, Far } from '@endo/far'

export const buildRootObject = () => {
  const held = []
  return Far('echo', {
    echo: (value) => value,
    hold(objects) {
      held.push(...objects)
      return held.length
    },
    askLast: () => E(held.at(-1)).add(1),
  })
}
