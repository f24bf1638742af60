/** Names of vats and bundles, chosen by people. */

/** The host's name for a vat: 1 to 199 letters, digits, dots, dashes or underscores, the first a letter. */
export const isVatName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{0,198}$/.test(text)

/** The label of a vat created by a vat: 1 to 199 letters, digits, dots, dashes or underscores. */
export const isVatLabel = (text: string): boolean => /^[A-Za-z0-9._-]{1,199}$/.test(text)

/** 1 to 64 letters, digits, dots, dashes or underscores, the first a letter. */
export const isPortName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(text)

/** The host's name for a bundle: any well-formed text of 1 to 100 characters. */
export const isBundleLabel = (text: string): boolean =>
  text !== '' && text.length <= 100 && text.isWellFormed()

/** Names in `vats` under which `bootstrap` receives kernel services. */
export const kernelNames = ['vatAdmin', 'timer'] as const

/** The beginning of keys in the host's space that belong to the machine. */
export const machineKeys = '\u0001machine.'

/** A key of the host's own data: 1 to 1,000 ASCII characters, the first not U+0001. */
export const isHostKey = (key: string): boolean => /^[\x02-\x7f][\x01-\x7f]{0,999}$/.test(key)
