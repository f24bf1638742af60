/**
 * Chooses how a file is read, by its extension.
 *
 * Code and JSON are always read. Other files become part of the bundle only when the caller allows their
 * extension (`BundleOptions.loaders`): otherwise a source could copy any file into a store.
 */
import { extname } from 'node:path'
import type { Loader } from 'esbuild'
import { refuse } from '../../protocol/codes.ts'

/**
 * How files of other extensions can be read: as a string, parsed JSON, bytes, or base64 or a data URL of the
 * bytes.
 */
export const dataLoaders = ['text', 'json', 'binary', 'base64', 'dataurl'] as const
/** How a file that is neither code nor JSON is read. */
export type DataLoader = (typeof dataLoaders)[number]

/** By extension, such as `{ '.txt': 'text' }`. */
export type Loaders = Readonly<Record<string, DataLoader>>

const codeLoaders: Readonly<Record<string, Loader>> = {
  '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx',
  '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx',
  '.json': 'json',
}

export const isCode = (loader: Loader): boolean =>
  loader === 'js' || loader === 'jsx' || loader === 'ts' || loader === 'tsx'

/** `with { type: … }` values and their `dataLoaders`. */
const attributes: Readonly<Record<string, DataLoader>> = { json: 'json', text: 'text', bytes: 'binary' }

/** The loader of a file, or why it cannot be read. */
export function loaderOf(
  path: string,
  type: string | undefined,
  loaders: Loaders,
): Loader | { readonly refused: string } {
  const extension = extname(path)
  const asked = Object.hasOwn(loaders, extension) ? loaders[extension] : undefined
  const usual = asked ?? (Object.hasOwn(codeLoaders, extension) ? codeLoaders[extension] : undefined)
  const wanted = type === undefined || !Object.hasOwn(attributes, type) ? undefined : attributes[type]
  if (type !== undefined && wanted === undefined)
    return { refused: `there is no import of the type ${JSON.stringify(type)}` }
  if (usual !== undefined && (wanted === undefined || wanted === usual)) return usual
  const kind = extension === '' ? 'A file without an extension' : `A file that ends in ${extension}`
  if (wanted === undefined) return { refused: `${kind} is neither code nor JSON` }
  return {
    refused:
      usual === undefined
        ? `${kind} is not read as ${wanted}`
        : `${kind} is read as ${usual}, not as ${wanted}`,
  }
}

/** Hint for a file that cannot be read. */
export const loaderHint =
  'To read such files as data, say how by their extension: the option loaders, or --loader .txt=text.'

export function checkLoaders(loaders: unknown): Loaders {
  if (typeof loaders !== 'object' || loaders === null)
    return badLoaders('is a record of loaders by extension')
  for (const [extension, loader] of Object.entries(loaders)) {
    if (!/^\.[^./\\]+$/.test(extension))
      badLoaders(`has ${JSON.stringify(extension)}, which is not an extension such as ".txt"`)
    if (Object.hasOwn(codeLoaders, extension))
      badLoaders(`has ${extension}, which is always read as ${codeLoaders[extension]}`)
    if (!dataLoaders.some((one) => one === loader))
      badLoaders(`has ${JSON.stringify(loader)} for ${extension}; it can be ${dataLoaders.join(', ')}`)
  }
  return loaders as Loaders
}

const badLoaders = (how: string): never =>
  refuse('api/bad-argument', `loaders ${how}`, { argument: 'loaders' })
