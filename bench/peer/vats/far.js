/** A small vat with `@endo/far`. */
import { Far } from '@endo/far'

export const buildRootObject = () => Far('far', { echo: (value) => value })
