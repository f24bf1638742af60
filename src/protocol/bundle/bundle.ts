/**
 * Bundles: code and images, content-addressed.
 *
 * A bundle's id is `b1-` and the SHA-256 of its bytes; an archive of `@endo/bundle-source` also has the id
 * under which it is published, `b1-` and the SHA-512 of its compartment map. The kind determines the content
 * of the bytes:
 *
 * | kind         | bytes                                                                     |
 * |--------------|---------------------------------------------------------------------------|
 * | `vat`        | code for vats, in one of the two formats below                            |
 * | `supervisor` | UTF-8 of a strict script, evaluated once for a base image                 |
 * | `kernel`     | UTF-8 of a script whose completion value is `{ makeKernel }`              |
 * | `engine`     | a WebAssembly module, already metered                                     |
 * | `image`      | a base image                                                              |
 *
 * | format   | bytes of a bundle of the kind `vat`                                                          |
 * |----------|----------------------------------------------------------------------------------------------|
 * | `script` | UTF-8 of a script whose completion value is the module's exports; vats run it |
 * | `endo`   | UTF-8 of the JSON of a bundle of `@endo/bundle-source`, with its keys sorted; vats read it, and run the accompanying script |
 *
 * A kernel has parts of worker versions in its registry too, as the formats `engine` and `supervisor`: vats
 * with the power to install worker versions name them by their bundle caps, and none can read them.
 */
export type BundleKind = 'vat' | 'supervisor' | 'kernel' | 'engine' | 'image'

export const bundleKinds: readonly BundleKind[] = ['vat', 'supervisor', 'kernel', 'engine', 'image']

/** What a kernel's registry has. */
export type BundleFormat = CodeFormat | WorkerPart
/** The formats of code for vats. */
export type CodeFormat = 'script' | 'endo'

export const workerParts = ['engine', 'supervisor'] as const
/** A part of a worker version. */
export type WorkerPart = (typeof workerParts)[number]

/** The format of code for vats. A script cannot begin like the JSON of a record: that is a syntax error. */
export const bundleFormat = (text: string): CodeFormat => (/^\{"\w+":/.test(text) ? 'endo' : 'script')

/**
 * The content of a bundle for a vat that reads it: JSON of a record for `@endo/import-bundle`. Vats are
 * replayed on this text, so it must never change for the same bundle.
 */
export function readableBundle(text: string): string {
  if (bundleFormat(text) === 'endo') return text
  return JSON.stringify({
    moduleFormat: 'getExport',
    source: `() => (0, eval)(${JSON.stringify(text)})`,
    sourceMap: '',
  })
}
