/**
 * Makes a script acceptable to SES without changing its meaning.
 *
 * SES does not parse what it evaluates. It rejects any source that contains these texts, even in a string or
 * a comment (`ses/src/transforms.js`):
 *
 * | text                                         | where it can stand, and what becomes of it                |
 * |----------------------------------------------|-----------------------------------------------------------|
 * | `import` before `(` or a comment, `eval` before `(` | in a name: one letter is written as an escape (`im\u0070ort`), which is the same name |
 * | the same, and the two ends of HTML comments  | in a string or an untagged template: one character is written as an escape |
 * |                                              | in a regular expression: it is made from a string, so that its `source` stays the same |
 * |                                              | in a comment: comments are dropped                          |
 * | the ends of HTML comments                    | across operators (`x-->0`): a space is put between them     |
 *
 * Ss1. Rewriting works on the tokens of a full parser (acorn); outside regular expressions the tokens have
 *      the same values before and after.
 * Ss2. A comment becomes blanks of the same length that keep its line ends, so that semicolons are inserted
 *      as before.
 * Ss3. The tag of a template can see its source text, so the template is left as it is and reported.
 * Ss4. A real `import(…)` is reported with its place, and so is everything that strict scripts forbid.
 * Ss5. Every token stays on its line, and in its column unless an escape precedes it on the line. So the
 *      source map of the original script is valid for the result.
 */
import { parse, tokTypes, type Comment, type Node, type Program, type Token } from 'acorn'
import { assert } from '../base/errors.ts'
import { Lines, type ScriptPlace } from './lines.ts'
import { childrenOf, isNode } from './tree.ts'

export type SafeScript =
  /** `placeOf` takes an offset of a node of `program`, the tree of the original script. */
  | {
      readonly kind: 'safe'
      readonly code: string
      readonly program: Program
      placeOf(offset: number): ScriptPlace
    }
  | { readonly kind: 'tagged-template' }
  | { readonly kind: 'dynamic-import'; readonly place: ScriptPlace }
  | { readonly kind: 'not-strict'; readonly place: ScriptPlace; readonly why: string }

/** SES evaluates all code in strict mode. */
const directive = '"use strict";'

export function makeSesSafe(script: string): SafeScript {
  const code = directive + script
  const tokens: Token[] = []
  const comments: Comment[] = []
  const lines = new Lines(script)
  const placeOf = (offset: number): ScriptPlace => lines.placeOf(offset - directive.length)
  const program = parseStrictly(code, tokens, comments)
  if (program instanceof SyntaxError)
    return {
      kind: 'not-strict',
      place: placeOf(Reflect.get(program, 'pos') as number),
      why: program.message.replace(/ \(\d+:\d+\)$/, ''),
    }
  for (const { start } of comments) assert(code[start] === '/', 'esbuild wrote an HTML comment')
  for (const node of everyNode(program)) {
    if (node.type === 'ImportExpression') return { kind: 'dynamic-import', place: placeOf(node.start) }
    if (node.type === 'TaggedTemplateExpression' && isHazardous(textOf(code, childOf(node, 'quasi'))))
      return { kind: 'tagged-template' }
  }
  const safe = rewrite(code, tokens).slice(directive.length)
  assert(!isHazardous(safe), 'the script still holds text that SES rejects')
  return { kind: 'safe', code: safe, program, placeOf }
}

function parseStrictly(code: string, onToken: Token[], onComment: Comment[]): Program | SyntaxError {
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'script', onToken, onComment })
  } catch (error) {
    if (error instanceof SyntaxError) return error
    throw error
  }
}

// --- texts that SES rejects

/** A superset of what SES rejects: SES allows some of these after a dot. */
const hazards = /<!--|-->|import(?=\s*(?:\(|\/[/*]))|eval(?=\s*\()/g
/** Exactly what SES rejects. */
const rejected = [/<!--|-->/, /(^|[^.]|\.\.\.)\bimport(\s*(?:\(|\/[/*]))/, /(^|[^.])\beval(\s*\()/]

const isHazardous = (text: string): boolean => rejected.some((pattern) => pattern.test(text))

/** Escapes one character of each hazard inside a string, a template or a name. */
function escapeHazards(text: string): string {
  return text.replace(hazards, (hazard) => {
    switch (hazard) {
      case '<!--':
        return '<\\u0021--'
      case '-->':
        return '--\\u003e'
      default:
        return escapeName(hazard)
    }
  })
}

/** `p` and `a` cannot belong to an escape there, since the preceding `m` and `v` are not digits. */
const escapeName = (name: string): string => (name === 'eval' ? 'ev\\u0061l' : 'im\\u0070ort')

// --- tokens

function rewrite(code: string, tokens: readonly Token[]): string {
  const pieces: string[] = []
  let end = 0
  // End of the output so far: taking the end of a long growing string would copy the string.
  let last = ''
  for (const [index, token] of tokens.entries()) {
    assert(token.start >= end, 'tokens ascend and do not overlap (Ss1)')
    const gap = dropComments(code.slice(end, token.start))
    const text = rewriteToken(code, token, tokens[index + 1])
    pieces.push(gap, gap === '' && joinsToHazard(last, text) ? ' ' : '', text)
    last = (gap === '' ? last + text : text).slice(-2)
    end = token.end
  }
  return `${pieces.join('')}\n`
}

/** Only white space and comments are between two tokens (Ss2). */
function dropComments(gap: string): string {
  if (!gap.includes('/')) return gap
  return gap.replace(/\/\*[^]*?\*\/|\/\/[^\n\r\u2028\u2029]*/g, blank)
}

/** A comment at the end of a line has nothing after it to keep in place. */
const blank = (comment: string): string =>
  comment.startsWith('//') ? ' ' : comment.replace(/[^\n\r\u2028\u2029]/g, ' ')

/** Whether two adjacent operators form an end of an HTML comment: `--` `>` or `<` `!`. */
const joinsToHazard = (before: string, text: string): boolean =>
  (before.endsWith('--') && text.startsWith('>')) || (before.endsWith('<') && text.startsWith('!'))

function rewriteToken(code: string, token: Token, next: Token | undefined): string {
  const text = code.slice(token.start, token.end)
  switch (token.type) {
    case tokTypes.string:
    case tokTypes.template:
      return escapeHazards(text)
    case tokTypes.regexp:
      return isHazardous(text) ? regexpFromString(token) : text
    case tokTypes.name:
    case tokTypes.privateId:
    case tokTypes._import:
      return next?.type === tokTypes.parenL && /^#?(import|eval)$/.test(text)
        ? text.replace(/import|eval/, escapeName)
        : text
    default:
      return text
  }
}

/**
 * Constructs a new regular expression at each evaluation, like a literal. Takes the class from another
 * literal, since the name `RegExp` may be shadowed.
 */
function regexpFromString(token: Token): string {
  const { pattern, flags } = (
    token as Token & { readonly value: { readonly pattern: string; readonly flags: string } }
  ).value
  return `(new (/./.constructor)(${escapeHazards(JSON.stringify(pattern))}, ${JSON.stringify(flags)}))`
}

// --- the tree

/** Every node below a node, without recursion: bundles hold expressions nested deeper than a stack. */
function* everyNode(root: Node): Generator<Node> {
  const open: Node[] = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node
    for (const child of childrenOf(node)) open.push(child)
  }
}

function childOf(node: Node, name: string): Node {
  const child: unknown = Reflect.get(node, name)
  assert(isNode(child), `a ${node.type} has no ${name}`)
  return child
}

const textOf = (code: string, node: Node): string => code.slice(node.start, node.end)
