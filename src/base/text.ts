/** Texts for messages. */

/** The first characters of a text; an ellipsis marks what was cut off. */
export const excerpt = (text: string, maxLength: number): string =>
  text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
