/** Describes why an answer is pending. */
import type { PendingReason } from '../../protocol/host/pending.ts'
import { pluralize } from './text/counts.ts'
import { onOneLine } from './text/terminal.ts'

export function pendingText(reason: PendingReason): string {
  switch (reason.kind) {
    case 'queued':
      return reason.paused === null
        ? 'it waits in the run-queue; `heirloom run` continues'
        : `the kernel is paused: ${onOneLine(reason.paused)}`
    case 'parked':
      return parkedText(reason)
    case 'target':
      return `it was sent to a promise that is not settled${waitsText(reason.waitsFor)}`
    case 'timer':
      return `the timer answers at ${reason.due}`
    case 'vat':
      return vatText(reason)
    case 'trial':
      return `it is settled, and withheld while the kernel is on probation; it lasts ${pluralize(reason.cranksLeft, 'more crank')}`
    case 'unknown':
      return 'the kernel does not know the reason'
  }
}

function parkedText({ name, vat, status, message }: Extract<PendingReason, { kind: 'parked' }>): string {
  switch (status) {
    case 'suspended':
      return `vat ${name} (${vat}) is suspended: ${onOneLine(message)}`
    case 'draining':
      return `vat ${name} (${vat}) drains before its upgrade`
    case 'starting':
      return `vat ${name} (${vat}) has not started`
  }
}

function vatText({ name, vat, suspended, waitsFor, ports }: Extract<PendingReason, { kind: 'vat' }>): string {
  const who = `vat ${name} (${vat})`
  if (suspended !== null) return `${who} has the message and is suspended: ${onOneLine(suspended)}`
  if (waitsFor.length > 0) return `${who} has the message and has not answered${waitsText(waitsFor)}`
  const idle =
    ports.length === 0
      ? ', and waits for no one else'
      : `; it receives at the ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`
  return `${who} has the message and has not answered${idle}`
}

/** Everything that the vat waits for: only its code knows which of it the answer needs. */
function waitsText(reasons: readonly PendingReason[]): string {
  const texts = [...new Set(reasons.map(partyText))]
  return texts.length === 0 ? '' : `; it waits for ${texts.join(' and for ')}`
}

function partyText(reason: PendingReason): string {
  switch (reason.kind) {
    case 'queued':
      return reason.paused === null
        ? 'an item of the run-queue'
        : `what the kernel runs when it is resumed (paused: ${onOneLine(reason.paused)})`
    case 'parked':
      return `vat ${reason.name} (${reason.vat}), ${{ suspended: `which is suspended: ${onOneLine(reason.message)}`, draining: 'which drains before its upgrade', starting: 'which has not started' }[reason.status]}`
    case 'target':
      return `a promise that is not settled${waitsText(reason.waitsFor)}`
    case 'timer':
      return `the timer, at ${reason.due}`
    case 'vat': {
      const state =
        reason.suspended === null
          ? `which has not answered${waitsText(reason.waitsFor)}`
          : `which is suspended: ${onOneLine(reason.suspended)}`
      return `vat ${reason.name} (${reason.vat}), ${state}`
    }
    case 'trial':
      return 'the end of the probation of the kernel'
    case 'unknown':
      return 'something that the kernel does not know'
  }
}
