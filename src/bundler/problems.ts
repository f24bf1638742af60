/**
 * Problems of a source, as refusals and warnings with a place and a line of the source.
 *
 * esbuild's errors have no codes. Its version is pinned, and the bundler's tests pin the texts that are
 * distinguished here. Its wording about output formats means nothing to the author of a vat.
 */
import { builtinModules } from 'node:module'
import type { Location, Message } from 'esbuild'
import { refuse, type Code } from '../protocol/codes.ts'
import type { CodedDetail, ModuleGraph } from './modules/moduleGraph.ts'
import type { BundleWarning } from '../protocol/bundle/warning.ts'

type Place = Pick<Location, 'file' | 'line' | 'column' | 'lineText'>
type BundleCode = Extract<Code, `bundle/${string}`>

/** What is bundled. */
export type Subject = 'vat' | 'kernel'

const vatReasons = {
  'bundle/dynamic-import': 'A vat cannot import at run time. Import it statically, at the top of the file.',
  'bundle/import-meta':
    "A vat has no import.meta: its code is one script, with no URL and no files beside it. Import data as JSON, or pass it in the vat's parameters.",
  'bundle/top-level-await':
    "A vat's code cannot wait while it is loaded. Use await inside buildRootObject, which may be async.",
} as const satisfies Partial<Record<BundleCode, string>>

const reasons = {
  vat: vatReasons,
  kernel: {
    'bundle/dynamic-import': 'A kernel loads nothing. Import it statically, at the top of the file.',
    'bundle/import-meta': 'A kernel has no import.meta: its code is one script, with no URL and no files beside it.',
    'bundle/top-level-await': 'A kernel is synchronous: it has no promises, and so no await.',
  },
} as const satisfies Record<Subject, Record<keyof typeof vatReasons, string>>

/** Throws, with the place of a problem; columns of places begin at 0. */
export function refuseAt(code: BundleCode, reason: string, place: Place | undefined): never {
  if (place === undefined) return refuse(code, reason, { text: reason })
  const { file, line } = place
  const column = place.column + 1
  return refuse(
    code,
    `${file}:${line}:${column}: ${reason}\n    ${place.lineText.trim().slice(0, maxLineText)}`,
    { file, line, column, text: reason },
  )
}

/** Longest excerpt of a source line to show. */
const maxLineText = 200

/** Throws with the fixed reason of the code. */
export const refuseAlways = (code: keyof typeof vatReasons, place: Place | undefined): never =>
  refuseAt(code, vatReasons[code], place)

/** Throws the first of esbuild's errors. */
export function refuseError(
  { text, location, detail }: Message,
  graph: ModuleGraph,
  subject: Subject = 'vat',
): never {
  const coded: Partial<CodedDetail> =
    typeof detail === 'object' && detail !== null ? (detail as Partial<CodedDetail>) : {}
  const code = (coded.code as BundleCode | undefined) ?? codeOf(text)
  const reason = Object.hasOwn(vatReasons, code)
    ? reasons[subject][code as keyof typeof vatReasons]
    : explain(graph.readable(text), subject)
  return refuseAt(code, reason, location === null ? undefined : placeIn(location, graph))
}

/** Converts a warning of esbuild; undefined when it is not about a source. */
export function warningOf({ text, location }: Message, graph: ModuleGraph): BundleWarning | undefined {
  if (location === null) return undefined
  const { file, line, column, lineText } = placeIn(location, graph)
  return {
    file,
    line,
    column: column + 1,
    text: graph.readable(text),
    lineText: lineText.trim().slice(0, maxLineText),
  }
}

const placeIn = (location: Location, graph: ModuleGraph): Place => ({
  ...location,
  file: graph.moduleNamed(location.file)?.display ?? location.file,
})

function codeOf(text: string): BundleCode {
  if (/top-level await/i.test(text)) return 'bundle/top-level-await'
  if (/ due to strict mode$| in strict mode$| in an ECMAScript module$/.test(text)) return 'bundle/not-strict'
  if (text.startsWith('Could not resolve') || text.startsWith('No matching export'))
    return 'bundle/missing-import'
  return 'bundle/syntax'
}

function explain(text: string, subject: Subject): string {
  const name = /^Could not resolve "(.*)"$/.exec(text)?.[1]
  if (name !== undefined && isNodeModule(name)) {
    return subject === 'kernel'
      ? `${text}: it is part of Node, and a kernel has nothing but its platform.`
      : `${text}: it is part of Node, and a vat has no files, no network and no clock. Let the host do it, through a port.`
  }
  if (text.startsWith('Legacy HTML')) return `${text}. If operators are meant, put a space between them.`
  const sloppy =
    /^(.*?) (?:cannot be used|is not allowed|are not allowed)(?: .*)? (?:due to|in) (?:strict mode|an ECMAScript module)$/.exec(
      text,
    )?.[1]
  if (sloppy !== undefined) return notStrict(sloppy)
  return text
}

/** For constructs that exist in sloppy mode only. */
export const notStrict = (what: string): string =>
  `${what} cannot be used: the code of a vat is strict, and so is all that it imports.`

const isNodeModule = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name)
