/**
 * Archives of `@endo/bundle-source` (`endoZipBase64`): a compartment map and the modules that it names.
 *
 * Ar1. An archive is named by the SHA-512 of its compartment map, which has the SHA-512 of every module. So
 *      the name identifies the modules; it is checked as `@endo/check-bundle` does, before anything is
 *      installed. A map that lacks the hash of a module has no name: a changed module would leave the name
 *      the same.
 * Ar2. An archive holds the files that its map names and no others.
 */
import { assert } from '../../base/errors.ts'
import { createHash } from 'node:crypto'
import { refuse } from '../../protocol/codes.ts'
import { readZip } from './zip.ts'

export interface ReadArchive {
  /** Of the compartment map, in hexadecimal digits; undefined when modules lack hashes (Ar1). */
  readonly sha512: string | undefined
  readonly map: CompartmentMap
  /** The text or bytes of a module. */
  fileOf(compartment: MappedCompartment, module: MappedModule): Buffer
}

export interface CompartmentMap {
  readonly entry: { readonly compartment: string; readonly module: string }
  readonly compartments: ReadonlyMap<string, MappedCompartment>
}

export interface MappedCompartment {
  readonly name: string
  readonly location: string
  readonly modules: ReadonlyMap<string, MappedModule>
}

/** A compartment map's entry for a module; its fields depend on the kind of module. */
export interface MappedModule {
  readonly compartment?: string
  readonly module?: string
  readonly parser?: string
  readonly location?: string
  readonly sha512?: string
  readonly deferredError?: string
  readonly exit?: string
}

const mapName = 'compartment-map.json'

/**
 * Throws `bundle/malformed` for anything but an archive, and `bundle/hash-mismatch` when the hash is not the
 * expected one.
 */
export function readArchive(base64: string, expected: string | undefined): ReadArchive {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0)
    malformed('endoZipBase64 is not base64')
  const files = filesOf(Buffer.from(base64, 'base64'))
  const mapBytes = files.get(mapName) ?? malformed(`the archive has no ${mapName}`)
  const sha512 = sha512Of(mapBytes)
  if (expected !== undefined && expected !== sha512) {
    mismatch(
      `endoZipBase64Sha512 is ${JSON.stringify(expected.slice(0, 128))}, and the ${mapName} of the archive has the SHA-512 ${sha512}`,
      mapName,
    )
  }
  const map = compartmentMapOf(mapBytes)
  const unread = new Set(files.keys())
  unread.delete(mapName)
  for (const compartment of map.compartments.values()) {
    for (const module of compartment.modules.values()) {
      if (module.parser !== undefined) unread.delete(checkModule(files, compartment, module))
    }
  }
  const [extraneous] = unread
  if (extraneous !== undefined)
    malformed(`the archive has a file ${JSON.stringify(extraneous)}, which its ${mapName} does not name`)
  return {
    sha512: namesAll(map) ? sha512 : undefined,
    map,
    fileOf: (compartment, module) => {
      const bytes = files.get(pathOf(compartment, module))
      assert(bytes !== undefined, 'the files of all modules were checked (Ar2)')
      return bytes
    },
  }
}

function filesOf(archive: Buffer): ReadonlyMap<string, Buffer> {
  try {
    return readZip(archive)
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      return malformed(`endoZipBase64 is not a zip archive as @endo/zip writes it: ${error.message}`)
    throw error
  }
}

const namesAll = ({ compartments }: CompartmentMap): boolean =>
  [...compartments.values()].every(({ modules }) =>
    [...modules.values()].every(({ parser, sha512 }) => parser === undefined || sha512 !== undefined),
  )

const pathOf = ({ location }: MappedCompartment, module: MappedModule): string =>
  `${location}/${module.location}`

/** Ar1. Returns the path of its file. */
function checkModule(
  files: ReadonlyMap<string, Buffer>,
  compartment: MappedCompartment,
  module: MappedModule,
): string {
  const path = pathOf(compartment, module)
  const bytes =
    files.get(path) ??
    malformed(`the archive has no file ${JSON.stringify(path)}, which its ${mapName} names`)
  if (module.sha512 !== undefined && sha512Of(bytes) !== module.sha512)
    mismatch(
      `the ${mapName} of the archive declares another SHA-512 for ${JSON.stringify(path)} than it has`,
      path,
    )
  return path
}

const sha512Of = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('hex')

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const fieldsOf = (value: unknown, what: string): Fields =>
  isFields(value) ? value : malformed(`${what} in the ${mapName} is not a record`)
const textOf = (value: unknown, what: string): string =>
  typeof value === 'string' ? value : malformed(`${what} in the ${mapName} is not a text`)

function compartmentMapOf(bytes: Buffer): CompartmentMap {
  const map = fieldsOf(parse(bytes.toString('utf8')), 'what is')
  const entry = fieldsOf(map['entry'], 'entry')
  const compartments = new Map<string, MappedCompartment>()
  for (const [name, compartment] of Object.entries(fieldsOf(map['compartments'], 'compartments')))
    compartments.set(name, compartmentOf(name, compartment))
  return {
    entry: {
      compartment: textOf(entry['compartment'], 'entry.compartment'),
      module: textOf(entry['module'], 'entry.module'),
    },
    compartments,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return malformed(`the ${mapName} of the archive is not JSON`)
  }
}

function compartmentOf(key: string, value: unknown): MappedCompartment {
  const { name, location, modules } = fieldsOf(value, key)
  const mapped = new Map<string, MappedModule>()
  for (const [specifier, module] of Object.entries(fieldsOf(modules ?? {}, `${key}.modules`))) {
    const fields = fieldsOf(module, `${key} ${specifier}`)
    for (const field of ['compartment', 'module', 'parser', 'location', 'sha512', 'deferredError', 'exit']) {
      if (fields[field] !== undefined) textOf(fields[field], `${key} ${specifier}.${field}`)
    }
    mapped.set(specifier, fields as MappedModule)
  }
  return {
    name: textOf(name ?? key, `${key}.name`),
    location: textOf(location, `${key}.location`),
    modules: mapped,
  }
}

export const malformed = (how: string): never =>
  refuse('bundle/malformed', `the bundle cannot be installed: ${how}`, {})
const mismatch = (how: string, file: string): never =>
  refuse('bundle/hash-mismatch', `the bundle cannot be installed: ${how}`, { file })
