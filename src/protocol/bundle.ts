/**
 * Bundles: code and images, content-addressed.
 *
 * A bundle's id is `b1-` and the SHA-256 of its bytes. What the bytes are follows from its kind:
 *
 * | kind         | bytes                                                                     |
 * |--------------|---------------------------------------------------------------------------|
 * | `vat`        | UTF-8 of a script whose completion value is the module's exports          |
 * | `supervisor` | UTF-8 of a strict script, evaluated once for a base image                 |
 * | `kernel`     | UTF-8 of a script whose completion value is `{ makeKernel }`              |
 * | `engine`     | a WebAssembly module, already metered                                     |
 * | `image`      | a base image                                                              |
 */
export type BundleKind = 'vat' | 'supervisor' | 'kernel' | 'engine' | 'image'

export const bundleKinds: readonly BundleKind[] = ['vat', 'supervisor', 'kernel', 'engine', 'image']
