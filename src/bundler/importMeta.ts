/** Finds the first `import.meta` of a module. */
import { parse, tokTypes, type Token } from 'acorn'
import type { ScriptPlace } from './lines.ts'

/** By tokens: in no other construct does `import` precede a dot. */
export function importMetaIn(code: string): ScriptPlace | undefined {
  const tokens: Token[] = []
  parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens })
  const found = tokens.find(
    ({ type }, index) => type === tokTypes._import && tokens[index + 1]?.type === tokTypes.dot,
  )
  return found?.loc
    ? { ...found.loc.start, lineText: code.split('\n')[found.loc.start.line - 1] ?? '' }
    : undefined
}
