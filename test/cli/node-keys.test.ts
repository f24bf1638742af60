/** The files of keys: what they contain, who may read them, and their passphrases. */
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { addressOf, keyOfSeed } from '../../src/client/index.ts'
import { readKey } from '../../src/node/index.ts'
import { command, json } from './nodeSupport.ts'
import { temporaryDirectory } from './support.ts'

const secret = { HEIRLOOM_PASSPHRASE: 'grün wie Gras' }
const modeOf = (path: string): number => statSync(path).mode & 0o777

test('a key is created, shown and listed, without its secret', async (t) => {
  const home = temporaryDirectory(t)
  const made = await json(['key', 'new', 'alice', '--home', home])
  const path = join(home, 'keys', 'alice.json')
  assert.equal(made['path'], path)
  const file = JSON.parse(readFileSync(path, 'utf8')) as { readonly seed: string }
  assert.equal(addressOf(keyOfSeed(file.seed)), made['address'])
  const shown = await json(['key', 'show', 'alice', '--home', home])
  const { path: _path, ...view } = made
  assert.deepEqual(shown, view)
  assert.equal(shown['protection'], 'none')
  for (const words of [['show', 'alice'], ['list'], ['list', '--json']]) {
    const { out } = await command(['key', ...words, '--home', home])
    assert.ok(out.includes(String(made['address'])) && !out.includes(file.seed))
  }
})

test('Kyf2: only the owner may read keys, and a file that others may read is refused', async (t) => {
  const home = temporaryDirectory(t)
  await json(['key', 'new', 'alice', '--home', home])
  const path = join(home, 'keys', 'alice.json')
  assert.deepEqual([modeOf(path), modeOf(join(home, 'keys'))], [0o600, 0o700])
  for (const mode of [0o644, 0o640, 0o602]) {
    chmodSync(path, mode)
    const { code, err } = await command(['key', 'show', 'alice', '--home', home])
    assert.equal(code, 3)
    assert.match(err, /^heirloom: key\/readable-by-others: .*alice\.json has mode 6/)
  }
})

test('Kyf1: a key is never overwritten', async (t) => {
  const home = temporaryDirectory(t)
  await json(['key', 'new', 'alice', '--home', home])
  const before = readFileSync(join(home, 'keys', 'alice.json'), 'utf8')
  const { code, err } = await command(['key', 'new', 'alice', '--home', home])
  assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'key/exists'])
  assert.equal(readFileSync(join(home, 'keys', 'alice.json'), 'utf8'), before)
})

test('Kyf3: with a passphrase the seed is encrypted', async (t) => {
  const home = temporaryDirectory(t)
  const made = await json(['key', 'new', 'alice', '--home', home], secret)
  assert.equal(made['protection'], 'passphrase')
  const [directory, path] = [join(home, 'keys'), join(home, 'keys', 'alice.json')]
  const read = (passphrase: string | undefined) => readKey(directory, 'alice', async () => passphrase)
  const { seed } = await read(secret.HEIRLOOM_PASSPHRASE)
  assert.equal(addressOf(keyOfSeed(seed)), made['address'])
  const text = readFileSync(path, 'utf8')
  assert.ok(!text.includes(Buffer.from(seed).toString('hex')) && !text.includes(Buffer.from(seed).toString('base64')))
  await assert.rejects(read('grün wie Grab'), { code: 'key/wrong-passphrase' })
  await assert.rejects(read(undefined), { code: 'key/needs-passphrase' })
  const file = JSON.parse(text) as { readonly address: string }
  writeFileSync(path, JSON.stringify({ ...file, address: `h1${'0'.repeat(40)}` }))
  await assert.rejects(read(secret.HEIRLOOM_PASSPHRASE), { code: 'key/wrong-passphrase' })
  const { code } = await command(['key', 'new', 'bob', '--home', home, '--protect'])
  assert.equal(code, 2)
})

test('a file that is not that of a key is refused', async (t) => {
  const home = temporaryDirectory(t)
  await json(['key', 'new', 'alice', '--home', home], secret)
  const path = join(home, 'keys', 'alice.json')
  const file = JSON.parse(readFileSync(path, 'utf8')) as { readonly sealed: object }
  const broken = [
    '',
    '[]',
    '{}',
    JSON.stringify({ ...file, format: 2 }),
    JSON.stringify({ ...file, seed: '0'.repeat(64) }),
    JSON.stringify({ ...file, sealed: { ...file.sealed, n: 2 ** 30 } }),
    JSON.stringify({ ...file, sealed: { ...file.sealed, tag: '' } }),
  ]
  for (const text of broken) {
    writeFileSync(path, text)
    const { code, err } = await command(['key', 'show', 'alice', '--home', home])
    assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'key/malformed'], text)
  }
})

for (const [words, exit, reported] of [
  [['new'], 2, 'cli/usage'],
  [['new', '../x'], 3, 'key/bad-name'],
  [['new', 'a'.repeat(65)], 3, 'key/bad-name'],
  [['new', 'a', 'b'], 2, 'cli/usage'],
  [['show', 'nobody'], 3, 'key/unknown'],
  [['show', '/etc/passwd'], 3, 'key/bad-name'],
  [['list', 'x'], 2, 'cli/usage'],
  [['forget', 'x'], 2, 'cli/usage'],
] as const)
  test(`key ${words.join(' ')} is refused with ${reported}`, async (t) => {
    const { code, err } = await command(['key', ...words, '--home', temporaryDirectory(t)])
    assert.deepEqual([code, err.split(': ', 2)[1]], [exit, reported])
  })

test('without keys the list is empty', async (t) => {
  assert.deepEqual(await json(['key', 'list', '--home', temporaryDirectory(t)]), [])
})
