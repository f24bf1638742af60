/**
 * A vat for replays: it counts in its heap, grows it, keeps promises open, and answers with what `fee` says.
 */
import type { VatRecipe, World } from '../kit/world.ts'

/** `version` makes another bundle that does the same. */
export const teller = (fee: string, version = ''): VatRecipe => ({
  source: `import { E, Far, patched } from 'heirloom/vat'
    export function buildRootObject({ D }, _parameters, baggage) {
      let count = 0n
      let settle
      const kept = []
      void patched
      return Far('teller', {
        add(n) { count += n; return count },
        fee(amount) { return ${fee} },
        later() { return new Promise((resolve) => { settle = resolve }) },
        settle(value) { settle(value) },
        tell(whom, what) { return E(whom).echo(what) },
        grow(bytes) { kept.push(new Uint8Array(bytes).fill(7)) },
        read(cap) { return D(cap).getBundle().source.length },
        store(key, value) { if (baggage.has(key)) baggage.set(key, value); else baggage.init(key, value) },
        version() { return '${version}' },
      })
    }`,
})

/** Some work of all sorts; in no block yet. Each time it is other work. */
export async function work(world: World, name: string, times = 8): Promise<void> {
  for (let n = 1n; n <= times; n += 1n) await world.ask(name, 'add', n)
  await world.ask(name, 'fee', 1_000n)
  await world.ask(name, 'grow', 300_000)
  await world.ask(name, 'store', 'key', 'value')
  await world.ask(name, 'tell', await world.root('friend'), 'hello')
  await world.ask(
    name,
    'read',
    await world.ask(
      await world.controller.vatAdmin(),
      'getBundleCap',
      (await world.controller.vat('friend')).bundle,
    ),
  )
  await world.controller.sendOnly(name, 'later')
  await world.controller.run()
}
