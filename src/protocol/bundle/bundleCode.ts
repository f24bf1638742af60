/**
 * The script from which vats are created, for bundles whose source is text: evaluated as by
 * `@endo/import-bundle`.
 */

export type TextFormat = 'nestedEvaluate' | 'getExport' | 'endoScript'

export const textFormats: readonly TextFormat[] = ['nestedEvaluate', 'getExport', 'endoScript']

/** A script whose completion value is the namespace of the bundle. */
export function scriptOfSource(moduleFormat: TextFormat, source: string): string {
  const text = safeText(moduleFormat === 'endoScript' ? source : `(${source}\n)`)
  if (moduleFormat === 'endoScript') return `(0, eval)(${text})`
  const named =
    moduleFormat === 'nestedEvaluate'
      ? 'Object.defineProperty(globalThis, "nestedEvaluate", { value: (source) => (0, eval)(source) });\n'
      : ''
  return `${named}(0, eval)(${text})()`
}

/**
 * The text, escaped for a script: SES rejects some words wherever they occur. Code that is evaluated later is
 * checked then.
 */
export function safeText(text: string): string {
  return JSON.stringify(text)
    .replaceAll('import', '\\u0069mport')
    .replaceAll('eval', '\\u0065val')
    .replaceAll('<!--', '\\u003c!--')
    .replaceAll('-->', '--\\u003e')
}
