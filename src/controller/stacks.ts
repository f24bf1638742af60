/**
 * Stacks for people: places in bundles become places in the sources of their authors.
 *
 * Sk1. This is the last thing that happens to a stack before a host or a trace gets it. Nothing of it goes back into
 *      the state.
 * Sk2. Frames of the supervisor, which no author can read, are left out. Where a vat missed a global of Node or browsers
 *      a line below the message says so (`hints.ts`).
 * Sk3. A frame without a source map, or whose function the bundle does not have, stays as it is: functions that a vat
 *      evaluates by itself have frames that are called like those of its bundle.
 */
import { SourceMap } from 'node:module'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { parse } from 'acorn'
import type { Program } from 'acorn'
import { Lines } from './bundler/lines.ts'
import type { BundleId } from '../base/ids.ts'
import { frameName, framePattern, salvageFrameName } from '../protocol/frames.ts'
import { limits } from '../store/limits.ts'
import type { Store } from '../store/store.ts'
import { callAt } from './callPlaces.ts'
import { hintAt, hintLine, hintOfMessage, usesIn } from './hints.ts'
import type { Uses } from './hints.ts'

/** The source map of a bundle as a store keeps it; null when it has none. */
export function mapOfBundle(bundle: object): Uint8Array | null {
  return 'map' in bundle && typeof bundle.map === 'string' && bundle.map !== '' ? new Uint8Array(deflateRawSync(bundle.map)) : null
}

interface Sources {
  readonly map: SourceMap
  readonly code: string
  readonly program: Program
  readonly lines: Lines
  readonly uses: Uses
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
    return text.replace(stackPattern, (_stack, message: string, frames: string) => `${message}${this.readableStack(frames, message)}`)
  }

  /** The same for a stack without its message. */
  readableStack(frames: string, message: string): string {
    const hint = this.#hintOf(frames, message)
    const own = frames.replace(supervisorFrames, '')
    return (hint === undefined ? '' : hintLine(hint)) + this.#withPlaces(own)
  }

  #withPlaces(frames: string): string {
    return frames.replace(framePattern, (frame, name: string | undefined, bundle: string, line: string, column: string) => {
      const place = this.#placeOf(bundle, name, Number(line), Number(column))
      if (place === undefined) return frame
      return name === undefined ? place : `${name} (${place}`
    })
  }

  /** The refusal with such a stack. */
  inRefusal<Refusal extends { readonly message: string; readonly stack: string }>(refusal: Refusal): Refusal {
    return refusal.stack === '' ? refusal : { ...refusal, stack: this.readableStack(refusal.stack, refusal.message) }
  }

  /** The same for a stack of a salvage. */
  readableSalvage(stack: string, message: string, bundle: BundleId): string {
    return this.readableStack(stack.replaceAll(`${salvageFrameName}:`, `${frameName(bundle)}:`), message)
  }

  /** What is known of a bundle may have changed: it was installed, or what was installed was abandoned. */
  forget(): void {
    this.#kept.clear()
  }

  /** Of the innermost frame of a bundle. */
  #hintOf(frames: string, message: string): string | undefined {
    const [, , bundle, line, column] = new RegExp(framePattern.source).exec(frames) ?? []
    const sources = bundle === undefined ? undefined : this.#sourcesOf(bundle)
    const offset = sources?.lines.offsetOf(Number(line) - 1, Number(column) - 1)
    if (sources === undefined || offset === undefined) return hintOfMessage(message)
    return hintOfMessage(message) ?? hintAt(sources.program, sources.uses, callAt(sources.program, offset), message)
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
      const program = parse(code, { ecmaVersion: 'latest' })
      return { map: new SourceMap(map), code, program, lines: new Lines(code), uses: usesIn(program) }
    } catch {
      return undefined
    }
  }
}

/** Line and column from 1. */
function originOf({ map, program, lines }: Sources, line: number, column: number): ReturnType<SourceMap['findEntry']> {
  const given = lines.offsetOf(line - 1, column - 1)
  if (given === undefined) return {}
  const place = lines.placeOf(callAt(program, given))
  // What stands before the code of a line belongs to the end of the line before.
  return map.findEntry(place.line - 1, Math.max(place.column, place.lineText.search(/\S/)))
}

/** The line of a message, and the frames below it. */
const stackPattern = /^([^\n]*)((?:\n {2}at [^\n]*)+)/gm
const supervisorFrames = /\n {2}at [^\n]*\bsupervisor:\d+:\d+\)?(?=\n|$)/g

/** The frame of the script itself, which only calls the one function that our bundler makes of all modules. */
const scriptFrame = '<eval>'

/** Names that the engine makes are the names of nothing. */
function hasFunction(code: string, name: string | undefined): boolean {
  if (name === undefined || name.startsWith('<')) return true
  return code.includes(name.slice(name.lastIndexOf('.') + 1))
}
