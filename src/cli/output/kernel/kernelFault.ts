/** A fault of the kernel that is recorded in the store, as the problem of a command. */
import type { KernelFaultView } from '../../../host/index.ts'
import { onOneLine } from '../text/terminal.ts'
import { formatCount } from '../text/counts.ts'
import type { Problem } from '../report.ts'

/** The name and the message of the kernel's error. */
export const faultLine = ({ error }: Pick<KernelFaultView, 'error'>): string =>
  onOneLine(error.split('\n', 1)[0] ?? '')

/** `crank 12, after block 5: RangeError: …` */
export const faultText = (fault: KernelFaultView): string =>
  `crank ${formatCount(fault.crank)}, after block ${formatCount(fault.block)}: ${faultLine(fault)}`

/** Where to look for what can be done. */
export const faultAdvice = 'See `heirloom fault show` for what waits and what to do.'

/** Ends a command: the kernel failed in it or before it. */
export class KernelFaulted extends Error {
  readonly fault: KernelFaultView
  /** Lines about what the command had done. */
  readonly notes: readonly string[]
  /** The same for programs. */
  readonly done: Readonly<Record<string, unknown>>

  constructor(
    fault: KernelFaultView,
    notes: readonly string[] = [],
    done: Readonly<Record<string, unknown>> = {},
  ) {
    super(`the kernel failed at ${faultText(fault)}`)
    this.fault = fault
    this.notes = notes
    this.done = done
  }
}

/** What the command submitted waits, so the user must not repeat it. */
export const problemOfFault = ({ message, fault, notes, done }: KernelFaulted): Problem => ({
  exit: 'fault',
  code: 'kernel/fault',
  message,
  hint: `What was accepted waits and is not lost; do not repeat it. ${faultAdvice}`,
  notes,
  detail: { ...fault, ...done },
})
