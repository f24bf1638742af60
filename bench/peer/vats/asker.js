/** Asks another vat: one question after the answer to the last, or many at a time. */
import { E, Far } from '@endo/far'

export const buildRootObject = () => {
  let other
  return Far('asker', {
    meet([target]) {
      other = target
    },
    async awaited(times) {
      let sum = 0
      for (let asked = 1; asked <= times; asked += 1) sum += await E(other).echo(asked)
      return sum
    },
    async pipelined(times, width) {
      let sum = 0
      for (let asked = 0; asked < times; asked += width) {
        const answers = Array.from({ length: width }, (_, index) => E(other).echo(asked + index + 1))
        for (const answer of await Promise.all(answers)) sum += answer
      }
      return sum
    },
    /** Passes the question on, so that vats make a chain. */
    echo: (value) => E(other).echo(value),
  })
}
