/** Makes text of vats safe to print: it may contain control characters and line ends. */

/** Unquoted text of a vat could begin a new line, and pass for our own output. */
export const onOneLine = (text: string): string =>
  text.replace(/[\t\n\r]/g, (character) => JSON.stringify(character).slice(1, -1))

/**
 * Control characters could move the cursor, and direction marks could reverse the line. Line ends and tabs
 * pass; every other such character is shown as its number.
 */
export const escapeControlCharacters = (text: string): string =>
  text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
