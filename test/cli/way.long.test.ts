/** The whole way of a store through the command line, each step told as people and as programs see it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileWith, fixture, heirloom, takeSteps, temporaryDirectory, type Step } from './support.ts'

const way: readonly Step[] = [
  [['init', '--snapshot-interval', '3', '--computrons', '100_000_000'], 0, /^created a store in .*store\n$/],
  [['vats'], 0, /^no vats\n$/],
  [
    ['install', 'counter', fixture('counter')],
    0,
    /^counter is b1-[0-9a-f]{64} \([\d,]+ bytes from \d+ files\)\n$/,
  ],
  [['install', 'counter', fixture('counter')], 0, /^counter is already b1-/],
  [['install', 'heir', fixture('counter-2')], 0, /^heir is b1-/],
  [['install', 'forgetful', fixture('forgetful')], 0, /^forgetful is b1-/],
  [
    ['create', 'counters', 'counter', '--parameters', '{"start":5n}'],
    0,
    /^counters is vat v1, incarnation 0\n$/,
  ],
  [['create', 'others', 'counter'], 0, /^others is vat v2, incarnation 0\n$/],
  [['send', 'counters', 'increment', '37n'], 0, /^42n\n$/],
  [['send', 'v1', 'increment', '-2n'], 0, /^40n\n$/],
  [['send', 'others', 'ask', '@counters', '2n'], 0, /^42n\n$/],
  [['send', 'counters', 'counter'], 0, /^\[Alleged: Counter ko\d+\]\n$/],
  [
    ['send', 'counters', 'fail', '"no funds"'],
    1,
    /^rejected: RangeError: no funds\n  at fail \(counter\.ts:31:13\)\n$/,
  ],
  [['send', 'counters', 'spin'], 1, /^rejected: computrons-exhausted: /],
  [
    ['send', 'counters', 'echo', '"\\u001b[2J"', '@others', '{"list":[true,null]}'],
    0,
    /^\["\\u001b\[2J", \[Alleged: root ko\d+\], \{ list: \[true, null\] \}\]\n$/,
  ],
  [
    ['send', 'counters', 'never'],
    0,
    /^pending: result \d+ \(ask again with `heirloom result \d+`\)\n {2}vat counters \(v1\) has the message and has not answered, and waits for no one else\n$/,
  ],
  [['send', 'counters', 'increment', '8n', '--queue'], 0, /^queued: result 16 /],
  [['result', '16'], 0, /^pending: result 16 /],
  [['status'], 0, /^queued +1$/m],
  [
    ['run', '--cranks', '1'],
    0,
    /^1 crank, 1 delivery, [\d,]+ computrons in 1 block; height \d+; nothing waits\n$/,
  ],
  [['result', '16', '--forget'], 0, /^50n\n$/],
  [['result', '16'], 3, /^$/, /^heirloom: result\/unknown: /],
  [['run'], 0, /^0 cranks, 0 deliveries, 0 computrons in 0 blocks; /],
  [
    ['upgrade', 'counters', 'forgetful'],
    1,
    /^$/,
    /^heirloom: start\/kinds-missing: .*incarnation 0.*\n[^]*Counter/,
  ],
  [['send', 'counters', 'version'], 0, /^"first"\n$/],
  [
    ['upgrade', 'counters', 'heir', '--parameters', '{"version":"newest"}', '--message', 'fees'],
    0,
    /^counters is incarnation 1 now\n  0 ephemeral exports abandoned, 1 promise disconnected\n$/,
  ],
  [
    ['history', 'counters'],
    0,
    /^INCARNATION +BY WAY OF .*\n0 +start +done .* host\n1 +durable +start\/kinds-missing .* host\n[^]*1 +durable +done .* host\nincarnation 1 began with 0 abandoned exports and 1 disconnected promise\n$/,
  ],
  [['result', '15'], 1, /^rejected: vatUpgraded: fees \(incarnation 0 was to answer\)\n$/],
  [['send', 'counters', 'read'], 0, /^50n\n$/],
  [['send', 'counters', 'version'], 0, /^"newest"\n$/],
  [
    ['vats'],
    0,
    /^VAT  NAME      INCARNATION  STATUS .*\nv1   counters  1            running .*\nv2   others    0            running .*\n$/,
  ],
  [['status', '--verify', 'all'], 0, /^vats +2$/m],
]

test('a store from its making over an upgrade, for people', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  await takeSteps(way, store)
})

test('the same way for programs: each step prints one JSON document and has the same exit code', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  for (const [words, code] of way) {
    const ended = await heirloom([...words, '--json'], { store })
    assert.equal(ended.code, code, `heirloom ${words.join(' ')}\n${ended.out}${ended.err}`)
    const document: unknown = JSON.parse(ended.out)
    assert.equal(ended.out, `${JSON.stringify(document)}\n`)
  }
})

test('a bundle of bundle-source is installed from its file, and a run ends at its limits', async (t) => {
  const directory = temporaryDirectory(t)
  const store = join(directory, 'store')
  const file = fileWith(
    directory,
    'auction.json',
    JSON.stringify({ source: '() => ({})', moduleFormat: 'getExport' }),
  )
  const expected: readonly (readonly [words: readonly string[], out: RegExp])[] = [
    [['init'], /./],
    [['install', 'auction', file], /^auction is b1-[0-9a-f]{64} \(50 bytes from 1 file\)\n$/],
    [['install', 'auction', file], /^auction is already b1-/],
    [
      ['install', '--function', 'fees', fileWith(directory, 'fees.ts', 'export default (n: bigint) => n')],
      /^fees is b1-[0-9a-f]{64} \([\d,]+ bytes from 1 file\)\n$/,
    ],
    [['install', 'counter', fixture('counter')], /./],
    [['create', 'counters', 'counter'], /./],
    [['send', 'counters', 'echo', '--queue'], /./],
    [['send', 'counters', 'echo', '--queue'], /./],
    [['run', '--deliveries', '1', '--vats-created', '5'], /^1 crank, 1 delivery, .*; 1 item waits\n$/],
    [['run', '--vats-created', '1'], /nothing waits\n$/],
  ]
  for (const [words, out] of expected) {
    const ended = await heirloom(words, { store })
    assert.equal(ended.code, 0, `heirloom ${words.join(' ')}\n${ended.out}${ended.err}`)
    assert.match(ended.out, out, words.join(' '))
  }
})
