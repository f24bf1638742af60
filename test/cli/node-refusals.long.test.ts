/** Every verb of nodes with garbage, too early, or twice: refused with a code, and nothing is changed. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleVat } from '../../src/host/index.ts'
import { keys, localNode } from '../kit/nodes.ts'
import { command, homeWithKeys, json } from './nodeSupport.ts'
import { fileWith, fixture, temporaryDirectory } from './support.ts'

const nowhere = ['--node', 'http://127.0.0.1:1']
const address = `h1${'0'.repeat(40)}`

/** Words, exit code, code; in a directory without a node. */
const refusals: readonly (readonly [words: string, exit: number, code: string])[] = [
  ['node start', 3, 'node/no-home'],
  ['node start --port x', 2, 'cli/usage'],
  ['node start --port 70000', 2, 'cli/usage'],
  ['node start --skip-upgrade two', 2, 'cli/usage'],
  ['node start --upgrades missing.ts', 3, 'node/bad-upgrades'],
  ['node start extra', 2, 'cli/usage'],
  ['node status', 3, 'client/unreachable'],
  ['node status --node not-a-url', 3, 'client/unreachable'],
  ['node export', 2, 'cli/usage'],
  ['node export --to EXPORT', 3, 'node/no-home'],
  ['node export --to EXPORT --mode other', 2, 'cli/usage'],
  ['node import', 2, 'cli/usage'],
  ['node import MISSING', 3, 'node/bad-export'],
  ['node reset', 2, 'cli/usage'],
  ['node reset --yes', 3, 'node/no-home'],
  ['node init --chain 1x', 3, 'node/bad-genesis'],
  ['node init --member alice=1', 3, 'node/bad-genesis'],
  ['node init --member alice', 2, 'cli/usage'],
  [`node init --member ${address}=0`, 3, 'node/bad-genesis'],
  [`node init --member ${address}=x`, 2, 'cli/usage'],
  [`node init --account ${address}=-5`, 3, 'node/bad-genesis'],
  ['node init --parameter fees.hots=1', 3, 'node/bad-genesis'],
  ['node init --parameter block.bytes=1', 3, 'node/bad-genesis'],
  ['node init --block-time 0', 2, 'cli/usage'],
  ['node init --port 99999', 3, 'node/bad-config'],
  ['node init --config missing.json', 3, 'config/unreadable'],
  ['node init --genesis missing.json', 2, 'cli/usage'],
  ['node forget', 2, 'cli/usage'],
  ['tx', 2, 'cli/usage'],
  ['tx ledger/steal', 2, 'cli/usage'],
  ['tx ledger/mint to=x amount=1', 2, 'cli/usage'],
  ['tx ledger/transfer', 2, 'cli/usage'],
  ['tx ledger/transfer to=nobody amount=1', 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount=-1`, 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount=1 amount=2`, 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount=1 tip=2`, 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount`, 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount=1`, 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount=1 --key alice`, 3, 'key/unknown'],
  [`tx ledger/transfer to=${address} amount=1 --fee x`, 2, 'cli/usage'],
  [`tx ledger/transfer to=${address} amount=1 --lifetime 0`, 2, 'cli/usage'],
  ['tx kernel/send to=mirror method=echo args=5', 2, 'cli/usage'],
  ['tx kernel/send to=mirror method=echo args=[@bank]', 2, 'cli/usage'],
  ['tx kernel/send to=mirror method=echo args=[', 2, 'cli/usage'],
  ['tx governance/vote proposal=x choice=yes', 2, 'cli/usage'],
  ['tx governance/vote proposal=1 choice=maybe', 2, 'cli/usage'],
  ['tx upload', 2, 'cli/usage'],
  ['tx upload missing.ts', 3, 'bundle/entry-not-found'],
  ['tx upload missing.json', 3, 'bundle/entry-not-found'],
  ['tx upload x.ts --for other', 2, 'cli/usage'],
  ['gov', 2, 'cli/usage'],
  ['gov propose --message {}', 2, 'cli/usage'],
  ['gov propose --title x', 2, 'cli/usage'],
  ['gov propose --title x --message {', 2, 'cli/usage'],
  ['gov propose --title x --message {}', 2, 'cli/usage'],
  ['gov propose --title x --message @missing.json', 2, 'cli/usage'],
  ['gov propose --title x --message {"kind":"ledger/transfer"}', 2, 'cli/usage'],
  ['gov propose --title x --message {"kind":"kernel/retry"}', 2, 'cli/usage'],
  [`gov propose --title x${' --message {"kind":"kernel/retry"}'.repeat(21)}`, 2, 'cli/usage'],
  ['gov propose --check', 2, 'cli/usage'],
  ['gov propose --check --message {', 2, 'cli/usage'],
  ['gov propose --check --message {"kind":"kernel/retry"}', 3, 'client/unreachable'],
  ['gov vote 1', 2, 'cli/usage'],
  ['gov vote x yes', 2, 'cli/usage'],
  ['gov show x', 2, 'cli/usage'],
  ['gov show 1', 3, 'client/unreachable'],
  ['gov list', 3, 'client/unreachable'],
  ['query', 2, 'cli/usage'],
  ['query ledger/x', 3, 'client/unreachable'],
  ['query ledger/x --store x', 2, 'cli/usage'],
]

const reaching = /^(?:node status|tx|gov|query)\b/

for (const [line, exit, reported] of refusals)
  test(`${line} is refused with ${reported}`, async (t) => {
    const directory = temporaryDirectory(t)
    const home = join(directory, 'home')
    const places = { EXPORT: join(directory, 'export'), MISSING: join(directory, 'missing') }
    const given = line.split(' ').map((word) => places[word as keyof typeof places] ?? word)
    const hasHome = !/^(?:node status|gov (?:list|show)|query)\b/.test(line)
    const isAsked = reaching.test(line) && !line.includes('--node')
    const words = [...given, ...(hasHome ? ['--home', home] : []), ...(isAsked ? nowhere : [])]
    const { code, out, err } = await command([...words, '--json'])
    const { error } = JSON.parse(out) as { readonly error: { readonly code: string } }
    assert.deepEqual([code, error.code], [exit, reported], err)
    assert.ok(!existsSync(join(home, 'genesis.json')) && !existsSync(join(home, 'data')), 'nothing was made')
  })

test('a message to a node that is not there is refused before it is signed for nothing', async (t) => {
  const home = await homeWithKeys(t)
  const words = ['tx', 'ledger/transfer', 'to=bob', 'amount=1', '--home', home, ...nowhere]
  assert.match((await command(words)).err, /several keys/)
  const { code, err } = await command([...words, '--key', 'alice'])
  assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'client/unreachable'])
})

test('Hom1, Hom2: node init overwrites nothing, and leaves nothing when it fails', { timeout: 300_000 }, async (t) => {
  const directory = temporaryDirectory(t)
  for (const name of ['genesis.json', 'config.json', 'data']) {
    const home = join(directory, name)
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, name), '{}')
    const { code, err } = await command(['node', 'init', '--home', home])
    assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'node/home-exists'])
    assert.deepEqual(readdirSync(home), [name])
  }
  const home = join(directory, 'throwing')
  const vats = { throwing: { sourceSpec: fixture('throwing') } }
  const config = fileWith(directory, 'throwing.config', JSON.stringify({ vats }))
  const { code, err } = await command(['node', 'init', '--home', home, '--config', config])
  assert.deepEqual([code, err.split(': ', 2)[1]], [1, 'config/vat-refused'])
  assert.deepEqual(readdirSync(home), ['keys'])
})

for (const [config, place] of [
  ['{', 'not JSON'],
  ['{"listem":{}}', 'listem: there is no such key; did you mean listen?'],
  ['{"listen":{"port":"80"}}', 'listen.port'],
  ['{"listen":{"host":""}}', 'listen.host'],
  ['{"blockTime":0}', 'blockTime'],
  ['{"idleTime":1.5}', 'idleTime'],
] as const)
  test(`config.json ${config} is refused`, async (t) => {
    const home = await homeWithKeys(t)
    writeFileSync(join(home, 'config.json'), config)
    const { code, err } = await command(['node', 'start', '--home', home])
    assert.equal(code, 3)
    assert.ok(err.startsWith('heirloom: node/bad-config: config.json: ') && err.includes(place), err)
  })

test('a node does not start with another genesis, or with damaged blocks', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const start = ['node', 'start', '--home', home]
  writeFileSync(join(home, 'data', 'blocks.sqlite'), 'not a database, not a database, not a database')
  const damaged = await command(start)
  assert.deepEqual([damaged.code, damaged.err.split(': ', 2)[1]], [3, 'node/bad-blocks'])
  const genesis = readFileSync(join(home, 'genesis.json'), 'utf8')
  writeFileSync(join(home, 'genesis.json'), genesis.replace('"1000000"', '"1000001"'))
  const other = await command(start)
  assert.deepEqual([other.code, other.err.split(': ', 2)[1]], [3, 'node/other-chain'])
  for (const [change, place] of [
    [{ kernel: { vats: { mirror: { sourceSpec: 'x.ts' } } } }, 'kernel.vats.mirror.bundleName'],
    [{ kernel: { bundles: {} } }, 'kernel.bundles'],
    [{ more: 1 }, 'more'],
  ] as const) {
    writeFileSync(join(home, 'genesis.json'), JSON.stringify({ ...(JSON.parse(genesis) as object), ...change }))
    const { code, err } = await command(start)
    assert.equal(code, 3)
    assert.ok(err.startsWith(`heirloom: node/bad-genesis: ${place}: `), err)
  }
})

test('a node says when it cannot listen', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { server } = await localNode(t)
  const { port } = new URL(server.url)
  for (const words of [['--port', port], ['--host', '192.0.2.1']]) {
    const { code, err } = await command(['node', 'start', '--home', home, ...words])
    assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'node/cannot-listen'])
  }
})

test('a command waits no longer than it may, and names its transaction', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { server, sequencer } = await localNode(t)
  await sequencer.stop()
  const words = ['tx', 'ledger/transfer', 'to=bob', 'amount=1', '--key', 'alice', '--home', home]
  const { code, out } = await command([...words, '--node', server.url, '--timeout', '1', '--json'])
  const { error } = JSON.parse(out) as { error: { code: string; detail: { hash: string } } }
  assert.deepEqual([code, error.code], [3, 'client/timeout'])
  assert.match(error.detail.hash, /^[0-9a-f]{64}$/)
})

test('questions about nothing, with garbage and too long are refused by the node, and lists may be empty', { timeout: 300_000 }, async (t) => {
  const { server } = await localNode(t)
  const codeOf = async (...words: readonly string[]) => {
    const { code, out } = await command([...words, '--node', server.url, '--json'])
    return [code, (JSON.parse(out) as { error?: { code: string } }).error?.code]
  }
  assert.deepEqual(await codeOf('gov', 'list'), [0, undefined])
  assert.deepEqual(await codeOf('gov', 'show', '99'), [3, 'node/no-query'])
  assert.deepEqual(await codeOf('gov', 'show', '9'.repeat(30)), [2, 'cli/usage'])
  assert.deepEqual(await codeOf('query', 'ledger/none'), [3, 'node/no-query'])
  assert.deepEqual(await codeOf('query', 'ledger/balance/x'), [3, 'node/bad-query'])
  assert.deepEqual(await codeOf('query', `ledger/${'x'.repeat(2_000)}`), [3, 'http/bad-request'])
})

test('a label that other code has is refused to an upload', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { server } = await localNode(t)
  const upload = ['tx', 'upload', fixture('counter'), '--home', home, '--node', server.url, '--key', 'bob']
  const { code, out } = await command([...upload, '--label', 'mirror'])
  assert.deepEqual([code, out.split(': ', 1)[0]], [1, 'kernel/label-taken'], out)
})

test('an upload goes on where it stopped, and is not held up by one of the same code', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { server, client } = await localNode(t)
  const { bytes } = await bundleVat(fixture('counter'))
  const sha256 = hash('sha256', bytes)
  const begin = { kind: 'kernel/begin-upload', hash: sha256, for: 'vat', bytes: bytes.length } as const
  const data = Buffer.from(bytes.subarray(0, 1_000)).toString('base64')
  await client.send(keys.alice, begin)
  await client.send(keys.alice, { kind: 'kernel/upload-chunk', hash: sha256, index: 0, data })
  const upload = ['tx', 'upload', fixture('counter'), '--home', home, '--node', server.url]
  const other = await json([...upload, '--key', 'bob'])
  const done = await json([...upload, '--key', 'alice'])
  assert.deepEqual(done['bundle'], { id: `b1-${sha256}` })
  assert.deepEqual(other['bundle'], done['bundle'])
  assert.deepEqual((await json([...upload, '--key', 'bob']))['bundle'], done['bundle'])
  const malformed = fileWith(home, 'wrong.json', '{"moduleFormat":"no"}')
  const wrong = await command(['tx', 'upload', malformed, '--home', home, '--node', server.url, '--key', 'bob'])
  assert.deepEqual([wrong.code, /^bundle\/[a-z-]+: the code was uploaded/.test(wrong.out)], [1, true], wrong.out)
})

test('Hom1: node reset twice leaves the keys, and help of every second word', async (t) => {
  const home = await homeWithKeys(t)
  const reset = ['node', 'reset', '--home', home, '--yes']
  assert.equal((await json(reset))['change'], 'removed')
  assert.equal((await json(reset))['change'], 'none')
  assert.deepEqual(readdirSync(home).sort(), ['config.json', 'genesis.json', 'keys'])
  for (const group of ['node', 'key', 'tx', 'gov']) {
    const { code, out } = await command([group, '--help'])
    assert.equal(code, 0)
    assert.ok(out.includes(`${group} `))
  }
})
