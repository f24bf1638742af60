import type { SendTarget } from '../../protocol/machine/reports.ts'
import { decodeValue, encodeValue, Remote } from '../../api/values.ts'
import { CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { makeProgram } from '../program/program.ts'
import { portName } from './port.ts'
import { pickVat, type Stage, type StepKind, type Target } from './step.ts'

/** The host sends a program to a root, or to what it was answered. */
export const send: StepKind<'send'> = {
  weight: 50,
  make: ({ dice, numbers, index, vats, results, ends }) => {
    const n = numbers.next()
    const to: Target =
      results.length > 0 && dice.chance(10)
        ? { kind: 'result', step: dice.pick(results) }
        : { kind: 'root', vat: pickVat(dice, vats) }
    const give = Array.from({ length: 1 + dice.roll(5) }, () => `root:${pickVat(dice, vats)}`)
    if (dice.chance(35)) give.push('vatAdmin')
    if (dice.chance(60)) give.push('port', 'timer')
    if (dice.chance(30)) give.push(`admin:${pickVat(dice, vats)}`)
    const go = makeProgram({ dice, numbers, ends, budget: 6 + dice.roll(50) })
    const result = dice.chance(80) ? 'keep' : 'ignore'
    if (result === 'keep') results.push(index)
    return { kind: 'send', n, to, go, give, result }
  },
  apply: (stage, { n, to, go, give, result }, index) => {
    const { machine, records } = stage
    const given = give.map((u) => ({ u, r: remoteOf(stage, u) })).filter(({ r }) => r !== undefined)
    const target = targetOf(stage, to)
    const sequence = machine.send(
      target,
      encodeValue(['go', [{ n, go: JSON.stringify(go), give: given }]]),
      result,
      'ignore',
    )
    records.set(index, { kind: 'accepted', sequence })
  },
}

function remoteOf(stage: Stage, u: string): Remote | undefined {
  const { machine } = stage
  if (u === 'vatAdmin') return new Remote(machine.vatAdmin())
  if (u === 'port') return new Remote(machine.port(portName).object)
  if (u === 'timer') return new Remote(machine.timer())
  if (u.startsWith('admin:')) return adminNodeOf(stage, u.slice('admin:'.length))
  const vat = machine.vats().find(({ name }) => `root:${name}` === u)
  return vat === undefined ? undefined : new Remote(vat.root)
}

/** A vat of a step is named after it; the step resulted in its kit, if the host has not forgotten that. */
function adminNodeOf({ machine, records }: Stage, vat: string): Remote | undefined {
  const record = records.get(Number(vat.slice('vat'.length)))
  if (record?.kind !== 'accepted') return undefined
  try {
    const status = machine.result(record.sequence)
    const kit = status.kind === 'fulfilled' ? (decodeValue(status.data) as { adminNode?: unknown }) : {}
    return kit.adminNode instanceof Remote ? kit.adminNode : undefined
  } catch (error) {
    if (error instanceof CodedError && error.code === 'result/unknown') return undefined
    throw error
  }
}

function targetOf({ machine, records }: Stage, to: Target): SendTarget {
  if (to.kind === 'root') return { kind: 'root', vat: to.vat }
  const record = records.get(to.step)
  if (record?.kind !== 'accepted') refuse('result/unknown', 'the request was refused')
  const status = machine.result(record.sequence)
  const value = status.kind === 'fulfilled' ? decodeValue(status.data) : undefined
  if (!(value instanceof Remote)) refuse('value/not-passable', 'the result is no object')
  return { kind: 'object', kref: value.kref }
}
