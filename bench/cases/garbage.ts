/**
 * A million durable objects that nothing needs, in one vat of a store with the schedule that it has by
 * default: what it takes to make them, and to bring them out meanwhile, piece by piece.
 */
import type { BenchCase, Figure } from '../case.ts'
import { inWorld, milliseconds, settle, type World } from '../world.ts'

const objects = 1_000_000
const perMessage = 100
/** Messages that wait together; then there is a block. */
const batch = 100
/** A message takes fewer computrons, and a collection that finds something more. */
const mostOfMessage = 2_000_000n

async function measure({ controller }: World): Promise<readonly Figure[]> {
  await settle(controller, await controller.createVat('estate', 'estate'))
  let [messages, collections, collecting, longest, most] = [0, 0, 0, 0, 0]
  const whole = await milliseconds(async () => {
    for (let made = 0; made < objects; made += perMessage * batch) {
      for (let sent = 0; sent < batch; sent += 1) await controller.sendOnly('estate', 'make', [perMessage])
      for (let ended = ''; ended !== 'idle'; ) {
        let computrons = 0n
        const spent = await milliseconds(async () => {
          ;({ computrons, ended } = await controller.run({ cranks: 1 }))
        })
        if (computrons > 0n && computrons < mostOfMessage) messages += 1
        if (computrons < mostOfMessage) continue
        collections += 1
        collecting += spent
        longest = Math.max(longest, spent)
        most = Math.max(most, Number(computrons))
      }
      await controller.commit()
    }
  })
  const { status } = await controller.vat('estate')
  if (status.kind !== 'running') throw new Error(`the vat is ${status.kind} after ${messages} messages`)
  return [
    {
      what: `${objects.toLocaleString('en')} durable objects made that nothing needs, ${perMessage} a message, and brought out`,
      value: whole / 1000,
      unit: 's',
      aim: '',
    },
    {
      what: `… bringing them out, in ${collections.toLocaleString('en')} cranks`,
      value: collecting / 1000,
      unit: 's',
      aim: '',
    },
    { what: '… the longest of these cranks', value: longest, unit: 'ms', aim: '' },
    { what: '… the most computrons of one', value: most, unit: '', aim: '' },
  ]
}

export const garbage: BenchCase = { name: 'garbage', measure: () => inWorld(measure, {}, ['estate']) }
