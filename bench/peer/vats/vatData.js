/** A small vat with `@agoric/vat-data`. */
import { Far } from '@endo/far'
import { prepareSingleton } from '@agoric/vat-data'

export const buildRootObject = (_powers, _parameters, baggage) => {
  const answerer = prepareSingleton(baggage, 'answerer', { answer: (value) => value })
  return Far('vatData', { echo: (value) => answerer.answer(value) })
}
