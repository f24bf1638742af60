/**
 * Events of a node, as server-sent events.
 *
 * Evs1. An event is yielded once, in order. After a lost connection the stream continues after the last event
 *       that was yielded, also when the node was restarted meanwhile.
 * Evs2. It ends by its signal, by leaving the loop, or by a refusal of the node; a node that does not answer
 *       is asked again. Only the first connection must succeed.
 */
import { isRecord } from '../base/guards.ts'
import type { JsonValue } from '../protocol/node/fields.ts'
import { isPassing } from './nodeError.ts'
import { pause, pauseAfter } from './pause.ts'
import { send, unreachable, type Connection } from './request.ts'
import type { EventView } from './views.ts'

/** Which events. */
export interface EventOptions {
  /** The cursor of an event, after which they begin; a height stands for its end. Default: from now on. */
  readonly after?: string | number
  /** Only events of these kinds. */
  readonly kinds?: readonly string[]
  readonly signal?: AbortSignal
}

/** Evs1, Evs2. */
export async function* eventsOf(
  connection: Connection,
  options: EventOptions,
): AsyncGenerator<EventView, void> {
  const { kinds, signal } = options
  let cursor = options.after === undefined ? undefined : String(options.after)
  let failures = 0
  for (let connections = 0; ; ) {
    try {
      const messages = messagesOf(await connect(connection, cursor, options))
      connections += 1
      for await (const message of messages) {
        failures = 0
        cursor = message.id ?? cursor
        const event = eventOf(message)
        if (event !== undefined && (kinds === undefined || kinds.includes(event.kind))) yield event
      }
    } catch (error) {
      signal?.throwIfAborted()
      const lost = unreachable(connection, error)
      if (connections === 0 || !isPassing(error instanceof Error && 'status' in error ? error : lost)) throw error
    }
    await pause(pauseAfter(failures++), signal)
  }
}

async function connect(
  connection: Connection,
  cursor: string | undefined,
  { kinds, signal }: EventOptions,
): Promise<ReadableStream<Uint8Array>> {
  const [only] = kinds ?? []
  const { body } = await send(connection, {
    path: '/v1/events',
    parameters: { after: cursor, kind: kinds?.length === 1 ? only : undefined },
    headers: { accept: 'text/event-stream', ...(cursor === undefined ? {} : { 'last-event-id': cursor }) },
    signal,
  })
  return body ?? new ReadableStream<Uint8Array>()
}

/** A message of the stream. */
interface StreamMessage {
  readonly id: string | undefined
  readonly data: string
}

async function* messagesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage, void> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text = (text + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n')
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) yield messageIn(part)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Lines that begin with a colon are comments, which keep the connection alive. */
function messageIn(text: string): StreamMessage {
  let id: string | undefined
  const data: string[] = []
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([^:]+):? ?(.*)$/.exec(line) ?? []
    if (name === 'id') id = value
    if (name === 'data') data.push(value)
  }
  return { id, data: data.join('\n') }
}

function eventOf({ id, data }: StreamMessage): EventView | undefined {
  const place = /^(\d+)\.(\d+)$/.exec(id ?? '')
  if (place === null || id === undefined || data === '') return undefined
  const event: unknown = JSON.parse(data)
  if (!isRecord(event) || typeof event['kind'] !== 'string') return undefined
  const { kind, transaction } = event
  return {
    cursor: id,
    height: Number(place[1]),
    place: Number(place[2]),
    kind,
    transaction: typeof transaction === 'string' ? transaction : null,
    data: (event['data'] ?? {}) as { readonly [key: string]: JsonValue },
  }
}
