/**
 * What esbuild finds wrong, as refusals with a code, a place and a line of the source.
 *
 * esbuild gives its errors no codes. Its version is pinned, and the tests of the bundler pin the texts
 * that are told apart here.
 */
import { builtinModules } from 'node:module'
import type { Location } from 'esbuild'
import { refuse, type Code } from '../../protocol/codes.ts'

export const dynamicImport = 'A vat cannot import at run time. Import it statically, at the top of the file.'

type Place = Pick<Location, 'file' | 'line' | 'column' | 'lineText'>
type BundleCode = Extract<Code, `bundle/${string}`>

/** Refuses with the place of the problem. Without a code, the text tells which it is. */
export function refuseProblem(code: BundleCode | undefined, text: string, place: Place | null): never {
  const reason = explain(text)
  if (place === null) return refuse(code ?? codeOf(text), reason, { text: reason })
  const { file, line } = place
  const column = place.column + 1
  return refuse(code ?? codeOf(text), `${file}:${line}:${column}: ${reason}\n    ${place.lineText.trim()}`, {
    file,
    line,
    column,
    text: reason,
  })
}

function codeOf(text: string): BundleCode {
  if (text === dynamicImport) return 'bundle/dynamic-import'
  if (text.startsWith('Could not resolve') || text.startsWith('No matching export')) return 'bundle/missing-import'
  return 'bundle/syntax'
}

function explain(text: string): string {
  const name = /^Could not resolve "(.*)"$/.exec(text)?.[1]
  if (name !== undefined && isNodeModule(name)) {
    return `${text}: it is part of Node, and a vat has no files, no network and no clock. Let the host do it, through a port.`
  }
  if (text.startsWith('Legacy HTML')) return `${text}. If operators are meant, put a space between them.`
  return text
}

const isNodeModule = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name)
