/** Completion: real shells are asked what they offer, and it is compared with the help. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { pathNames } from '../../src/cli/completion/tables.ts'
import { shells, type Shell } from '../../src/cli/completion/script.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { fileWith, heirloom, temporaryDirectory } from './support.ts'

const isInstalled = (shell: Shell): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, shell)))

/** What the shell offers at the end of each line, in the order of the alphabet. */
async function offered(t: TestContext, shell: Shell, lines: readonly string[]) {
  const directory = temporaryDirectory(t)
  for (const folder of ['stones', 'other']) mkdirSync(join(directory, folder))
  for (const file of ['stairs.ts', 'config.json', 'two words.ts']) writeFileSync(join(directory, file), '')
  const { code, out } = await heirloom(['completion', shell], { store: '' })
  assert.equal(code, 0)
  const script = fileWith(temporaryDirectory(t), `heirloom.${shell}`, out)
  const driver = join(import.meta.dirname, 'fixtures', 'completion', `ask.${shell}`)
  const { stdout, stderr, status } = spawnSync(shell, [...(shell === 'zsh' ? ['-f'] : []), driver, script], {
    cwd: directory,
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    env: { ...process.env, HOME: directory, TERM: 'dumb' },
  })
  assert.deepEqual([status, stderr], [0, ''])
  const answers = stdout.split(/^\.\n/m)
  assert.equal(answers.pop(), '', stdout)
  assert.equal(answers.length, lines.length, stdout)
  return answers.map((answer) => [...new Set(answer.split('\n').filter(Boolean).map(bare))].sort())
}

/** Without the description, the slash of a directory, and an option that was typed before the value. */
const bare = (line: string): string => line.replace(/\t.*/, '').replace(/\/$/, '').replaceAll('\\ ', ' ').replace(/^--\S+=/, '')

/** A line, and what must be offered at its end. */
const cases: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['work', ['worker']],
  ['worker i', ['install']],
  ['help worker s', ['show']],
  ['--json worker --quiet s', ['show']],
  ['tx ledger/', ['ledger/transfer']],
  ['completion ', ['bash', 'fish', 'zsh']],
  ['init --on-fault ', ['reject', 'suspend', 'terminate']],
  ['init --engine quickjs-wasi-3.6', ['quickjs-wasi-3.6.2']],
  ['init --engine=quickjs-wasi-3.6', ['quickjs-wasi-3.6.2']],
  ['--store other create shop bank --importance ', ['critical', 'ordinary']],
  ['port deposits a', ['acknowledge']],
  ['gov vote 1 ', ['abstain', 'no', 'veto', 'yes']],
  ['send counters increment -5 --qu', ['--queue', '--quiet']],
  ['send counters increment -- --qu', []],
  ['send counters ', []],
  ['init --max-vats ', []],
  ['init --config co', ['config.json']],
  ['init --config=co', ['config.json']],
  ['init --store st', ['stones']],
  ['install counter st', ['stairs.ts', 'stones']],
  ['import ', ['other', 'stones']],
  ['test st', ['stairs.ts', 'stones']],
  ['node sta', ['stairs.ts', 'start', 'status']],
  ['node start --upgrades con', ['config.json']],
  ['vanish ', []],
]

async function helpOf(...words: readonly string[]): Promise<string> {
  const { code, out } = await heirloom([...words, '--help'], { store: '' })
  assert.equal(code, 0)
  return out
}

/** The first words of the lines below a heading. */
function listedIn(help: string, heading: string, word: RegExp): readonly string[] {
  const section = help.split('\n\n').find((text) => text.startsWith(`${heading}:\n`))
  assert.ok(section !== undefined, help)
  return [...new Set([...section.matchAll(word)].map(([, found = '']) => found))].sort()
}

const optionsIn = (help: string, heading: string): readonly string[] =>
  listedIn(help, heading, /^ {2}(--[a-z-]+)/gm)

for (const shell of shells) {
  const installed = isInstalled(shell) ? {} : { skip: `${shell} is not installed here` }

  test(`${shell} completes words, options, values and paths`, installed, async (t) => {
    const answers = await offered(t, shell, cases.map(([line]) => `heirloom ${line}`))
    assert.deepEqual(
      answers.map((words, index) => [cases[index]?.[0], words]),
      cases.map(([line, words]) => [line, [...words].sort()]),
    )
  })

  // Cw1.
  test(`${shell} offers the verbs and the options of the help`, installed, async (t) => {
    const help = await helpOf()
    const names = listedIn(help, 'Verbs', /^ {2}(\S+(?: \S+)?)(?= {2})/gm)
    assert.deepEqual(names, verbs.map(({ name }) => name).sort())
    const firsts = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))]
    const groups = firsts.filter((first) => names.some((name) => name.startsWith(`${first} `)))
    const secondsOf = (group: string): readonly string[] =>
      names.filter((name) => name.startsWith(`${group} `)).map((name) => name.slice(group.length + 1))
    const expected = [
      { line: '', words: firsts },
      { line: '-', words: optionsIn(help, 'Options of most verbs') },
      // A file may follow node, too.
      ...groups.map((group) => ({ line: `${group} `, words: [...secondsOf(group), ...(group === 'node' ? paths : [])] })),
    ]
    for (const name of names)
      expected.push({ line: `${name} --`, words: optionsIn(await helpOf(...name.split(' ')), 'Options') })
    const answers = await offered(t, shell, expected.map(({ line }) => `heirloom ${line}`))
    for (const [index, { line, words }] of expected.entries())
      assert.deepEqual(answers[index], [...words].sort(), `after heirloom ${line}`)
  })
}

const paths = ['config.json', 'other', 'stairs.ts', 'stones', 'two words.ts']

/** Names of values that are not paths. A new one goes here, or into `pathNames`. */
const otherNames = [
  ...['.EXT=HOW', 'A..B', 'ADDRESS', 'ADDRESS=BALANCE', 'ADDRESS=WEIGHT', 'BUNDLE', 'BYTES', 'CRANKS', 'GLOB'],
  ...['HASH', 'HOW', 'ID', 'JSON', 'KERNEL', 'KIND', 'MODE', 'MS', 'N', 'NAME', 'NAME=N', 'NAME=VAT'],
  ...['NAME@HEIGHT', 'NAMES', 'ORDER', 'POLICY', 'SECONDS', 'SOURCE', 'TAGS', 'TEXT', 'URL', 'USE', 'VALUE'],
  ...['VAT', 'VERSION', 'WHAT', 'WORKER', 'action', 'bundle', 'choice', 'field=value', 'kernel', 'label', 'method'],
  ...['name', 'now', 'number', 'path', 'proposal', 'shell', 'value', 'vat', 'word', 'worker'],
]

test('of every value it is known whether it is a path', () => {
  const used = verbs.flatMap(({ operands, rest, options }) => [
    ...operands.map(({ name }) => name),
    ...(rest === 'none' ? [] : [rest.name]),
    ...Object.values(options).flatMap((option) => (option.kind === 'flag' ? [] : [option.placeholder])),
  ])
  assert.deepEqual([...new Set(used)].sort(), [...new Set([...Object.keys(pathNames), ...otherNames])].sort())
})

test('an unknown shell is refused, with the one that was probably meant', async () => {
  const { code, out, err } = await heirloom(['completion', 'fisch'], { store: '' })
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /^heirloom: cli\/usage: there is no completion for "fisch".*did you mean fish\?/)
  assert.equal((await heirloom(['completion'], { store: '' })).code, 2)
})

test('with --json the script is in the document', async () => {
  const { out } = await heirloom(['completion', 'zsh', '--json'], { store: '' })
  const { shell, script } = JSON.parse(out) as Record<'shell' | 'script', string>
  assert.equal(shell, 'zsh')
  assert.equal(`${script}\n`, (await heirloom(['completion', 'zsh'], { store: '' })).out)
})
