/** How the calls of a controller reach its machine. */
import type { ReplayInWork } from '../../base/pulse.ts'
import type { Ask } from './port.ts'

export interface Calling {
  /** Refuses while the controller is busy or shut down. */
  readonly ask: Ask
  /** Waits for its turn at the machine. */
  readonly later: Ask
  /** For calls that do something else before they ask: refuses as `ask` would. */
  readonly assertReady: () => void
  readonly commit: () => Promise<unknown>
  /** The replay that the machine does at this moment. */
  readonly replay: () => ReplayInWork | null
}

/** How many items of a list cross in one answer of the machine. */
const pieceLength = 1_000

/** Reads a list whose length has no bound. `read` takes what was read so far, and how much it may add. */
export async function inPieces<Item>(
  read: (read: readonly Item[], atMost: number) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const items: Item[] = []
  for (;;) {
    const more = await read(items, pieceLength)
    items.push(...more)
    if (more.length < pieceLength) return items
  }
}
