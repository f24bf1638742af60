/** Items of the inbox for people and for programs. */
import type { WaitingItem } from '../../../host/index.ts'
import { readInboxItem } from '../../../machine/calls/storedItems.ts'
import type { InboxItem } from '../../../protocol/host/requests.ts'
import type { Json } from '../../../api/jsonForm.ts'
import { onOneLine } from '../text/terminal.ts'

export interface ItemView {
  readonly sequence: number
  readonly kind: InboxItem['kind']
  /** What the item is about, such as a vat or a port; empty when its kind says it all. */
  readonly subject: string
}

export function itemView({ sequence, item }: WaitingItem): ItemView {
  const request = readInboxItem(sequence, item)
  return { sequence, kind: request.kind, subject: onOneLine(subjectOf(request)) }
}

export const itemJson = (item: WaitingItem): { readonly [key: string]: Json } => {
  const { sequence, kind, subject } = itemView(item)
  return { sequence, kind, subject, item: JSON.parse(item.item) as Json }
}

function subjectOf(item: InboxItem): string {
  switch (item.kind) {
    case 'send':
    case 'bootstrap':
      return [item.target, methodOf(item.methargs.body)].filter((text) => text !== '').join(' ')
    case 'createVat':
    case 'openPort':
      return item.name
    case 'deliver':
    case 'acknowledge':
    case 'dismiss':
      return `${item.port} ${item.number}`
    case 'advanceTime':
      return item.now
    case 'forget':
      return `result ${item.sequence}`
    case 'installBundle':
      return item.label ?? item.bundle
    case 'retireBundle':
      return item.bundle
    default:
      return 'vat' in item ? item.vat : ''
  }
}

/** The name of the method in the capdata of a message; empty for one that has none. */
function methodOf(body: string): string {
  const methargs: unknown = JSON.parse(body.replace(/^#/, ''))
  const [method] = Array.isArray(methargs) ? (methargs as readonly unknown[]) : []
  return typeof method === 'string' ? method : ''
}
