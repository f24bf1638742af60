/** The way of a user: a chain is created, runs, and is used, by commands and a node of their own. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { mirrorConfig } from '../kit/nodes.ts'
import { command, json, startNode, until } from './nodeSupport.ts'
import { fixture, temporaryDirectory } from './support.ts'

test('from node init to a vote', { timeout: 600_000 }, async (t) => {
  const directory = temporaryDirectory(t)
  const home = join(directory, 'home')
  const init = ['node', 'init', '--home', home, '--chain', 'demo', '--config', mirrorConfig(directory)]
  const times = ['--port', '0', '--block-time', '50', '--idle-time', '1000', '--parameter', 'governance.period=30']
  const made = await json([...init, '--publish', 'mirror=mirror', ...times])
  assert.deepEqual([made['chain'], made['height']], ['demo', 0])
  assert.equal((await command([...init])).code, 3, 'nothing is overwritten')

  const { url, child, ended } = await startNode(t, home)
  const on = ['--node', url]
  const at = ['--home', home]
  const status = await json(['node', 'status', ...on])
  assert.equal(status['chain'], 'demo')
  assert.match((await command(['node', 'status', ...on])).out, /^blocks +running$/m)

  const alice = await json(['key', 'new', 'alice', ...at])
  const sent = await json(['tx', 'ledger/transfer', 'to=alice', 'amount=1_000', '--key', 'operator', ...on, ...at])
  assert.equal((sent['result'] as { code: string }).code, 'ok')
  const account = await json(['query', `accounts/show/${alice['address']}`, ...on])
  assert.equal((account['value'] as { balance: string }).balance, '1000')

  const tooMuch = ['tx', 'ledger/transfer', 'to=operator', 'amount=5000', '--key', 'alice', ...on, ...at]
  const refused = await command(tooMuch)
  assert.equal(refused.code, 1)
  assert.match(refused.out, /^ledger\/insufficient: /)

  const echo = ['tx', 'kernel/send', 'to=mirror', 'method=echo', 'args=[{"n":5n}]', '--key', 'alice', ...on, ...at]
  assert.match((await command(echo)).out, /\n\{ n: 5n \}\n$/)
  const fail = await command(['tx', 'kernel/send', 'to=mirror', 'method=fail', 'args=["no"]', '--key', 'alice', ...on, ...at])
  assert.deepEqual([fail.code, fail.out.split('\n')[1]], [1, 'rejected: Error: no'])

  const message = '{"kind":"parameters/set","name":"fees.host","value":2}'
  const check = await command(['gov', 'propose', '--check', '--message', message, ...on])
  assert.equal(check.code, 0)
  assert.match(check.out, /^would be done: by block \d+, in \d+ blocks of a copy\n/)
  assert.match(check.out, /^parameter fees\.host: 1 -> 2$/m)
  const vain = await command(['gov', 'propose', '--check', '--message', '{"kind":"kernel/suspend","vat":"ghost","reason":"r"}', ...on])
  assert.equal(vain.code, 1)
  assert.match(vain.out, /^would fail with vat\/unknown: [^]*^kernel\/suspend +failed: vat\/unknown /m)

  const propose = ['gov', 'propose', '--title', 'Fees', '--message', message, ...on, ...at]
  const byAlice = await command([...propose, '--key', 'alice'])
  assert.deepEqual([byAlice.code, byAlice.out.split(':')[0]], [1, 'governance/not-a-member'])
  const proposed = await json([...propose, '--key', 'operator'])
  assert.deepEqual((proposed['result'] as { data: unknown }).data, { proposal: 1 })
  assert.match((await command(['gov', 'list', ...on])).out, /^1 +voting .*Fees$/m)
  assert.equal((await command(['gov', 'vote', '1', 'yes', '--key', 'operator', ...on, ...at])).code, 0)
  await until(async () => (await json(['gov', 'show', '1', ...on]))['state'] === 'done')
  const parameters = (await json(['query', 'parameters/all', ...on]))['value'] as Record<string, number>
  assert.equal(parameters['fees.host'], 2)
  const late = await command(['gov', 'vote', '1', 'no', '--key', 'operator', ...on, ...at])
  assert.match(late.out, /^governance\/closed: /)

  const upload = ['tx', 'upload', fixture('counter'), '--label', 'counter', '--key', 'operator', ...on, ...at]
  const uploaded = await json(upload)
  assert.match((uploaded['bundle'] as { id: string }).id, /^b1-[0-9a-f]{64}$/)

  child.kill('SIGTERM')
  const { code, out } = await ended
  assert.deepEqual([code, /^the node is at height \d+\n$/.test(out)], [0, true])
  assert.ok(existsSync(join(home, 'keys', 'operator.json')))
})

test('a second node joins by the genesis, and has the same app hash', { timeout: 300_000 }, async (t) => {
  const directory = temporaryDirectory(t)
  const [home, second] = [join(directory, 'one'), join(directory, 'two')]
  const one = await json(['node', 'init', '--home', home, '--time', '5'])
  const genesis = join(home, 'genesis.json')
  const two = await json(['node', 'init', '--home', second, '--genesis', genesis])
  assert.equal(two['appHash'], one['appHash'])
  assert.equal(readFileSync(join(second, 'genesis.json'), 'utf8'), readFileSync(genesis, 'utf8'))
  assert.ok(!existsSync(join(second, 'keys')))
  const both = await command(['node', 'init', '--home', join(directory, 'x'), '--genesis', genesis, '--chain', 'y'])
  assert.equal(both.code, 2)
})
