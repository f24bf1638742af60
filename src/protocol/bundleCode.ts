/** The script of which vats are made, for bundles whose source is a text: as `@endo/import-bundle` evaluates them. */

export type TextFormat = 'nestedEvaluate' | 'getExport' | 'endoScript'

export const textFormats: readonly TextFormat[] = ['nestedEvaluate', 'getExport', 'endoScript']

/** A script whose completion value is the namespace of the bundle. */
export function scriptOfSource(moduleFormat: TextFormat, source: string): string {
  const text = safeText(moduleFormat === 'endoScript' ? source : `(${source}\n)`)
  if (moduleFormat === 'endoScript') return `(0, eval)(${text})`
  const named = moduleFormat === 'nestedEvaluate' ? 'Object.defineProperty(globalThis, "nestedEvaluate", { value: (source) => (0, eval)(source) });\n' : ''
  return `${named}(0, eval)(${text})()`
}

/**
 * The text as it stands in a script: SES looks for words that it refuses wherever they stand. What is evaluated in its
 * turn is looked at then.
 */
export function safeText(text: string): string {
  return JSON.stringify(text)
    .replaceAll('import', '\\u0069mport')
    .replaceAll('eval', '\\u0065val')
    .replaceAll('<!--', '\\u003c!--')
    .replaceAll('-->', '--\\u003e')
}
