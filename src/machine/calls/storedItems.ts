/** Parses items of the inbox and the outbox. The store checks the texts, this file the form. */
import { isCapData, type CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import { isRecord } from '../../base/guards.ts'
import { excerpt } from '../../base/text.ts'
import { isRequestKind, requestFlaw, type InboxItem } from '../../protocol/host/requests.ts'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An item of the inbox. Refuses one that is not the whole record of a request. */
export function readInboxItem(sequence: number, text: string): InboxItem {
  const item = parsed(text)
  const why = inboxFlaw(item)
  if (why !== undefined)
    return refuse('store/corrupt-channel', `item ${sequence} of the inbox is not an item of a host: ${why}`, {
      channel: 'inbox',
      sequence,
    })
  return item as InboxItem
}

function inboxFlaw(item: unknown): string | undefined {
  if (!isRecord(item) || typeof item['kind'] !== 'string') return 'it has no kind'
  const { kind } = item
  if (!isRequestKind(kind)) return `there is no request ${excerpt(kind, 50)}`
  const flaw = requestFlaw(kind, item)
  return flaw === undefined ? undefined : `the field ${flaw} of ${kind} is missing or wrong`
}

/** An item of the outbox, sent by a port. */
export function readOutboxItem(sequence: number, text: string): CapData {
  const item = parsed(text)
  if (isCapData(item)) return item
  return refuse('store/corrupt-channel', `item ${sequence} of the outbox is not an item of a port`, {
    channel: 'outbox',
    sequence,
  })
}
