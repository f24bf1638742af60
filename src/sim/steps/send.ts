/** Sending programs to vats. */
import type { SendTarget } from '../../protocol/machine/reports.ts'
import { decodeValue, encodeValue, Remote } from '../../api/values.ts'
import { CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { makeProgram } from '../program/program.ts'
import { portName } from './port.ts'
import { pickVat, type World, type StepKind, type Target } from './step.ts'

/** Sends a program to a root, or to an object that was the answer to an earlier message. */
export const send: StepKind<'send'> = {
  weight: 50,
  make: ({ random, numbers, index, vats, results, ends, moves, kernels }) => {
    const n = numbers.next()
    const to: Target =
      results.length > 0 && random.chance(10)
        ? { kind: 'result', step: random.pick(results) }
        : { kind: 'root', vat: pickVat(random, vats) }
    const give = Array.from({ length: 1 + random.below(5) }, () => `root:${pickVat(random, vats)}`)
    if (random.chance(35)) give.push('vatAdmin')
    if (random.chance(60)) give.push('port', 'timer')
    if (random.chance(30)) give.push(`admin:${pickVat(random, vats)}`)
    const go = makeProgram({ random, numbers, ends, moves, kernels, budget: 6 + random.below(50) })
    const result = random.chance(80) ? 'keep' : 'ignore'
    if (result === 'keep') results.push(index)
    return { kind: 'send', n, to, go, give, result }
  },
  apply: (world, { n, to, go, give, result }, index) => {
    const { machine, records } = world
    // A paused kernel refuses messages (Rqp1): most hosts have it go on first.
    if (machine.status().paused !== null && n % 4 !== 0) machine.resumeKernel()
    const given = give.map((u) => ({ u, r: remoteOf(world, u) })).filter(({ r }) => r !== undefined)
    const target = targetOf(world, to)
    const sequence = machine.send(
      target,
      encodeValue(['go', [{ n, go: JSON.stringify(go), give: given }]]),
      result,
      'ignore',
    )
    records.set(index, { kind: 'accepted', sequence })
  },
}

function remoteOf(world: World, u: string): Remote | undefined {
  const { machine } = world
  if (u === 'vatAdmin') return new Remote(machine.vatAdmin())
  if (u === 'port') return new Remote(machine.port(portName).object)
  if (u === 'timer') return new Remote(machine.timer())
  if (u.startsWith('admin:')) return adminNodeOf(world, u.slice('admin:'.length))
  const vat = machine.vats().find(({ name }) => `root:${name}` === u)
  return vat === undefined ? undefined : new Remote(vat.root)
}

/** The admin node is in the result of the step that created the vat, unless the host has released it. */
function adminNodeOf({ machine, records }: World, vat: string): Remote | undefined {
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

function targetOf({ machine, records }: World, to: Target): SendTarget {
  if (to.kind === 'root') return { kind: 'root', vat: to.vat }
  const record = records.get(to.step)
  if (record?.kind !== 'accepted') refuse('result/unknown', 'the request was refused')
  const status = machine.result(record.sequence)
  const value = status.kind === 'fulfilled' ? decodeValue(status.data) : undefined
  if (!(value instanceof Remote)) refuse('value/not-passable', 'the result is not an object')
  return { kind: 'object', kref: value.kref }
}
