/**
 * `docs/errors.md`: every code that users see, with the text that the command line prints, when it appears,
 * and what
 * to do. The texts of codes come from the sources, the explanations from `explained/`.
 */
import { rejectionHints, startHints } from '../../src/cli/output/hints.ts'
import { exitCodes, exitMeanings, type ExitName } from '../../src/cli/output/report.ts'
import { kernelAuditCodes, storeAuditCodes } from '../../src/protocol/reports/audit.ts'
import { codes, type Code } from '../../src/protocol/codes.ts'
import {
  codeExplanations,
  rejectionExplanations,
  startExplanations,
  warningExplanations,
} from './explanations.ts'
import type { Explanation } from './explanation.ts'
import { anchorOf, table, written } from './markdown.ts'
import { prefixes, type Prefix } from './prefixes.ts'

const introduction = `# Error codes

Every refusal has a stable code: the words of a message may change between releases, but a code never changes its
meaning. Programs should compare codes, not messages.

| where | how the code appears |
|---|---|
| host API | a \`CodedError\`, with \`code\`, \`message\`, and \`detail\` as plain data |
| command line | \`heirloom: <code>: <message>\` on stderr, with a hint below; with \`--json\`, the field \`code\` of \`error\` |
| code of a vat | an error with the hidden property \`code\` ([wires](wires/results.md#errors-that-vats-receive)) |
| results of messages | a rejection by the kernel: a \`KernelRejection\` with \`code\`, or an error (see [below](#rejections-by-the-kernel)) |

The first sentences of each entry are the hint that the command line prints. The [limits](limits.md) are on a page of
their own.`

const allPrefixes = Object.keys(prefixes) as Prefix[]

export function errorsPage(): string {
  return written([
    introduction,
    exitSection(),
    contents(),
    '## Codes of the host API',
    ...allPrefixes.flatMap(prefixSection),
    ...rejectionSection(),
    ...startSection(),
    ...warningSection(),
    auditSection(),
  ])
}

function exitSection(): string {
  const names = Object.keys(exitCodes) as ExitName[]
  const rows = names.map((name) => [String(exitCodes[name]), exitMeanings[name]])
  const about = 'The command line exits with one of these statuses ([more](cli.md#exit-codes)):'
  return `${about}\n\n${table(['status', 'meaning'], rows)}`
}

function contents(): string {
  const sections = [
    ...allPrefixes.map((prefix) => [`[\`${prefix}/…\`](#${anchorOf(prefix)})`, prefixes[prefix]]),
    ['[rejections](#rejections-by-the-kernel)', 'Messages that the kernel itself rejects.'],
    ['[`start/…`, `replay/…`](#refused-starts-and-upgrades)', 'Code that could not start or take over.'],
    ['[warnings](#warnings)', 'Findings of an upgrade check that refuse nothing.'],
    ['[audit](#findings-of-an-audit)', 'Inconsistencies of a store.'],
  ]
  return table(['section', 'about'], sections)
}

function prefixSection(prefix: Prefix): readonly string[] {
  const own = (Object.keys(codes) as Code[]).filter((code) => code.startsWith(`${prefix}/`))
  return [
    `### ${prefix}`,
    prefixes[prefix],
    ...own.flatMap((code) => entry(code, codes[code], codeExplanations[code])),
  ]
}

const rejectionSection = (): readonly string[] => [
  '## Rejections by the kernel',
  'The promise of a message is rejected by the kernel itself, not by a vat. The host gets a `KernelRejection`, or an ' +
    'error where the target no longer exists; vats always get an error. `isRejection` distinguishes both from ' +
    'rejections by vats.',
  ...entries(rejectionHints, rejectionExplanations),
]

const startSection = (): readonly string[] => [
  '## Refused starts and upgrades',
  'The code of a vat could not start, or could not take over from the previous incarnation, which continues ' +
    'unchanged. The rejection is `start-refused` or `upgrade-refused`, and the code is that of its `reason`. ' +
    'The command line prints the code of the reason.',
  ...entries(startHints, startExplanations),
]

const warningSection = (): readonly string[] => [
  '## Warnings',
  'An [upgrade check](upgrade-check.md) reports these in `warnings`. They do not refuse anything.',
  ...Object.entries(warningExplanations).flatMap(([code, explanation]) =>
    entry(code, undefined, explanation),
  ),
]

const entries = <Key extends string>(
  texts: Readonly<Record<Key, string>>,
  explanations: Readonly<Record<Key, Explanation>>,
): readonly string[] =>
  (Object.keys(texts) as Key[]).flatMap((code) => entry(code, texts[code], explanations[code]))

function entry(code: string, text: string | undefined, { when, remedy }: Explanation): readonly string[] {
  return [
    `#### \`${code}\``,
    ...(text === undefined ? [] : [text]),
    `- **When:** ${when}`.concat(remedy === undefined ? '' : `\n- **What to do:** ${remedy}`),
  ]
}

function auditSection(): string {
  const rows = (texts: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
    Object.entries(texts).map(([code, text]) => [auditCode(code), text])
  return written([
    '## Findings of an audit',
    '`heirloom audit` and `controller.audit()` count everything in a store again and report each deviation with ' +
      'a code, a place and a message ([format](wires/audit.md)). A sound store has none. A deviation means that ' +
      'the file was damaged or changed by another program, or that Heirloom has a bug: keep a copy of the store, ' +
      'restore a backup, and report the findings if the disk is not the cause.',
    `In the tables of the kernel:\n\n${table(['code', 'meaning'], rows(kernelAuditCodes))}`,
    `In the file, and between the file and the kernel:\n\n${table(['code', 'meaning'], rows(storeAuditCodes))}`,
  ]).trimEnd()
}

/** A code that a heading above has is linked to it; any other gets an anchor of its own. */
const auditCode = (code: string): string =>
  Object.hasOwn(codes, code)
    ? `[\`${code}\`](#${anchorOf(code)})`
    : `<a id="${anchorOf(code)}"></a>\`${code}\``
