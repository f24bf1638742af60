/** Names that people give to vats and bundles. */

/** The name by which a host knows a vat: 1 to 199 letters, digits, dots, dashes or underscores, the first a letter. */
export const isVatName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{0,198}$/.test(text)

/** What a vat that is made by a vat may be called: 1 to 199 letters, digits, dots, dashes or underscores. */
export const isVatLabel = (text: string): boolean => /^[A-Za-z0-9._-]{1,199}$/.test(text)

/** 1 to 64 letters, digits, dots, dashes or underscores, the first a letter. */
export const isPortName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(text)

/** A name that the host gives to a bundle: any well-formed text of 1 to 100 characters. */
export const isBundleLabel = (text: string): boolean => text !== '' && text.length <= 100 && text.isWellFormed()
