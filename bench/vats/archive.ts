/** Keeps long texts in a durable map: what makes a store large. */
import { Far, makeMapStore, provide, type BuildRootObject } from 'heirloom/vat'

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const texts = provide(baggage, 'texts', () => makeMapStore<number, string>('texts', { durable: true }))
  return Far('archive', {
    /** Keeps so many more texts of so many characters, no two of them equal. */
    keep(count: number, characters: number) {
      const from = texts.getSize()
      for (let index = from; index < from + count; index += 1)
        texts.init(index, `${index} `.repeat(characters / 2).slice(0, characters))
    },
    kept: () => texts.getSize(),
  })
}
