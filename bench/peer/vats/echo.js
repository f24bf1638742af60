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
    /** Work without messages: numbers are made, sorted and summed up. */
    compute(rounds) {
      let sum = 0
      for (let round = 1; round <= rounds; round += 1) {
        const numbers = Array.from({ length: 100 }, (_, index) => (index * 7_919 + round) % 1_009)
        numbers.sort((a, b) => a - b)
        for (const number of numbers) sum = (sum * 31 + number) % 1_000_003
      }
      return sum
    },
    askLast: () => E(held.at(-1)).add(1),
  })
}
