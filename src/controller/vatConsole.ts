/** What vats write to their consoles, for the host that wants to hear of it. */
import type { VatId } from '../base/ids.ts'
import type { VatConsoleLine } from './calls.ts'
import type { ConsoleListener } from './trace.ts'

/** Lines of the test log are no lines of the console. */
export const consoleTo = (tell: (line: VatConsoleLine) => void, nameOf: (vat: VatId) => string | undefined): ConsoleListener => (vat, { level, text }) => {
  if (level !== 'testLog') tell({ vat, name: nameOf(vat) ?? vat, level, text: text.replace(ownFrames, '') })
}

/** Of the supervisor, in a stack: they say nothing to the author of a vat. The trace has them. */
const ownFrames = /\n *at [^\n]*\(supervisor:\d+:\d+\)(?=\n|$)/g
