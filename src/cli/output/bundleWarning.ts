/** Formats warnings of the bundler. */
import type { BundleWarning } from '../../protocol/bundle/warning.ts'

/** A bundler warning, with its source line. */
export const warningText = ({ file, line, column, text, lineText }: BundleWarning): string =>
  `  warning: ${file}:${line}:${column}: ${text}${lineText === '' ? '' : `\n      ${lineText}`}`
