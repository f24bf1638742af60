/** A hundred thousand dead durable objects in one vat: what it takes to make them, and to bring them out, piece by piece. */
import type { BenchCase, Figure } from '../case.ts'
import { inWorld, milliseconds, runBlocks, settle } from '../world.ts'
import type { World } from '../world.ts'

const objects = 100_000
const perMessage = 1_000
/** The search of a heap with so much garbage is more than a vat has by default. */
const plenty = 10_000_000_000n

async function measure({ controller }: World): Promise<readonly Figure[]> {
  await settle(controller, await controller.createVat('estate', 'estate', { collection: { deliveries: 'never' }, computronsPerDelivery: plenty }))
  const making = await milliseconds(async () => {
    for (let made = 0; made < objects; made += perMessage) {
      await controller.sendOnly('estate', 'make', [perMessage])
      await runBlocks(controller, 10)
    }
  })
  await controller.collectAll()
  let [pieces, longest, most] = [0, 0, 0]
  const collecting = await milliseconds(async () => {
    for (;;) {
      let computrons = 0n
      let ended = ''
      const spent = await milliseconds(async () => { ({ computrons, ended } = await controller.run({ cranks: 1 })) })
      if (ended === 'idle') {
        // So many collections in a row are all that a run makes; the vat's next message brings the others.
        await controller.sendOnly('estate', 'read', [0])
        const { cranks } = await controller.run({ cranks: 2 })
        if (cranks === 0) throw new Error('the vat does not run any more')
        if (cranks === 1) return
      }
      pieces += 1
      longest = Math.max(longest, spent)
      most = Math.max(most, Number(computrons))
      if (pieces % 10 === 0) await controller.commit()
    }
  })
  const name = objects.toLocaleString('en')
  return [
    { what: `${name} durable objects made that nothing needs, ${perMessage.toLocaleString('en')} a message`, value: making / 1000, unit: 's', aim: '' },
    { what: `… brought out, in ${pieces.toLocaleString('en')} cranks`, value: collecting / 1000, unit: 's', aim: '' },
    { what: '… the longest of these cranks', value: longest, unit: 'ms', aim: '' },
    { what: '… the most computrons of one', value: most, unit: '', aim: '≤ 20,000,000' },
  ]
}

export const garbage: BenchCase = { name: 'garbage', measure: () => inWorld(measure, {}, ['estate']) }
