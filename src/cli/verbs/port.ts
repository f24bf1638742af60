/** `heirloom port`: opens a port, delivers to it, and lists and acknowledges what vats sent to it. */
import { assert } from '../../base/errors.ts'
import type { Controller, Port, PortStatus, Stretch } from '../../host/index.ts'
import { columns } from '../output/text/columns.ts'
import { ValueTemplate } from '../values/valueTemplate.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { toJson, type Json } from '../../api/jsonForm.ts'
import { formatValue } from '../output/text/formatValue.ts'
import { formatCount } from '../output/text/counts.ts'
import type { Report } from '../output/report.ts'
import { runKernel } from '../session/running.ts'
import { withController, withReader } from '../session/session.ts'
import { evaluateTemplate } from '../session/lookup.ts'
import type { Verb } from '../session/verb.ts'
import { parseCount, refuseUsage, type ParsedArgs } from '../args/arguments.ts'

/** An action on a port, with its arguments parsed. */
type Action = (port: Port, controller: Controller) => Promise<Report>

/** Parses the arguments of an action before the store is opened. */
const actions = {
  open: withoutArguments(open),
  status: withoutArguments(status),
  deliver,
  receive: withoutArguments(receive),
  acknowledge,
  failures: withoutArguments(failures),
  dismiss,
} as const satisfies Record<string, (args: ParsedArgs) => Action>
const actionNames = Object.keys(actions) as (keyof typeof actions)[]
/** Actions that commit nothing. */
const readingActions: ReadonlySet<keyof typeof actions> = new Set(['status', 'receive', 'failures'])

export const port: Verb = {
  name: 'port',
  summary: 'opens a port, delivers to it, and lists items that vats sent to it',
  details: [
    'open         opens the port',
    'status       reports its progress in both directions',
    'deliver      delivers the values, each as an item, and runs until no work is left',
    'receive      lists unacknowledged items from vats',
    'acknowledge  acknowledges the items up to the number: they are not listed again',
    'failures     lists delivered items that could not be received, and why',
    'dismiss      dismisses the failures up to the number',
    '',
    'Items are numbered from 1 at each port. An item that is delivered again under its number is accepted once.',
  ].join('\n'),
  operands: [
    { name: 'name', description: 'the name of the port' },
    { name: 'action', description: actionNames.join(', '), values: actionNames },
  ],
  rest: {
    name: 'value',
    description: 'the values to deliver, or the number up to which to acknowledge or dismiss',
  },
  options: {
    number: {
      kind: 'text',
      placeholder: 'N',
      description: 'deliver: the number of the first value (default: the next)',
    },
    queue: { kind: 'flag', description: 'deliver: only accept and commit; a later `heirloom run` continues' },
    after: { kind: 'text', placeholder: 'N', description: 'receive, failures: only those after this number' },
    limit: {
      kind: 'text',
      placeholder: 'N',
      description: 'receive, failures: at most so many (default: 100)',
    },
  },
  examples: [
    `heirloom port bank deliver '{"amount":5n}' --number 12`,
    'heirloom port bank receive',
    'heirloom port bank acknowledge 7',
  ],
  async run(args, io) {
    const name = actionNames.find((known) => known === args.operand('action'))
    if (name === undefined)
      return refuseUsage(
        `the action is one of ${actionNames.join(', ')}, not ${JSON.stringify(args.operand('action'))}`,
      )
    const work = actions[name](args)
    const open = readingActions.has(name) ? withReader : withController
    return open(args, io, {}, async (controller) => {
      const portName = args.operand('name')
      return work(
        name === 'open' ? await controller.openPort(portName) : controller.port(portName),
        controller,
      )
    })
  },
}

function withoutArguments(make: (args: ParsedArgs) => Action): (args: ParsedArgs) => Action {
  return (args) =>
    args.rest.length === 0
      ? make(args)
      : refuseUsage(`${args.operand('action')} takes no ${JSON.stringify(args.rest[0])}`)
}

function numberOf({ rest: [text, more] }: ParsedArgs): number {
  if (text === undefined || more !== undefined) return refuseUsage('exactly one number is needed')
  return parseCount(text, 'the number of an item')
}

const rangeOf = (args: ParsedArgs): Stretch =>
  omitUndefined({ after: args.count('after'), limit: args.count('limit') })

function open(): Action {
  return async (port, controller) => {
    await controller.commit()
    return statusReport(await port.status())
  }
}

function status(): Action {
  return async (port) => statusReport(await port.status())
}

function statusReport(view: PortStatus): Report {
  const { name, handler, delivered, waiting, unsettled, failed, lastNumber, acknowledged } = view
  assert(acknowledged <= lastNumber, 'only items that were sent are acknowledged')
  assert(waiting <= delivered, 'only items that were delivered wait')
  const json = { name, handler, delivered, waiting, unsettled, failed, lastNumber, acknowledged }
  const rows = Object.entries(json).map(([key, value]) => [
    labels[key as keyof typeof json],
    typeof value === 'number' ? formatCount(value) : value,
  ])
  return { kind: 'done', json, text: columns(rows) }
}

const labels = {
  name: 'port',
  handler: 'handler',
  delivered: 'delivered',
  waiting: 'waiting',
  unsettled: 'unsettled',
  failed: 'failed',
  lastNumber: 'last sent',
  acknowledged: 'acknowledged',
} as const

function deliver(args: ParsedArgs): Action {
  if (args.rest.length === 0) refuseUsage('deliver needs a value')
  const templates = args.rest.map((text) => ValueTemplate.parse(text))
  const first = args.count('number')
  return async (port, controller) => {
    const taken = []
    for (const [index, template] of templates.entries()) {
      const item = await evaluateTemplate(controller, template)
      taken.push(
        await port.deliver(item, omitUndefined({ number: first === undefined ? undefined : first + index })),
      )
    }
    assert(taken.length === templates.length, 'every item has an outcome')
    if (!args.flag('queue')) await runKernel(controller)
    await controller.commit()
    const lines = taken.map(
      ({ number, outcome }) =>
        `item ${number} ${outcome === 'taken' ? 'was accepted' : 'had been accepted before'}`,
    )
    return {
      kind: 'done',
      json: taken.map(({ number, outcome }) => ({ number, outcome })),
      text: lines.join('\n'),
    }
  }
}

function receive(args: ParsedArgs): Action {
  const range = rangeOf(args)
  return async (port) =>
    listed(
      (await port.receive(range)).map(({ number, item }) => [number, item] as const),
      'item',
      'nothing to receive',
    )
}

function failures(args: ParsedArgs): Action {
  const range = rangeOf(args)
  return async (port) =>
    listed(
      (await port.failures(range)).map(({ number, reason }) => [number, reason] as const),
      'reason',
      'no failures',
    )
}

function listed(
  entries: readonly (readonly [number: number, value: unknown])[],
  name: 'item' | 'reason',
  none: string,
): Report {
  const json: Json = entries.map(([number, value]) => ({ number, [name]: toJson(value) }))
  return {
    kind: 'done',
    json,
    text:
      entries.length === 0
        ? none
        : entries.map(([number, value]) => `${number}  ${formatValue(value)}`).join('\n'),
  }
}

function acknowledge(args: ParsedArgs): Action {
  return upTo(args, 'acknowledged', (port, number) => port.acknowledge(number))
}

function dismiss(args: ParsedArgs): Action {
  return upTo(args, 'dismissed', (port, number) => port.dismissFailures(number))
}

function upTo(args: ParsedArgs, done: string, act: (port: Port, number: number) => Promise<void>): Action {
  const number = numberOf(args)
  return async (port, controller) => {
    await act(port, number)
    await controller.commit()
    return { kind: 'done', json: { port: port.name, [done]: number }, text: `${done} up to ${number}` }
  }
}
