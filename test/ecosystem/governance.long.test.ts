/**
 * A committee of `@agoric/governance` in Zoe, both as published: a vote goes on while what it runs on is
 * replaced.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleContract } from '../../examples/zoe/contractBundle.ts'
import type { Remote } from '../../src/host/index.ts'
import { bundleFile } from '../kit/bundles.ts'
import { answerOf } from '../kit/world.ts'
import { fixture } from './support.ts'
import { openPlace, type Place } from './zoe/place.ts'

const governance = join(import.meta.dirname, '..', '..', 'node_modules', '@agoric', 'governance', 'src')

async function installContract({ market: { controller } }: Place, file: string): Promise<string> {
  return (await controller.installBundle(await bundleContract(join(governance, file)))).id
}

async function installChair({ market: { controller } }: Place): Promise<string> {
  return (await controller.installBundle(await bundleFile(fixture('chair')))).id
}

const askChair = async ({ market }: Place, method: string, ...args: readonly unknown[]): Promise<unknown> =>
  answerOf(await market.settle(await market.controller.send('chair', method, args)))

test('a vote goes on over upgrades of Zoe, of the committee and of its chair', async (t) => {
  const place = await openPlace(t)
  const zoe = (await place.market.ask('zoe')) as Remote
  const timer = await place.market.controller.timer()
  answerOf(
    await place.market.settle(await place.market.controller.createVat('chair', await installChair(place))),
  )
  await askChair(
    place,
    'found',
    zoe,
    await installContract(place, 'committee.js'),
    await installContract(place, 'binaryVoteCounter.js'),
  )
  await askChair(place, 'pose', 'Shall it go on?', timer, 100n)
  await askChair(place, 'vote', 0, 'yes')

  await place.market.upgradeVat('zoe')
  await place.reopen()
  await askChair(place, 'vote', 1, 'no')
  await askChair(place, 'restart')
  answerOf(
    await place.market.settle(await place.market.controller.upgradeVat('chair', await installChair(place))),
  )
  assert.equal(await askChair(place, 'open'), 1)
  await askChair(place, 'vote', 1, 'yes')
  await askChair(place, 'vote', 2, 'no')

  await place.market.controller.advanceTime(100n)
  await place.market.controller.run()
  assert.deepEqual(await askChair(place, 'outcome'), { text: 'yes' })
  assert.equal(await askChair(place, 'open'), 0)
  // The committee publishes outcomes with an object of its heap, which ended when it was restarted.
  assert.deepEqual(await askChair(place, 'published'), [
    JSON.stringify({ body: 'Shall it go on?', slots: [] }),
  ])
})
