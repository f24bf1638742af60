/**
 * The vat's durable data, as the supervisor reaches it: text by key, kept by the kernel.
 * Nothing is remembered here; what is worth remembering for a crank, its owner remembers.
 */
import { ask, command } from './channel.ts'
import { orderedNumber } from '../base/ordered.ts'

/**
 * The layout of a vat's space, the only place where its keys are made:
 *
 * | key                      | value                                        |
 * |--------------------------|----------------------------------------------|
 * | `baggage.` name          | JSON of capdata                              |
 * | `kind.` id               | JSON of a `KindRecord`                       |
 * | `kinds.next`             | the number of the next kind                  |
 * | `next.` kind             | the number of the kind's next instance       |
 * | `object.` vref           | JSON of field → capdata                      |
 * | `import.` vref           | empty: durable data refers to the import (`protocol/vatstore.ts`) |
 */
export const keys = {
  baggagePrefix: 'baggage.',
  baggage: (name: string): string => `baggage.${encodeURIComponent(name)}`,
  baggageName: (key: string): string => decodeURIComponent(key.slice('baggage.'.length)),
  kindPrefix: 'kind.',
  kind: (kind: number): string => `kind.${orderedNumber(kind)}`,
  nextKind: 'kinds.next',
  nextInstance: (kind: number): string => `next.${kind}`,
  object: (vref: string): string => `object.${vref}`,
} as const

/** The longest key that the kernel takes (`docs/wires/syscall.md`). */
export const longestKey = 512

export function read(key: string): string | undefined {
  return ask({ kind: 'vatstoreGet', key }) ?? undefined
}

export function write(key: string, value: string): void {
  command({ kind: 'vatstoreSet', key, value })
}

export function remove(key: string): void {
  command({ kind: 'vatstoreDelete', key })
}

/** The keys that begin with the prefix, in order. A key written or removed meanwhile is seen or not seen accordingly. */
export function* keysFrom(prefix: string): Generator<string> {
  // A text that is less than the prefix: a key that is the prefix itself counts too.
  let after = prefix.slice(0, -1)
  for (;;) {
    const key = ask({ kind: 'vatstoreNextKey', prefix, after })
    if (key === null) return
    yield key
    after = key
  }
}
