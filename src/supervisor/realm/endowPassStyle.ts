/**
 * Makes the supervisor's own copies of `@endo/pass-style` use the one `passStyleOf` too. Evaluated before
 * they are.
 */
import { passStyleOf, passStyleOfEndowment } from './passStyle.ts'

Object.assign(globalThis, { [passStyleOfEndowment]: passStyleOf })
