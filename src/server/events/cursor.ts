/**
 * Cursors of events: `HEIGHT.PLACE` after an event, `HEIGHT` after all events of a height. They are places in
 * the store of blocks, so they hold over restarts.
 */

/** After which event a stream goes on. */
export interface Cursor {
  readonly height: number
  /** `Infinity`: after all events of the height. */
  readonly place: number
}

export const cursorPattern = '^(0|[1-9][0-9]{0,14})(\\.(0|[1-9][0-9]{0,9}))?$'
const pattern = new RegExp(cursorPattern)

/** Returns undefined for what is not a cursor. */
export function readCursor(text: string): Cursor | undefined {
  if (!pattern.test(text)) return undefined
  const [height = '', place] = text.split('.')
  return { height: Number(height), place: place === undefined ? Infinity : Number(place) }
}

export const writeCursor = ({ height, place }: Cursor): string =>
  place === Infinity ? String(height) : `${height}.${place}`
