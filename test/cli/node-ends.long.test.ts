/** How nodes end and go on: signals, kills, exports. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { verbs } from '../../src/cli/verbs.ts'
import { NodeHome } from '../../src/node/index.ts'
import { command, heightOf, homeWithKeys, json, startNode, until } from './nodeSupport.ts'
import { fileWith, heirloomProcess, launcher } from './support.ts'

/** Whether vats run in the block under way. */
const isRunning = (url: string) => async (): Promise<boolean> =>
  ((await json(['node', 'status', '--node', url]))['block'] as { phase: string } | null)?.phase === 'run'

test('Npr1: SIGTERM ends a node at a block, and it goes on from there', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const node = await startNode(t, home, ['--verbose'])
  const spin = ['tx', 'kernel/send', 'to=mirror', 'method=spin', 'args=[15000000]', '--key', 'alice', '--home', home]
  const spinning = command([...spin, '--node', node.url, '--timeout', '10', '--json'])
  await until(isRunning(node.url))
  node.child.kill('SIGTERM')
  const { code, out, err } = await node.ended
  assert.equal(code, 0, err)
  assert.match(err, /heirloom: SIGTERM: finishing the block under way; a second signal ends at once/)
  assert.match(err, /heirloom: waiting for block \d+: run/)
  const height = Number(/at height (\d+)/.exec(out)?.[1])
  assert.equal(Number([...err.matchAll(/^block (\d+): /gm)].at(-1)?.[1]), height)
  // Its block was finished, or it was submitted too late to be in one.
  const { kind, height: included } = JSON.parse((await spinning).out) as { kind?: string; height?: number }
  assert.ok(kind === undefined || (kind === 'included' && included !== undefined && included <= height))
  const again = await startNode(t, home, ['--json'])
  assert.match(again.err(), new RegExp(`at height ${height} listens`))
  await until(async () => (await heightOf(again.url)) > height)
  again.child.kill('SIGINT')
  const end = await again.ended
  assert.equal(end.code, 0)
  assert.equal((JSON.parse(end.out) as { ended: string }).ended, 'signal')
})

test('after kill -9 a node goes on, and what was included stays', { timeout: 300_000 }, async (t) => {
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

test('one node at a time runs in a directory, and it is not reset meanwhile', { timeout: 300_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const { url } = await startNode(t, home)
  for (const words of [['start'], ['reset', '--yes']]) {
    const { code, err } = await command(['node', ...words, '--home', home])
    assert.deepEqual([code, err.split(': ', 2)[1]], [3, 'store/in-use'])
  }
  assert.ok((await heightOf(url)) >= 0 && existsSync(new NodeHome(home).blocks))
})

test('a running node is exported, and the import goes on with its blocks', { timeout: 600_000 }, async (t) => {
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
