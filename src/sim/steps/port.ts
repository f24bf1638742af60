/** The host's side of the port: delivering items, and receiving and acknowledging those of vats. */
import { decodeValue, encodeValue, Remote } from '../../api/values.ts'
import { assert } from '../../base/errors.ts'
import type { ItemWay } from '../program/program.ts'
import { pickVat, type World, type StepKind } from './step.ts'

/** The port of every world. */
export const portName = 'desk'

const ways: Readonly<Record<ItemWay, number>> = { ok: 12, promise: 4, throw: 3, burn: 1 }

/** Delivers an item to the port, or another one under the last number, which must change nothing. */
export const deliver: StepKind<'deliver'> = {
  weight: 7,
  make: ({ random, numbers, vats }) => {
    const again = random.chance(15)
    return {
      kind: 'deliver',
      n: numbers.next(),
      way: random.weighted(ways),
      give: random.chance(40) ? pickVat(random, vats) : null,
      again,
    }
  },
  apply: ({ machine, records }, { n, way, give, again }, index) => {
    const vat = machine.vats().find(({ name }) => name === give)
    const given = vat === undefined ? undefined : { u: `root:${vat.name}`, r: new Remote(vat.root) }
    const { delivered } = machine.port(portName)
    if (again && delivered === 0) return
    const taken = machine.deliverItem(portName, encodeValue({ n, way, given }), again ? delivered : null)
    assert(!again || taken.number === delivered, 'a repeated item keeps its number')
    records.set(index, { kind: 'taken', ...taken })
  },
}

/** Receives items of vats, and usually acknowledges them. */
export const collect: StepKind<'collect'> = {
  weight: 4,
  make: ({ random }) => ({ kind: 'collect', limit: 1 + random.below(6), acknowledge: random.chance(75) }),
  apply: (world, { limit, acknowledge }) => {
    const items = readMail(world, limit)
    const last = items.at(-1)
    assert(items.length <= limit, 'at most the requested items are received')
    if (!acknowledge || last === undefined) return
    // Items whose acknowledgement waits for a faulted kernel come again.
    const known = world.mail.at(-1)?.[0] ?? 0
    world.mail.push(...items.filter(([number]) => number > known))
    world.machine.acknowledgeItems(portName, last[0])
    // Idempotent.
    world.machine.acknowledgeItems(portName, last[0])
  },
}

/**
 * Receives the unacknowledged items of vats: `[number, n]`. An item that was received before a crash must be
 * the same after it.
 */
export function readMail(
  { machine, ledger }: Pick<World, 'machine' | 'ledger'>,
  limit: number,
): (readonly [number, number])[] {
  return machine.receiveItems(portName, null, limit).map(({ number, item }) => {
    const text = JSON.stringify(item)
    assert(
      (ledger.get(number) ?? text) === text,
      `item ${number} of the port was ${ledger.get(number)} and is ${text}`,
    )
    ledger.set(number, text)
    return [number, (decodeValue(item) as { n: number }).n] as const
  })
}
