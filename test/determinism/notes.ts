/** Work whose every request can be counted afterwards: notes with numbers, taken down once each. */
import type { Controller } from '../../src/host/index.ts'

export const notesEach = 4

/** The vat that takes notes, and the one that passes them on. */
export const keeper = {
  setup:
    "const make = defineKind(baggage, 'Book', () => ({ notes: [] }), { note: ({ state }, n) => { state.notes = [...state.notes, n] }, read: ({ state }) => state.notes }); me.book = provide(baggage, 'book', make)",
}

export async function playBlock(
  controller: Controller,
  block: number,
  tell: (step: string) => void = () => {},
): Promise<void> {
  const keeper = await controller.root('keeper')
  for (let note = 0; note < notesEach; note += 1) {
    const number = BigInt(block * notesEach + note)
    await controller.sendOnly('messenger', 'run', [
      'return E(args[0]).run("me.book.note(args[0])", args[1])',
      keeper,
      number,
    ])
    tell(`sent ${number}`)
  }
  while ((await controller.run({ cranks: 2 })).ended !== 'idle') tell('ran')
  await controller.setHostState('block', String(block + 1))
  tell(`block ${block}`)
  await controller.commit()
  tell(`committed ${block}`)
}
