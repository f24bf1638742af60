/**
 * Makes vat code from bundles of `@endo/bundle-source`.
 *
 * Bc1. The code is a script whose completion value is the namespace of the bundle. It is made once, at
 *      installation, and stored beside the bundle: vats run and are replayed on these bytes, under any
 *      release.
 * Bc2. A bundle from which no code can be made is still installed, for vats to read.
 */
import { assert } from '../../base/errors.ts'
import type { Archive, ArchiveModule, ModulePlace } from '../../protocol/bundle/archive.ts'
import { safeText, scriptOfSource, type TextFormat } from '../../protocol/bundle/bundleCode.ts'
import type { MappedCompartment, MappedModule, ReadArchive } from './archive.ts'

export type VatCode =
  | { readonly kind: 'code'; readonly script: string }
  | { readonly kind: 'none'; readonly why: string }

/** `loader`: a script whose completion value is `{ load }` (`src/loader`). */
export function codeOfArchive(archive: ReadArchive, loader: string): VatCode {
  const { entry, compartments } = archive.map
  const names = [...compartments.keys()]
  const placeOf = (compartment: string, module: string): ModulePlace => [names.indexOf(compartment), module]
  const [index, specifier] = placeOf(entry.compartment, entry.module)
  if (index === -1)
    return {
      kind: 'none',
      why: `its compartment map has no compartment ${JSON.stringify(entry.compartment)}`,
    }
  const linked: Archive['compartments'][number][] = []
  for (const compartment of compartments.values()) {
    const modules: (readonly [string, ArchiveModule])[] = []
    for (const [name, module] of compartment.modules) {
      const made = moduleOf(archive, compartment, module, placeOf)
      if (typeof made === 'string')
        return {
          kind: 'none',
          why: `its module ${JSON.stringify(`${compartment.location}/${name}`)} ${made}`,
        }
      modules.push([name, made])
    }
    linked.push({ name: compartment.location, modules })
  }
  assert(linked.length === names.length, 'every compartment is linked')
  const data = { entry: [index, specifier], compartments: linked } satisfies Archive
  return {
    kind: 'code',
    script: `(() => {${loader}\nreturn bundleExports })().load(${safeText(JSON.stringify(data))})`,
  }
}

/** Returns what the vat needs of the module, or why the module is unusable. */
function moduleOf(
  archive: ReadArchive,
  compartment: MappedCompartment,
  module: MappedModule,
  placeOf: (compartment: string, module: string) => ModulePlace,
): ArchiveModule | string {
  const { parser, deferredError } = module
  if (deferredError !== undefined) return { kind: 'missing', why: deferredError }
  if (module.compartment !== undefined && module.module !== undefined) {
    const to = placeOf(module.compartment, module.module)
    return to[0] === -1 ? 'is of a compartment that there is not' : { kind: 'link', to }
  }
  if (module.exit !== undefined) return `is ${JSON.stringify(module.exit)}, which no vat has`
  if (parser === undefined) return 'is neither a file nor the module of another package'
  const file = archive.fileOf(compartment, module)
  switch (parser) {
    case 'pre-mjs-json':
      return { kind: 'mjs', record: file.toString('utf8') }
    case 'pre-cjs-json':
      return commonJsOf(file.toString('utf8'))
    case 'json':
    case 'text':
      return { kind: parser, text: file.toString('utf8') }
    case 'bytes':
      return { kind: 'bytes', digits: file.toString('hex') }
    default:
      return `has the language ${JSON.stringify(parser)}, which has to be compiled; make the bundle without noTransforms`
  }
}

function commonJsOf(text: string): ArchiveModule | string {
  const {
    source,
    imports = [],
    exports = [],
    reexports = [],
  } = JSON.parse(text) as Partial<Extract<ArchiveModule, { kind: 'cjs' }>>
  return typeof source === 'string'
    ? { kind: 'cjs', source, imports, exports, reexports }
    : 'is not a precompiled CommonJS module'
}

/** `nestedEvaluate`, `getExport` and `endoScript`. */
export const codeOfSource = (moduleFormat: TextFormat, source: string): VatCode => ({
  kind: 'code',
  script: scriptOfSource(moduleFormat, source),
})
