/** Names that people give to vats and bundles. */

/** 1 to 64 letters, digits, dots, dashes or underscores, the first a letter. */
export const isVatName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(text)
