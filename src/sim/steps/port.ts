import { decodeValue, encodeValue, Remote } from '../../api/values.ts'
import { assert } from '../../base/errors.ts'
import type { ItemWay } from '../program/program.ts'
import { pickVat, type Stage, type StepKind } from './step.ts'

/** The port of every world. */
export const portName = 'desk'

const ways: Readonly<Record<ItemWay, number>> = { ok: 12, promise: 4, throw: 3, burn: 1 }

/**
 * The host gives an item to the port, or again one under the number of the last, which must change nothing.
 */
export const deliver: StepKind<'deliver'> = {
  weight: 7,
  make: ({ dice, numbers, vats }) => {
    const again = dice.chance(15)
    return {
      kind: 'deliver',
      n: numbers.next(),
      way: dice.weighted(ways),
      give: dice.chance(40) ? pickVat(dice, vats) : null,
      again,
    }
  },
  apply: ({ machine, records }, { n, way, give, again }, index) => {
    const vat = machine.vats().find(({ name }) => name === give)
    const given = vat === undefined ? undefined : { u: `root:${vat.name}`, r: new Remote(vat.root) }
    const { delivered } = machine.port(portName)
    if (again && delivered === 0) return
    const taken = machine.deliverItem(portName, encodeValue({ n, way, given }), again ? delivered : null)
    records.set(index, { kind: 'taken', ...taken })
  },
}

/** The host reads what vats sent, and mostly says that it has it. */
export const collect: StepKind<'collect'> = {
  weight: 4,
  make: ({ dice }) => ({ kind: 'collect', limit: 1 + dice.roll(6), acknowledge: dice.chance(75) }),
  apply: (stage, { limit, acknowledge }) => {
    const items = readMail(stage, limit)
    const last = items.at(-1)
    if (!acknowledge || last === undefined) return
    stage.mail.push(...items)
    stage.machine.acknowledgeItems(portName, last[0])
    // Once more changes nothing.
    stage.machine.acknowledgeItems(portName, last[0])
  },
}

/**
 * What waits for the host: `[number, n]`. Whoever was told of an item before a crash is told the same after
 * it.
 */
export function readMail(
  { machine, ledger }: Pick<Stage, 'machine' | 'ledger'>,
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
