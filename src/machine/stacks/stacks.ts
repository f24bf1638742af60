/**
 * Makes stacks readable: maps places in bundles to places in their sources.
 *
 * Sk1. This is the last step before a stack reaches a host or a trace. None of it returns to the state.
 * Sk2. Frames of the supervisor, which no author can read, are omitted. If a vat lacked a global of Node or
 *      browsers, a line below the message says so (`hints.ts`).
 * Sk3. A frame without a source map, or whose function the bundle lacks, is unchanged: frames of functions
 *      that a vat evaluates itself have the same names as those of its bundle.
 */
import { SourceMap } from 'node:module'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { parse, type Program } from 'acorn'
import { Lines } from '../../bundler/lines.ts'
import type { BundleId } from '../../base/ids.ts'
import { frameName, framePattern, salvageFrameName } from '../../protocol/worker/frames.ts'
import { limits } from '../../store/files/limits.ts'
import type { Store } from '../../store/store.ts'
import { callAt } from './callPlaces.ts'
import { hintAt, hintLine, hintOfMessage, usesIn, type Uses } from './hints.ts'

/** The stored source map of a bundle; null when it has none. */
export function mapOfBundle(bundle: object): Uint8Array | null {
  return 'map' in bundle && typeof bundle.map === 'string' && bundle.map !== ''
    ? new Uint8Array(deflateRawSync(bundle.map))
    : null
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
/** Limit on an unpacked source map, in bytes. */
const maxMapBytes = 16 * limits.sourceMapBytes

export class Stacks {
  readonly #bundles: Store['bundles']
  readonly #kept = new Map<string, Sources | undefined>()

  constructor(bundles: Store['bundles']) {
    this.#bundles = bundles
  }

  /** Maps the frames of bundles in the text to their sources. */
  readable(text: string): string {
    return text.replace(
      stackPattern,
      (_stack, message: string, frames: string) => `${message}${this.readableStack(frames, message)}`,
    )
  }

  /** Likewise for a stack without its message. */
  readableStack(frames: string, message: string): string {
    const hint = this.#hintOf(frames, message)
    const own = frames.replace(supervisorFrames, '')
    return (hint === undefined ? '' : hintLine(hint)) + this.#withPlaces(own)
  }

  #withPlaces(frames: string): string {
    return frames.replace(
      framePattern,
      (frame, name: string | undefined, bundle: string, line: string, column: string) => {
        const place = this.#placeOf(bundle, name, Number(line), Number(column))
        if (place === undefined) return frame
        return name === undefined ? place : `${name} (${place}`
      },
    )
  }

  /** Likewise for the stack of a refusal. */
  inRefusal<Refusal extends { readonly message: string; readonly stack: string }>(refusal: Refusal): Refusal {
    return refusal.stack === ''
      ? refusal
      : { ...refusal, stack: this.readableStack(refusal.stack, refusal.message) }
  }

  /** The same for a stack of a salvage. */
  readableSalvage(stack: string, message: string, bundle: BundleId): string {
    return this.readableStack(stack.replaceAll(`${salvageFrameName}:`, `${frameName(bundle)}:`), message)
  }

  /** Drops cached bundle data, which an installation or an abandoned block may have changed. */
  forget(): void {
    this.#kept.clear()
  }

  /** Of the innermost frame of a bundle. */
  #hintOf(frames: string, message: string): string | undefined {
    const [, , bundle, line, column] = new RegExp(framePattern.source).exec(frames) ?? []
    const sources = bundle === undefined ? undefined : this.#sourcesOf(bundle)
    const offset = sources?.lines.offsetOf(Number(line) - 1, Number(column) - 1)
    if (sources === undefined || offset === undefined) return hintOfMessage(message)
    return (
      hintOfMessage(message) ??
      hintAt(sources.program, sources.uses, callAt(sources.program, offset), message)
    )
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

  /** Maps are for people: an unreadable one counts as missing. */
  #read(name: string): Sources | undefined {
    try {
      const id = this.#bundles.beginningWith(name)
      const bytes = id === undefined ? undefined : this.#bundles.mapOf(id)
      if (id === undefined || bytes === undefined) return undefined
      const map = JSON.parse(
        inflateRawSync(bytes, { maxOutputLength: maxMapBytes }).toString('utf8'),
      ) as ConstructorParameters<typeof SourceMap>[0]
      const code = Buffer.from(this.#bundles.get(id, 'vat')).toString('utf8')
      const program = parse(code, { ecmaVersion: 'latest' })
      return { map: new SourceMap(map), code, program, lines: new Lines(code), uses: usesIn(program) }
    } catch {
      return undefined
    }
  }
}

/** Line and column start at 1. */
function originOf(
  { map, program, lines }: Sources,
  line: number,
  column: number,
): ReturnType<SourceMap['findEntry']> {
  const given = lines.offsetOf(line - 1, column - 1)
  if (given === undefined) return {}
  const place = lines.placeOf(callAt(program, given))
  // A place before a line's code belongs to the end of the previous line.
  return map.findEntry(place.line - 1, Math.max(place.column, place.lineText.search(/\S/)))
}

/** A message line and the frames below it. */
const stackPattern = /^([^\n]*)((?:\n {2}at [^\n]*)+)/gm
const supervisorFrames = /\n {2}at [^\n]*\bsupervisor:\d+:\d+\)?(?=\n|$)/g

/**
 * The frame of the script itself, which only calls the single function that our bundler makes of all modules.
 */
const scriptFrame = '<eval>'

/** Whether the code may have the function. Names that the engine made up always pass. */
function hasFunction(code: string, name: string | undefined): boolean {
  if (name === undefined || name.startsWith('<')) return true
  return code.includes(name.slice(name.lastIndexOf('.') + 1))
}
