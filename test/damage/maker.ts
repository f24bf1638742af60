/**
 * Makes the store that is damaged, in a process of its own: `maker.ts DIRECTORY closed|killed`.
 *
 * A real kernel with several vats: one that was upgraded, one that is suspended while messages wait for it,
 * one whose message is still queued; ports with items that wait on both sides; snapshots. `closed` ends with
 * a clean close, and keeps an older copy of the file beside the store; `killed` ends by SIGKILL after the
 * last commit, so that the last blocks are in the log. One line on standard output says where the store was.
 */
import { copyFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openWorld, puppet } from '../kit/world.ts'

const [directory = '', ending = 'closed'] = process.argv.slice(2)
/** The process ends before its world does. */
const scope = { after: () => {} }

const estate = `
  const counts = baggage.has('counts') ? baggage.get('counts') : VatData.makeScalarBigMapStore('counts', { durable: true })
  if (!baggage.has('counts')) baggage.init('counts', counts)
  me.counts = counts`

const world = await openWorld(scope, {
  vats: { first: { setup: estate }, second: puppet, third: puppet },
  config: { snapshotInterval: 4, collectionInterval: 6 },
})

async function work(round: number): Promise<void> {
  await world.run('first', 'me.counts.init(args[0], args[1])', `key ${round}`, 'x'.repeat(round * 40))
  await world.run(
    'second',
    'return E(args[0]).run("return args[0] + 1n", args[1])',
    await world.root('third'),
    BigInt(round),
  )
  await world.run('third', 'me.kept = args[0]; return me.kept', { round, text: 'kept' })
}

for (let round = 0; round < 3; round += 1) await work(round)
const post = await (await world.controller.openPort('post')).remote()
await world
  .run('second', 'return E(args[0]).onReceive(Far("receiver", { receive: (item) => item }))', post)
  .catch(() => {})
for (const item of [1n, 2n]) await world.run('first', 'return E(args[0]).send(args[1])', post, item)
await world.reopen()
copyFileSync(join(world.directory, 'heirloom.sqlite'), join(directory, 'older.sqlite'))

const heir = { setup: `${estate}\n  me.generation = 2` }
await world.upgrade('first', heir)
for (let round = 3; round < 6; round += 1) {
  await work(round)
  await world.controller.commit()
}
await world.controller.port('post').acknowledge(1)
await world.controller.suspendVat('third', 'to be seen')
await world.controller.run()
for (let item = 0; item < 2; item += 1) await world.controller.sendOnly('third', 'echo', [`parked ${item}`])
await world.controller.run()
await world.controller.sendOnly('second', 'echo', ['queued'])
const { height, hash } = await world.controller
  .commit()
  .then(async ({ height }) => ({ height, hash: await world.activityHash() }))
writeSync(1, `${JSON.stringify({ directory: world.directory, height, activityHash: hash })}\n`)
if (ending === 'killed') process.kill(process.pid, 'SIGKILL')
await world.controller.shutdown()
process.exit(0)
