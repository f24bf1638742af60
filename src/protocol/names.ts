/** Names that people give to vats and bundles. */

/** 1 to 64 letters, digits, dots, dashes or underscores, the first a letter. */
export const isVatName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(text)

/** A name that the host gives to a bundle: any well-formed text of 1 to 100 characters. */
export const isBundleLabel = (text: string): boolean => text !== '' && text.length <= 100 && text.isWellFormed()
