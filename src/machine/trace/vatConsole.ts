/** Passes what vats write to their consoles to the host. */
import type { VatId } from '../../base/ids.ts'
import type { VatConsoleLine } from '../../protocol/machine/messages.ts'
import type { ConsoleListener } from './trace.ts'

/** Lines of the test log are not console lines. */
export const consoleTo =
  (report: (line: VatConsoleLine) => void, nameOf: (vat: VatId) => string | undefined): ConsoleListener =>
  (vat, { level, text }) => {
    if (level !== 'testLog') report({ vat, name: nameOf(vat) ?? vat, level, text: text.replace(ownFrames, '') })
  }

/** Supervisor frames in a stack: useless to the author of a vat. The trace has them. */
const ownFrames = /\n *at [^\n]*\(supervisor:\d+:\d+\)(?=\n|$)/g
