/** A vat whose history is replayed: it says to its console what it does, and sends before it answers. */
import type { ReplayReport, VatReplay } from '../../src/replay/index.ts'
import type { VatRecipe, World } from '../kit/world.ts'

/** `fee` is an expression of the amount, `start` runs first. */
export const clerk = (fee: string, start = ''): VatRecipe => ({
  source: `export function buildRootObject() {
    ${start}
    let count = 0n
    return Far('clerk', {
      add(n) { count += n; return count },
      fee(whom, amount) {
        console.log('the fee of', amount)
        void E(whom).echo(amount)
        const fee = ${fee}
        console.log('it is', fee)
        return fee
      },
    })
  }`,
  // What ends an endless loop soon.
  computronsPerDelivery: 20_000_000n,
})

/** Ends in a block. Returns the position of the delivery that asks for the fee. */
export async function workOf(world: World, name = 'clerk'): Promise<number> {
  for (let n = 1n; n <= 6n; n += 1n) await world.ask(name, 'add', n)
  const { length: position } = await world.transcript(name)
  await world.ask(name, 'fee', await world.root('friend'), 1_000n)
  await world.ask(name, 'add', 7n)
  await world.controller.commit()
  return position
}

export const classesOf = ({ vats }: ReplayReport): Record<string, VatReplay['class']> =>
  Object.fromEntries(vats.map((vat) => [vat.name, vat.class]))
