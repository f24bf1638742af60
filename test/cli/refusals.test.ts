/** What is refused, with which code and exit code; as text and as JSON. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { createStore } from '../../src/store/store.ts'
import {
  fileWith,
  fixture,
  heirloom,
  prepareStore,
  temporaryDirectory,
  type Ended,
  type Prepared,
} from './support.ts'

/** `said` is looked for in the message. */
type Refusal = readonly [
  situation: string,
  words: readonly string[],
  exit: number,
  code: string,
  said: RegExp,
]

const directory = temporaryDirectory({ after })
let prepared: Prepared
before(async () => {
  prepared = await prepareStore(directory)
  fileWith(directory, 'syntax.ts', 'export const fine = 1\nexport function buildRootObject( {\n')
  fileWith(directory, 'mistaken.json', '{"vats":{"a":{"sourceSpec":"a.ts","parameter":1}}}')
  fileWith(directory, 'rootless.ts', 'export const root = 1\n')
  fileWith(directory, 'empty.json', '{}')
  fileWith(
    directory,
    'importing.ts',
    "\n\nimport { x } from 'not-installed'\nexport const buildRootObject = () => x\n",
  )
})

const inDirectory = (words: readonly string[]): string[] =>
  words.map((word) => word.replace('DIR/', `${directory}/`))

const refusals: readonly Refusal[] = [
  // words
  ['no verb', [], 2, 'cli/usage', /init, install/],
  ['a verb that is none', ['stauts'], 2, 'cli/usage', /did you mean status/],
  ['an option that is none', ['status', '--verfy', 'all'], 2, 'cli/usage', /did you mean --verify/],
  ['an option without its value', ['run', '--cranks'], 2, 'cli/usage', /--cranks needs a value/],
  [
    'an option in place of a value',
    ['run', '--cranks', '--block', '2'],
    2,
    'cli/usage',
    /--cranks needs a value/,
  ],
  ['an option given twice', ['run', '--cranks', '1', '--cranks', '2'], 2, 'cli/usage', /given twice/],
  ['a flag with a value', ['send', 'counters', 'version', '--queue=yes'], 2, 'cli/usage', /takes no value/],
  ['a count that is no number', ['run', '--cranks', 'many'], 2, 'cli/usage', /"many"/],
  ['a count of nothing', ['run', '--block', '0'], 2, 'cli/usage', /from 1 on/],
  ['a count below nothing', ['run', '--cranks', '-1'], 2, 'cli/usage', /from 1 on/],
  ['more computrons than there are', ['run', '--computrons', '9999999999999999999'], 2, 'cli/usage', /2\^62/],
  ['an engine that is none', ['init', '--engine', 'v8'], 2, 'cli/usage', /quickjs/],
  ['a word missing', ['create', 'counters'], 2, 'cli/usage', /<bundle>/],
  ['a word too many', ['vats', 'counters'], 2, 'cli/usage', /takes no "counters"/],
  ['a result that is no number', ['result', 'seven'], 2, 'cli/usage', /"seven"/],
  ['a label that is none', ['install', '../x', fixture('counter')], 2, 'cli/usage', /label/],
  ['a trace that cannot be written', ['status', '--trace', '/nowhere/trace'], 2, 'cli/usage', /--trace/],
  // values
  ['send: text without quotes', ['send', 'counters', 'echo', 'hello'], 2, 'cli/usage', /double quotes/],
  [
    'send: JSON cut off',
    ['send', 'counters', 'echo', '{"a":'],
    2,
    'cli/usage',
    /character 6: a value is missing/,
  ],
  [
    'send: a number that would lose digits',
    ['send', 'counters', 'echo', '12345678901234567890'],
    2,
    'cli/usage',
    /12345678901234567890n/,
  ],
  [
    'create: garbage for parameters',
    ['create', 'x', 'counter', '--parameters', '{a:1}'],
    2,
    'cli/usage',
    /key in double quotes/,
  ],
  [
    'upgrade: garbage for parameters',
    ['upgrade', 'counters', 'counter', '--parameters', '[1'],
    2,
    'cli/usage',
    /comma/,
  ],
  // vats
  ['send: a vat that is none', ['send', 'nobody', 'hello'], 3, 'vat/unknown', /nobody/],
  [
    'send: an argument that names no vat',
    ['send', 'counters', 'echo', '@nobody'],
    3,
    'vat/unknown',
    /nobody/,
  ],
  [
    'upgrade: a drain of no number',
    ['upgrade', 'counters', 'counter', '--drain', 'long'],
    2,
    'cli/usage',
    /drain/,
  ],
  [
    'upgrade: an unknown policy',
    ['upgrade', 'counters', 'counter', '--on-failure', 'shrug'],
    2,
    'cli/usage',
    /keep, suspend/,
  ],
  [
    'upgrade: parameters from nowhere',
    ['upgrade', 'counters', 'counter', '--parameters-from', 'nowhere'],
    2,
    'cli/usage',
    /given, kept/,
  ],
  ['history: a vat that is none', ['history', 'nobody'], 3, 'vat/unknown', /nobody/],
  ['upgrade: a vat that is none', ['upgrade', 'nobody', 'counter'], 3, 'vat/unknown', /nobody/],
  ['create: a name that is taken', ['create', 'counters', 'counter'], 3, 'vat/name-taken', /counters/],
  ['create: a name that cannot be one', ['create', '9lives', 'counter'], 3, 'vat/name-invalid', /9lives/],
  ['result: a number that is none', ['result', '999'], 3, 'result/unknown', /999/],
  // bundles
  ['create: a bundle that is none', ['create', 'x', 'nothing'], 3, 'bundle/unknown', /nothing/],
  ['upgrade: a bundle that is none', ['upgrade', 'counters', 'nothing'], 3, 'bundle/unknown', /nothing/],
  ['install: no file', ['install', 'x', 'DIR/none.ts'], 3, 'bundle/entry-not-found', /none\.ts/],
  [
    'install: a bundle that is none',
    ['install', 'x', 'DIR/none-such.json'],
    3,
    'bundle/entry-not-found',
    /none-such\.json/,
  ],
  [
    'install: a JSON that is no bundle',
    ['install', 'x', 'DIR/empty.json'],
    3,
    'bundle/malformed',
    /empty\.json/,
  ],
  ['run: no deliveries', ['run', '--deliveries', '0'], 2, 'cli/usage', /--deliveries takes a whole number/],
  ['install: a syntax error', ['install', 'x', 'DIR/syntax.ts'], 3, 'bundle/syntax', /syntax\.ts:\d:\d+/],
  [
    'install: no buildRootObject',
    ['install', 'x', 'DIR/rootless.ts'],
    3,
    'bundle/no-build-root-object',
    /rootless\.ts/,
  ],
  [
    'install: a function without a default',
    ['install', '--function', 'x', 'DIR/rootless.ts'],
    3,
    'bundle/no-default-export',
    /rootless\.ts has no export default/,
  ],
  [
    'install: a JSON as a function',
    ['install', '--function', 'x', 'DIR/empty.json'],
    2,
    'cli/usage',
    /--function takes the source/,
  ],
  [
    'install: an import that is not there',
    ['install', 'x', 'DIR/importing.ts'],
    3,
    'bundle/missing-import',
    /importing\.ts:3:/,
  ],
  // ports, time and configurations
  ['port: an action that is none', ['port', 'bank', 'push'], 2, 'cli/usage', /open, status, deliver/],
  ['port: nothing to deliver', ['port', 'bank', 'deliver'], 2, 'cli/usage', /needs a value/],
  ['port: garbage to deliver', ['port', 'bank', 'deliver', 'hello'], 2, 'cli/usage', /double quotes/],
  ['port: a word too many', ['port', 'bank', 'receive', '5'], 2, 'cli/usage', /receive takes no/],
  ['port: no number to acknowledge', ['port', 'bank', 'acknowledge'], 2, 'cli/usage', /one number/],
  ['port: a number that is none', ['port', 'bank', 'dismiss', 'all'], 2, 'cli/usage', /"all"/],
  ['port: one that is not open', ['port', 'nobody', 'receive'], 3, 'port/unknown', /nobody/],
  ['port: a name that cannot be one', ['port', 'a b', 'open'], 3, 'port/name-invalid', /a b/],
  ['port: too many at once', ['port', 'bank', 'receive', '--limit', '5000'], 2, 'api/bad-argument', /limit/],
  ['time: what is no time', ['time', 'noon'], 2, 'cli/usage', /"noon"/],
  ['time: before all times', ['time', '-5'], 2, 'cli/usage', /"-5"/],
  ['time: two of them', ['time', '5', '6'], 2, 'cli/usage', /takes no "6"/],
  ['time: past all times', ['time', '99999999999999999999'], 2, 'api/bad-argument', /2n \*\* 64n/],
  ['init: no configuration', ['init', '--config', 'DIR/none.json'], 3, 'config/unreadable', /none\.json/],
  [
    'init: a configuration that is not JSON',
    ['init', '--config', 'DIR/syntax.ts'],
    3,
    'config/not-json',
    /syntax\.ts/,
  ],
  [
    'init: a configuration with a mistake',
    ['init', '--config', 'DIR/mistaken.json'],
    3,
    'config/invalid',
    /^vats\.a\.parameter: .*did you mean parameters/,
  ],
  // stores
  ['init: a store that is there', ['init'], 3, 'store/exists', /store/],
  // the vat says no
  ['create: a vat whose start throws', ['create', 'x', 'throwing'], 1, 'start/threw', /the till is empty/],
  [
    'create: a vat that may not take a step',
    ['create', 'x', 'counter', '--computrons', '1'],
    1,
    'start/fault',
    /computrons/,
  ],
  [
    'upgrade: code that forgets a kind',
    ['upgrade', 'counters', 'forgetful'],
    1,
    'start/kinds-missing',
    /keeps incarnation 0/,
  ],
  [
    'upgrade: code that throws',
    ['upgrade', 'counters', 'throwing'],
    1,
    'start/threw',
    /keeps incarnation 0.*the till is empty/,
  ],
]

const verbsWithWords: readonly (readonly string[])[] = [
  ['install', 'counter', fixture('counter')],
  ['create', 'x', 'counter'],
  ['send', 'x', 'y'],
  ['run'],
  ['upgrade', 'x', 'y'],
  ['status'],
  ['vats'],
  ['result', '1'],
  ['port', 'bank', 'open'],
  ['time', '5'],
]

interface ErrorDocument {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly detail: Readonly<Record<string, unknown>>
  }
}

function checkRefusal(
  { code: exit, out, err }: Ended,
  [, , expected, code, said]: Refusal,
): ErrorDocument['error'] {
  assert.equal(exit, expected, out + err)
  const { error } = JSON.parse(out) as ErrorDocument
  assert.equal(error.code, code)
  assert.match(error.message, said)
  assert.equal(typeof error.detail, 'object')
  const [first = '', hint = ''] = err.split('\n')
  assert.equal(first, `heirloom: ${code}: ${error.message.split('\n')[0]}`)
  assert.match(hint, /^  \S/, 'a hint stands below')
  return error
}

// Wo1, Wo2: the command line is one of the sources of refusals.
describe('refused, in a store that is sound', () => {
  for (const refusal of refusals) {
    const [situation, words] = refusal
    test(situation, async () => {
      checkRefusal(await heirloom([...inDirectory(words), '--json'], prepared), refusal)
    })
  }

  test('the kind that an upgrade forgot is named, for people and for programs', async () => {
    const words = ['upgrade', 'counters', 'forgetful']
    const { err, out } = await heirloom(words, prepared)
    assert.equal(out, '')
    assert.match(err, /concerned: Counter/)
    const { error } = JSON.parse((await heirloom([...words, '--json'], prepared)).out) as ErrorDocument
    assert.deepEqual(error.detail['names'], ['Counter'])
  })

  test('only errors of vats show a stack', async () => {
    const thrown = await heirloom(['create', 'x', 'throwing'], prepared)
    assert.match(thrown.err, /\n  at /)
    const unknown = await heirloom(['send', 'nobody', 'hello'], prepared)
    assert.doesNotMatch(unknown.err, /\n +at /)
  })
})

describe('before there is a store', () => {
  for (const words of verbsWithWords) {
    test(words[0] ?? '', async (t) => {
      const store = join(temporaryDirectory(t), 'none')
      checkRefusal(await heirloom([...words, '--json'], { store }), [
        '',
        words,
        3,
        'store/not-found',
        /there is no store/,
      ])
    })
  }
})

test('a store whose kernel cannot be started is a fault of the kernel', async (t) => {
  const store = temporaryDirectory(t)
  const made = createStore(store)
  const kernel = made.bundles.put('kernel', new TextEncoder().encode('this is no kernel'))
  made.bundles.name('heirloom:kernel', kernel)
  made.commit()
  made.close()
  checkRefusal(await heirloom(['status', '--json', '--trust', kernel], { store }), [
    '',
    [],
    4,
    'kernel/broken-bundle',
    /./,
  ])
})
