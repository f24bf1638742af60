/** Tests of the vats, each on a kernel and a store of its own. Run them with `npm test`. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loadConfig } from 'heirloom'
import type { Remote } from 'heirloom'
import { startTestKernel } from 'heirloom/testing'
import type { Account as AccountOfVersion2 } from '../vats/bank-v2.ts'
import type { Shop } from '../vats/shop.ts'

const root = join(import.meta.dirname, '..')

/** The store that `heirloom init --config config.json` creates, and the shop in it. */
async function openShop(t: TestContext) {
  // Between the steps, vats are evicted from memory and the kernel is restarted: nothing may depend on it.
  const kernel = await startTestKernel({
    config: await loadConfig(join(root, 'config.json')),
    stress: { seed: 1 },
  })
  t.after(() => kernel.end())
  await kernel.controller.run()
  return { kernel, shop: await kernel.root<Shop>('shop') }
}

test('the bank takes a payment from the account and tells the shop', async (t) => {
  const { kernel, shop } = await openShop(t)
  const account = await kernel.ask(shop, 'welcome', 'ada')
  assert.equal(await kernel.ask(shop, 'buy', 'ada', 30n), 'ada has paid 30')
  assert.equal(await kernel.ask(account, 'balance'), 70n)
  assert.equal(await kernel.ask(shop, 'takings'), 30n)
})

test('nobody pays more than they have', async (t) => {
  const { kernel, shop } = await openShop(t)
  await kernel.ask(shop, 'welcome', 'ada')
  await assert.rejects(kernel.ask(shop, 'buy', 'ada', 101n), /ada cannot pay 101/)
  assert.equal(await kernel.ask(shop, 'takings'), 0n)
})

test('version 2 of the bank keeps every account: identity and state stay', async (t) => {
  const { kernel, shop } = await openShop(t)
  const account = await kernel.ask(shop, 'welcome', 'ada')
  await kernel.ask(shop, 'buy', 'ada', 30n)

  const { incarnationNumber } = await kernel.upgrade('bank', join(root, 'vats', 'bank-v2.ts'))
  assert.equal(incarnationNumber, 1)

  // State: the balance is that of before. Identity: the shop pays by the reference that it has held all along,
  // and the account that this test holds is the one that has paid.
  assert.equal(await kernel.ask(account, 'balance'), 70n)
  assert.equal(await kernel.ask(shop, 'buy', 'ada', 20n), 'ada has paid 20')
  assert.equal(await kernel.ask(account, 'balance'), 50n)
  assert.equal(await kernel.ask(account as Remote<AccountOfVersion2>, 'payments'), 1n)
  assert.equal(await kernel.ask(shop, 'takings'), 50n)
})
