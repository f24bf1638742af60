/** How nodes end and go on: signals, kills, halts, exports. */
import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NodeHome } from '../../src/node/index.ts'
import { command, homeWithKeys, json, startNode, until, untilSaid } from './nodeSupport.ts'
import { fileWith, heirloomProcess, launcher } from './support.ts'
import { readFileSync } from 'node:fs'
import { verbs } from '../../src/cli/verbs.ts'

const heightOf = async (url: string): Promise<number> => Number((await json(['node', 'status', '--node', url]))['height'])
const isBlocks = (url: string, kind: string) => async (): Promise<boolean> =>
  ((await json(['node', 'status', '--node', url]))['sequencer'] as { kind: string }).kind === kind

test('Npr1: SIGTERM ends a node at a block, and it goes on from there', { timeout: 60_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const node = await startNode(t, home, ['--verbose'])
  const spin = ['tx', 'kernel/send', 'to=mirror', 'method=spin', 'args=[3000000]', '--key', 'alice', '--home', home]
  const spinning = command([...spin, '--node', node.url])
  await untilSaid(node, /^block 2: /m)
  node.child.kill('SIGTERM')
  const { code, out, err } = await node.ended
  assert.equal(code, 0, err)
  assert.match(err, /heirloom: SIGTERM: finishing the block under way; a second signal ends at once/)
  const height = Number(/at height (\d+)/.exec(out)?.[1])
  assert.equal(Number(/block (\d+): [^\n]*\n(?!block)[^]*$/.exec(err)?.[1] ?? height) <= height, true)
  await spinning
  const again = await startNode(t, home, ['--json'])
  assert.match(again.err(), new RegExp(`at height ${height} listens`))
  await until(async () => (await heightOf(again.url)) > height)
  again.child.kill('SIGINT')
  const end = await again.ended
  assert.equal(end.code, 0)
  assert.equal((JSON.parse(end.out) as { ended: string }).ended, 'signal')
})

test('after kill -9 a node goes on, and what was included stays', { timeout: 60_000 }, async (t) => {
  const home = await homeWithKeys(t)
  let height = 0
  for (let round = 1; round <= 3; round += 1) {
    const { child, url, ended } = await startNode(t, home)
    assert.ok((await heightOf(url)) >= height)
    const words = ['tx', 'ledger/transfer', 'to=bob', 'amount=1', '--key', 'alice', '--home', home, '--node', url]
    height = Number((await json(words))['height'])
    child.kill('SIGKILL')
    await ended
  }
  const { url } = await startNode(t, home)
  const { value } = await json(['query', `accounts/show/${(await json(['key', 'show', 'bob', '--home', home]))['address']}`, '--node', url])
  assert.equal((value as { balance: string }).balance, '1000003')
})

test('one node at a time runs in a directory, and it is not reset meanwhile', { timeout: 60_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { url } = await startNode(t, home)
  for (const words of [['start'], ['reset', '--yes']]) {
    const { code, err } = await command(['node', ...words, '--home', home])
    assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'store/in-use'])
  }
  assert.ok((await heightOf(url)) >= 0 && existsSync(new NodeHome(home).blocks))
})

/** Schedules an upgrade by a vote; returns its height. */
async function schedule(home: string, url: string, name: string): Promise<number> {
  const at = ['--key', 'operator', '--home', home, '--node', url]
  const height = (await heightOf(url)) + 26
  const message = JSON.stringify({ kind: 'upgrade/schedule', name, height })
  await json(['gov', 'propose', '--title', name, '--message', message, ...at])
  await json(['gov', 'vote', '1', 'yes', ...at])
  return height
}

test('Npr2: a node halts for an upgrade that it does not have', { timeout: 120_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const config = JSON.stringify({ listen: { port: 0 }, blockTime: 20, idleTime: 20 })
  writeFileSync(join(home, 'config.json'), config)
  const node = await startNode(t, home)
  const { url } = node
  const height = await schedule(home, url, 'two')
  await until(isBlocks(url, 'halted'))
  const { out } = await command(['node', 'status', '--node', url])
  assert.match(out, /^blocks +halted for upgrade: node\/halted: the upgrade two is due at height \d+/m)
  assert.equal(await heightOf(url), height - 1)
  await untilSaid(node, /heirloom: halted for upgrade: node\/halted/)
  const sending = ['tx', 'ledger/transfer', 'to=bob', 'amount=1', '--key', 'alice', '--home', home, '--node', url]
  const refused = await command(sending)
  assert.deepEqual([refused.code, refused.err.split(': ', 2)[1]], [3, 'node/halted'])
  node.child.kill('SIGTERM')
  assert.equal((await node.ended).code, 0)

  const exits = await heirloomProcess(['node', 'start', '--home', home, '--exit-on-halt', '--json'], { store: '' })
  assert.equal(exits.code, 5, exits.err)
  assert.equal((JSON.parse(exits.out) as { ended: string }).ended, 'halted')

  // The release that has it, as a module of the operator's.
  const upgrades = fileWith(home, 'upgrades.mjs', 'export default { two: { about: "the second release" } }\n')
  const next = await startNode(t, home, ['--upgrades', upgrades])
  await until(async () => (await heightOf(next.url)) > height)
  const { value } = await json(['query', 'upgrade/list', '--node', next.url])
  assert.deepEqual((value as { ended: unknown }).ended, [{ name: 'two', height, outcome: 'done' }])
})

test('an upgrade is skipped by its name and height', { timeout: 120_000 }, async (t) => {
  const home = await homeWithKeys(t)
  writeFileSync(join(home, 'config.json'), JSON.stringify({ listen: { port: 0 }, blockTime: 20, idleTime: 20 }))
  const node = await startNode(t, home)
  const height = await schedule(home, node.url, 'two')
  node.child.kill('SIGTERM')
  await node.ended
  const next = await startNode(t, home, ['--skip-upgrade', `two@${height}`])
  await until(async () => (await heightOf(next.url)) > height)
  const { value } = await json(['query', 'upgrade/list', '--node', next.url])
  assert.deepEqual((value as { ended: unknown }).ended, [{ name: 'two', height, outcome: 'skipped' }])
})

test('a running node is exported, and the import goes on with its blocks', { timeout: 120_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { url, child, ended } = await startNode(t, home)
  const sending = ['tx', 'ledger/transfer', 'to=bob', 'amount=7', '--key', 'alice', '--home', home]
  const sent = await json([...sending, '--node', url])
  const to = `${home}-export`
  t.after(() => rmSync(to, { recursive: true, force: true }))
  const exported = await json(['node', 'export', '--home', home, '--to', to])
  assert.ok(Number(exported['height']) > 0)
  const twice = await command(['node', 'export', '--home', home, '--to', to])
  assert.equal(twice.err.split(': ', 2)[1], 'export/not-empty')
  child.kill('SIGKILL')
  await ended

  const copy = `${home}-copy`
  t.after(() => rmSync(copy, { recursive: true, force: true }))
  const imported = await json(['node', 'import', to, '--home', copy])
  assert.equal(imported['chain'], 'test-chain')
  assert.equal((await command(['node', 'import', to, '--home', copy])).err.split(': ', 2)[1], 'node/home-exists')
  assert.ok(!existsSync(join(copy, 'keys')))
  const next = await startNode(t, copy, ['--port', '0'])
  const found = await json(['node', 'status', '--node', next.url])
  assert.ok(Number(found['height']) >= Number(imported['height']))
  const block = await fetch(`${next.url}/v1/transactions/${sent['hash']}`)
  assert.equal(((await block.json()) as { kind: string }).kind, 'included')

  writeFileSync(join(to, 'genesis.json'), '{}')
  const broken = await command(['node', 'import', to, '--home', `${home}-broken`])
  assert.deepEqual([broken.code, broken.err.split(': ', 2)[1]], [3, 'node/bad-export'])
  assert.ok(!existsSync(`${home}-broken`))
})

test('the launcher runs a program, unless the word after node is a second word of a verb', async (t) => {
  const text = /const nodeVerbs = \[([^\]]*)\]/.exec(readFileSync(launcher, 'utf8'))?.[1] ?? ''
  const words = [...text.matchAll(/'(\w+)'/g)].map(([, word]) => `node ${word}`)
  assert.deepEqual(words, verbs.flatMap(({ name }) => (name.startsWith('node ') ? [name] : [])))
  const home = await homeWithKeys(t)
  const program = fileWith(home, 'start', 'console.log("a program")\n')
  assert.equal((await heirloomProcess(['node', program], { store: '' })).out, 'a program\n')
})
