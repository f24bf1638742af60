/** Parses items of the inbox and the outbox. The store checks the texts, this file the form. */
import { isCapData, type CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { InboxItem } from '../../protocol/host/inbox.ts'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An item of the inbox. The kernel itself checks whether it accepts the item. */
export function readInboxItem(sequence: number, text: string): InboxItem {
  const item = parsed(text)
  if (typeof item === 'object' && item !== null && 'kind' in item && typeof item.kind === 'string')
    return item as InboxItem
  return refuse('store/corrupt-channel', `item ${sequence} of the inbox is not an item of a host`, {
    channel: 'inbox',
    sequence,
  })
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
