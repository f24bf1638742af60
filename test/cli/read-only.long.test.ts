/** Commands of a user who may read a store and not write it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { asOrdinaryUser, giveToOrdinaryUser, withoutOrdinaryUser } from '../kit/ordinaryUser.ts'
import { fixture, temporaryDirectory, type Ended } from './support.ts'

const directory = temporaryDirectory({ after })
const store = join(directory, 'store')

/** The number of an answer that is held: what `RESULT` stands for. */
let result = ''

function command(commands: readonly (readonly string[])[]): readonly Ended[] {
  const args = [
    join(import.meta.dirname, 'commanded.ts'),
    JSON.stringify(commands).replaceAll('RESULT', result),
  ]
  const {
    NODE_OPTIONS: _options,
    NODE_TEST_CONTEXT: _context,
    NODE_COMPILE_CACHE: _cache,
    ...env
  } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    ...asOrdinaryUser,
    env: { ...env, HEIRLOOM_STORE: store },
    encoding: 'utf8',
    timeout: 300_000,
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as readonly Ended[]
}

const reading: readonly (readonly [words: readonly string[], said: RegExp])[] = [
  [['status'], /^access +for reading only: .*store may not be written to: .* has mode 0500/m],
  [['status', '--json'], /"access":"read"/],
  [['vats'], /counters/],
  [['history', 'counters'], /start/],
  [['signature', 'counter'], /Counter/],
  [['result', 'RESULT'], /Counter/],
  [['upgrade', 'counters', 'counter-2', '--check'], /would be incarnation 1/],
  [['port', 'bank', 'status'], /bank/],
  [['port', 'bank', 'receive'], /nothing to receive/],
  [['time'], /^0$/m],
  [['audit'], /no deviations/],
  [['cycles'], /no vats/],
  [['export', store, '--to', join(directory, 'out', 'export')], /exported/],
  [['import', join(directory, 'out', 'export'), join(directory, 'out', 'imported')], /imported/],
]

const writing: readonly (readonly string[])[] = [
  ['send', 'counters', 'increment', '1n'],
  ['run'],
  ['install', 'x', fixture('ticker')],
  ['create', 'x', 'counter'],
  ['upgrade', 'counters', 'counter-2'],
  ['suspend', 'counters'],
  ['terminate', 'counters'],
  ['pause'],
  ['time', '5'],
  ['port', 'bank', 'deliver', '1'],
  ['result', 'RESULT', '--forget'],
]

describe('a store in a directory that may not be written to', { skip: withoutOrdinaryUser }, () => {
  let names: readonly string[]
  before(() => {
    giveToOrdinaryUser(directory)
    mkdirSync(join(directory, 'out'))
    giveToOrdinaryUser(join(directory, 'out'))
    const made = command([
      ['init'],
      ['install', 'counter', fixture('counter')],
      ['install', 'counter-2', fixture('counter-2')],
      ['create', 'counters', 'counter', '--parameters', '{"start":5n}'],
      ['port', 'bank', 'open'],
      ['send', 'counters', 'counter', '--queue'],
      ['run'],
    ])
    assert.deepEqual(made.map(({ code, err }) => `${code} ${err}`), made.map(() => '0 '))
    result = /queued: result (\d+)/.exec(made[5]?.out ?? '')?.[1] ?? ''
    names = readdirSync(store)
    chmodSync(store, 0o500)
  })
  after(() => chmodSync(store, 0o700))

  test('is read by every command that changes nothing', () => {
    const ended = command(reading.map(([words]) => words))
    for (const [index, [words, said]] of reading.entries()) {
      const { code, out, err } = ended[index] ?? assert.fail()
      assert.deepEqual([words[0], code, err], [words[0], 0, ''], out)
      assert.match(out, said)
    }
    assert.deepEqual(readdirSync(store), names)
  })

  test('is refused to every other, in one line and with what to do, before anything is run', () => {
    const ended = command(writing)
    for (const [index, words] of writing.entries()) {
      const { code, out, err } = ended[index] ?? assert.fail()
      assert.deepEqual([words[0], code, out], [words[0], 3, ''])
      assert.match(
        err,
        /^heirloom: store\/not-writable: .*store may not be written to: it belongs to user \d+ and has mode 0500, and this process runs as user \d+\n  You do not have permission to write to this path[^\n]*\n$/,
      )
    }
    assert.deepEqual(readdirSync(store), names)
  })

  test('files that may not be read are told, whichever command asks for them', () => {
    const secret = join(directory, 'out', 'secret')
    writeFileSync(secret, '', { mode: 0 })
    giveToOrdinaryUser(secret)
    const long = join(directory, 'n'.repeat(256))
    const ended = command([
      ['trace', secret],
      ['trace', long],
      ['status', '--store', long],
      ['init', '--store', long],
      ['import', long, join(directory, 'out', 'x')],
      ['export', long, '--to', join(directory, 'out', 'x')],
    ])
    assert.deepEqual(
      ended.map(({ code, err }) => `${code} ${err.split(': ')[1]}`),
      ['3 store/not-readable', ...Array<string>(5).fill('3 store/path-too-long')],
    )
  })

  test('traces are their owner\'s alone', () => {
    const file = join(directory, 'out', 'trace')
    assert.deepEqual(command([['vats', '--trace', file]]).map(({ code }) => code), [0])
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })
})
