/**
 * Bundles of `@endo/bundle-source`: vats are made from them, or read and import { assert } from
 * '../base/errors.ts'
import them themselves.
 *
 * | moduleFormat    | must have                                                                | may have               |
 * |-----------------|--------------------------------------------------------------------------|------------------------|
 * | `endoZipBase64` | `endoZipBase64`: base64 of an archive (`archive.ts`)                     | `endoZipBase64Sha512`  |
 * | `nestedEvaluate`, `getExport` | `source`: an expression that parses                        | `sourceMap`            |
 * | `endoScript`    | `source`: a script that parses                                           | `sourceMap`            |
 *
 * Eb1. A vat reads exactly what was installed: every field, and no other.
 * Eb2. The bytes of a bundle are its JSON with sorted keys, so that equal bundles have one id.
 * Eb3. An archive is installed by the id under which it is published (`archive.ts`, Ar1); one whose map does
 *      not hash all its modules, by the hash of its bytes like every other bundle.
 */
import { isRecord } from '../base/guards.ts'
import { readFile } from 'node:fs/promises'
import { parse, parseExpressionAt } from 'acorn'
import { assert } from '../base/errors.ts'
import { archiveId, type BundleId } from '../base/ids.ts'
import { bundleFormat } from '../protocol/bundle/bundle.ts'
import { refuse } from '../protocol/codes.ts'
import { malformed, readArchive } from './archives/archive.ts'
import { codeOfArchive, codeOfSource, type VatCode } from './archives/archiveCode.ts'
import { defaultBundleLimitBytes, type BundledVat } from './bundleVat.ts'
import type { InstallableBundle } from '../protocol/bundle/installable.ts'

/** A bundle of `@endo/bundle-source`. */
export type EndoBundle =
  | {
      readonly moduleFormat: 'endoZipBase64'
      readonly endoZipBase64: string
      readonly endoZipBase64Sha512?: string
    }
  | {
      readonly moduleFormat: 'nestedEvaluate' | 'getExport' | 'endoScript'
      readonly source: string
      readonly sourceMap?: string
    }

/**
 * Converts a bundle to its installable form. Throws a `bundle/…` code for anything else. `loader`: the loader
 * of archives of this release.
 */
export async function installable(
  bundle: BundledVat | EndoBundle,
  loader: () => Promise<Uint8Array>,
): Promise<InstallableBundle> {
  if (!isRecord(bundle))
    return refuse('api/bad-argument', 'the bundle must be a result of bundleVat or of bundle-source', {
      argument: 'bundle',
    })
  const given: Fields = bundle
  const found = 'moduleFormat' in given ? given : endoBundleOf(given)
  const bytes = found === undefined ? (given['bytes'] as Uint8Array) : encodeEndoBundle(found)
  if (bytes.byteLength > defaultBundleLimitBytes) {
    refuse(
      'bundle/too-large',
      `the bundle has ${bytes.byteLength} bytes; the limit is ${defaultBundleLimitBytes}`,
      { bytes: bytes.byteLength, limitBytes: defaultBundleLimitBytes },
    )
  }
  if (found === undefined) return { bytes, published: null, code: null }
  assert(bytes.byteLength > 0, 'an encoded bundle has bytes')
  const { published, code } = await codeOf(found as EndoBundle, loader)
  return { bytes, published, code: code.kind === 'none' ? null : new TextEncoder().encode(code.script) }
}

async function codeOf(
  bundle: EndoBundle,
  loader: () => Promise<Uint8Array>,
): Promise<{ readonly published: BundleId | null; readonly code: VatCode }> {
  if (bundle.moduleFormat !== 'endoZipBase64')
    return { published: null, code: codeOfSource(bundle.moduleFormat, bundle.source) }
  const archive = readArchive(bundle.endoZipBase64, bundle.endoZipBase64Sha512)
  return {
    published: archive.sha512 === undefined ? null : archiveId(archive.sha512),
    code: codeOfArchive(archive, Buffer.from(await loader()).toString('utf8')),
  }
}

/** Reads a bundle from a JSON file. */
export async function readEndoBundle(path: string): Promise<EndoBundle> {
  if (typeof path !== 'string' || path === '')
    refuse('api/bad-argument', 'the path of a bundle must be a text that is not empty', { argument: 'path' })
  const text = await readFile(path, 'utf8').catch(() =>
    refuse('bundle/entry-not-found', `There is no file ${path}.`, { file: path }),
  )
  const bundle = parseJson(text)
  if (!isRecord(bundle) || !('moduleFormat' in bundle))
    return refuse('bundle/malformed', `${path} is not the JSON of a bundle of @endo/bundle-source`, {
      file: path,
    })
  encodeEndoBundle(bundle)
  if (bundle['moduleFormat'] === 'endoZipBase64')
    readArchive(bundle['endoZipBase64'] as string, bundle['endoZipBase64Sha512'] as string | undefined)
  return bundle as EndoBundle
}

type Fields = Readonly<Record<string, unknown>>

/** Returns the `@endo/bundle-source` bundle in the bytes; undefined when they are a script. */
function endoBundleOf({ bytes }: Fields): Fields | undefined {
  if (!(bytes instanceof Uint8Array))
    return refuse('api/bad-argument', 'the bundle must be a result of bundleVat or of bundle-source', {
      argument: 'bundle',
    })
  const start = Buffer.from(bytes.subarray(0, 100)).toString('latin1')
  if (bundleFormat(start) === 'script') return undefined
  const bundle = parseJson(Buffer.from(bytes).toString('utf8'))
  return isRecord(bundle) ? bundle : malformed('it begins like a record of JSON and is none')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Format {
  readonly needs: string
  readonly may: string
  check(text: string): void
}

const script = (text: string): void => {
  parse(text, { ecmaVersion: 'latest', sourceType: 'script' })
}
/** Importers put parentheses around the expression: only comments may follow it. */
const expression = (text: string): void => {
  const { end } = parseExpressionAt(text, 0, { ecmaVersion: 'latest' })
  if (parse(text.slice(end), { ecmaVersion: 'latest' }).body.length > 0)
    throw new SyntaxError('something follows the expression')
}

const formats: Readonly<Record<EndoBundle['moduleFormat'], Format>> = {
  endoZipBase64: { needs: 'endoZipBase64', may: 'endoZipBase64Sha512', check: () => {} },
  nestedEvaluate: { needs: 'source', may: 'sourceMap', check: expression },
  getExport: { needs: 'source', may: 'sourceMap', check: expression },
  endoScript: { needs: 'source', may: 'sourceMap', check: script },
}

function encodeEndoBundle(bundle: Fields): Uint8Array {
  const { moduleFormat } = bundle
  const format =
    typeof moduleFormat === 'string' && Object.hasOwn(formats, moduleFormat)
      ? formats[moduleFormat as EndoBundle['moduleFormat']]
      : undefined
  if (format === undefined) {
    return refuse(
      'bundle/format-unknown',
      `moduleFormat is ${describe(moduleFormat)}; it can be ${Object.keys(formats).join(', ')}`,
      { moduleFormat: describe(moduleFormat) },
    )
  }
  const text = bundle[format.needs]
  if (typeof text !== 'string' || text === '')
    return malformed(`a bundle of the format ${moduleFormat} has ${format.needs}, a text that is not empty`)
  for (const [name, value] of Object.entries(bundle)) checkField(name, value, format)
  if (text.length > defaultBundleLimitBytes)
    refuse(
      'bundle/too-large',
      `${format.needs} has ${text.length} characters; the limit is ${defaultBundleLimitBytes}`,
      { limitBytes: defaultBundleLimitBytes },
    )
  try {
    format.check(text)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError)
      refuse('bundle/syntax', `${format.needs} of the bundle does not parse: ${error.message}`, {})
    throw error
  }
  return new TextEncoder().encode(JSON.stringify(bundle, Object.keys(bundle).sort()))
}

function checkField(name: string, value: unknown, { needs, may }: Format): void {
  if (name !== 'moduleFormat' && name !== needs && name !== may)
    malformed(`it has a field ${JSON.stringify(name.slice(0, 100))}, which its format does not know`)
  if (typeof value !== 'string' || !value.isWellFormed()) malformed(`${name} is not a well-formed text`)
}

const describe = (given: unknown): string =>
  typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : `a ${typeof given}`
