/**
 * Stacks for people: places in bundles become places in the sources of their authors.
 *
 * Sk1. This is the last thing that happens to a stack before a host or a trace gets it. Nothing of it goes back into
 *      the state.
 * Sk2. A frame without a source map, or whose function the bundle does not have, stays as it is: functions that a vat
 *      evaluates by itself have frames that are called like those of its bundle.
 */
import { SourceMap } from 'node:module'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { parse } from 'acorn'
import type { Program } from 'acorn'
import type { BundleId } from '../base/ids.ts'
import { frameName, framePattern, salvageFrameName } from '../protocol/frames.ts'
import { limits } from '../store/limits.ts'
import type { Store } from '../store/store.ts'
import { callAt } from './callPlaces.ts'

/** The source map of a bundle as a store keeps it; null when it has none. */
export function mapOfBundle(bundle: object): Uint8Array | null {
  return 'map' in bundle && typeof bundle.map === 'string' && bundle.map !== '' ? new Uint8Array(deflateRawSync(bundle.map)) : null
}

interface Sources {
  readonly map: SourceMap
  readonly code: string
  readonly program: Program
  /** Offsets at which the lines begin. */
  readonly lines: readonly number[]
}

/** Source maps in memory. */
const maxKept = 8
/** What a source map may be when it is unpacked, in bytes. */
const maxMapBytes = 16 * limits.sourceMapBytes

export class Stacks {
  readonly #bundles: Store['bundles']
  readonly #kept = new Map<string, Sources | undefined>()

  constructor(bundles: Store['bundles']) {
    this.#bundles = bundles
  }

  /** The text with the frames of bundles as places of their sources. */
  readable(text: string): string {
    return text.replace(framePattern, (frame, name: string | undefined, bundle: string, line: string, column: string) => {
      const place = this.#placeOf(bundle, name, Number(line), Number(column))
      if (place === undefined) return frame
      return name === undefined ? place : `${name} (${place}`
    })
  }

  /** The refusal with such a stack. */
  inRefusal<Refusal extends { readonly stack: string }>(refusal: Refusal): Refusal {
    return refusal.stack === '' ? refusal : { ...refusal, stack: this.readable(refusal.stack) }
  }

  /** The same for a stack of a salvage. */
  readableSalvage(text: string, bundle: BundleId): string {
    return this.readable(text.replaceAll(`${salvageFrameName}:`, `${frameName(bundle)}:`))
  }

  /** What is known of a bundle may have changed: it was installed, or what was installed was abandoned. */
  forget(): void {
    this.#kept.clear()
  }

  #placeOf(bundle: string, name: string | undefined, line: number, column: number): string | undefined {
    const sources = this.#sourcesOf(bundle)
    if (sources === undefined || name === scriptFrame || !hasFunction(sources.code, name)) return undefined
    const origin = originOf(sources, line, column)
    if (!('originalSource' in origin)) return undefined
    const { originalSource, originalLine, originalColumn } = origin
    return `${originalSource}:${originalLine + 1}:${originalColumn + 1}`
  }

  #sourcesOf(name: string): Sources | undefined {
    if (this.#kept.has(name)) return this.#kept.get(name)
    if (this.#kept.size >= maxKept) this.#kept.clear()
    const sources = this.#read(name)
    this.#kept.set(name, sources)
    return sources
  }

  /** A map is for people: one that cannot be read is none. */
  #read(name: string): Sources | undefined {
    try {
      const id = this.#bundles.beginningWith(name)
      const bytes = id === undefined ? undefined : this.#bundles.mapOf(id)
      if (id === undefined || bytes === undefined) return undefined
      const map = JSON.parse(inflateRawSync(bytes, { maxOutputLength: maxMapBytes }).toString('utf8')) as ConstructorParameters<typeof SourceMap>[0]
      const code = Buffer.from(this.#bundles.get(id, 'vat')).toString('utf8')
      const lines = [0, ...[...code.matchAll(/\n/g)].map(({ index }) => index + 1)]
      return { map: new SourceMap(map), code, program: parse(code, { ecmaVersion: 'latest' }), lines }
    } catch {
      return undefined
    }
  }
}

/** Line and column from 1. */
function originOf({ map, program, lines }: Sources, line: number, column: number): ReturnType<SourceMap['findEntry']> {
  const start = lines[line - 1]
  if (start === undefined) return {}
  const offset = callAt(program, start + column - 1)
  const at = lines.findLastIndex((begin) => begin <= offset)
  return map.findEntry(at, offset - (lines[at] ?? 0))
}

/** The frame of the script itself, which only calls the one function that our bundler makes of all modules. */
const scriptFrame = '<eval>'

/** Names that the engine makes are the names of nothing. */
function hasFunction(code: string, name: string | undefined): boolean {
  if (name === undefined || name.startsWith('<')) return true
  return code.includes(name.slice(name.lastIndexOf('.') + 1))
}
