/**
 * The house writes plain technical English: words that are banned, each with the standard word beside it.
 *
 * Checked are the comments of `src`, its texts that are longer than one word, and the prose of the
 * documentation.
 * What stands in backquotes or in a fence is code and is left alone.
 */
import type { Finding, Project, Rule } from './rule.ts'
import type { Source } from './source.ts'

/** pattern → what to write instead. */
const banned: readonly (readonly [RegExp, string])[] = [
  [/\b(?:told|tells)\b/i, 'reported, notified, passed; reports, names, shows'],
  [/\bwhoever\b/i, 'the noun: the caller, the holder, a host that'],
  [/\bwhatever\b/i, 'regardless of, any, everything that'],
  [/\bwhichever\b/i, 'the one that, any'],
  [/\bnobody\b/i, 'no vat, no caller, nothing'],
  [/\bsomebody\b/i, 'the noun: a vat, a caller, a receiver'],
  [/\b(?:is|are|was|were|has|have|had) gone\b/i, 'has been deleted, no longer exists'],
  [
    /(?<=\b[a-z]+ )(?<!\b(?:vats?|incarnations?|kinds?|cranks?|collections?|process|it|that|which|or) )(?:has|have|had) ended\b/,
    'is settled, is complete, is closed (only a vat, an incarnation, a kind, a crank or a process has ended)',
  ],
  [/(?<!\bmessage )\b(?:gives|gave)\b(?! up\b)/i, 'returns, yields, provides, states'],
  [/\blet(?:s|ting)? go\b/i, 'releases, drops its references'],
  [/\bon (?:its|their) way out\b/i, 'being deleted'],
  [/\bfor ever\b/i, 'permanently, without end, never … again'],
  [/(?<!here )\b(?:is|are|was|were) no (?!longer|more|less|fewer|larger|smaller)[a-z]/i, 'is not a, is not'],
  [/\btwice is fine\b/i, 'idempotent'],
  [/\bnot any more\b/i, 'no longer'],
  [/\bgoes? round\b/i, 'loops, is circular'],
  [/\b(?:the|this|that|what) .{0,20}\bis had from\b/i, 'comes from'],
]

const notLimits = /\b(?:most|longest|fewest|deepest|largest|maximum)[A-Z]\w*/

/** Fences, what stands in backquotes, links to tests with their titles, and targets of links. */
const notProse = /^```[^]*?^```|`[^`\n]*`|\[[^\]\n]*\]\(\.\.\/test[^)\n]*\)|\]\([^)\n]*\)/gm

/** The same length of spaces in place of what is not prose. */
const withoutCode = (text: string): string =>
  text.replace(notProse, (code) => code.replace(/[^\n]/g, ' '))

function wordFindings(file: string, line: number, text: string): Finding[] {
  return withoutCode(text)
    .split('\n')
    .flatMap((each, index) =>
      banned.flatMap(([pattern, standard]) => {
        const match = pattern.exec(each)
        return match === null
          ? []
          : [{ file, line: line + index, message: `"${match[0].trim()}" is dialect; write: ${standard}` }]
      }),
    )
}

const isPage = (path: string): boolean => /^README\.md$|^docs\/(?!decisions\/).*\.md$/.test(path)
/** A text of one word is a name or a stored word. */
const isProse = (text: string): boolean => /\s/.test(text.trim())

/** Texts of this code reach vats, so stored transcripts and tables contain them: they are a format. */
const hasStoredTexts = (path: string): boolean =>
  /^src\/(?:codec|engine|kernel|sim|supervisor|vat)\//.test(path)

const sourceFindings = ({ path, comments, strings }: Source): Finding[] =>
  [...comments, ...(hasStoredTexts(path) ? [] : strings.filter(({ text }) => isProse(text)))].flatMap(
    ({ line, text }) => wordFindings(path, line, text),
  )

const plainEnglish: Rule = {
  name: 'plain technical English',
  check: ({ sources, texts }: Project) => [
    ...sources.filter(({ path }) => path.startsWith('src/')).flatMap(sourceFindings),
    ...[...texts].filter(([path]) => isPage(path)).flatMap(([path, text]) => wordFindings(path, 1, text)),
  ],
}

const limitNames: Rule = {
  name: 'limits are named max… and min…',
  check: ({ sources }) =>
    sources
      .filter(({ path }) => path.startsWith('src/'))
      .flatMap(({ path, code }) =>
        code.split('\n').flatMap((text, index) => {
          const match = notLimits.exec(text)
          return match === null
            ? []
            : [{ file: path, line: index + 1, message: `rename ${match[0]}: a limit is called max… or min…` }]
        }),
      ),
}

export const wordRules: readonly Rule[] = [plainEnglish, limitNames]
