/** Upgrades of the host at a height: a node halts, is started by the release that has them, or skips them. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, heightOf, homeWithKeys, json, startNode, until, untilSaid } from './nodeSupport.ts'
import { fileWith, heirloomProcess } from './support.ts'

const isHalted = (url: string) => async (): Promise<boolean> =>
  ((await json(['node', 'status', '--node', url]))['sequencer'] as { kind: string }).kind === 'halted'

/** Schedules an upgrade by a vote; returns its height. */
async function schedule(home: string, url: string, name: string): Promise<number> {
  const at = ['--key', 'operator', '--home', home, '--node', url]
  const height = (await heightOf(url)) + 26
  const message = JSON.stringify({ kind: 'upgrade/schedule', name, height })
  await json(['gov', 'propose', '--title', name, '--message', message, ...at])
  await json(['gov', 'vote', '1', 'yes', ...at])
  return height
}

test('Npr2: a node halts for an upgrade that it does not have', { timeout: 600_000 }, async (t) => {
  const home = await homeWithKeys(t)
  const config = JSON.stringify({ listen: { port: 0 }, blockTime: 20, idleTime: 20 })
  writeFileSync(join(home, 'config.json'), config)
  const node = await startNode(t, home)
  const { url } = node
  const height = await schedule(home, url, 'two')
  await until(isHalted(url))
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

test('an upgrade is skipped by its name and height', { timeout: 600_000 }, async (t) => {
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
