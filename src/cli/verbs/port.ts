import type { Controller, Port, PortStatus, Stretch } from '../../host/index.ts'
import { columns } from '../output/columns.ts'
import { Draft } from '../values/valueTemplate.ts'
import { given } from '../args/omitUndefined.ts'
import { toJson, type Json } from '../values/jsonForm.ts'
import { readable, thousands } from '../output/readable.ts'
import type { Report } from '../output/report.ts'
import { valueOf, withController, withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { readCount, usage, type Words } from '../args/arguments.ts'

/** An action on a port, with its arguments parsed. */
type Work = (port: Port, controller: Controller) => Promise<Report>

/** Parses the arguments of an action before the store is opened. */
const actions = {
  open: nothing(open),
  status: nothing(status),
  deliver,
  receive: nothing(receive),
  acknowledge,
  failures: nothing(failures),
  dismiss,
} as const satisfies Record<string, (words: Words) => Work>
const actionNames = Object.keys(actions) as (keyof typeof actions)[]
/** Actions that commit nothing. */
const reading: ReadonlySet<keyof typeof actions> = new Set(['status', 'receive', 'failures'])

export const port: Verb = {
  name: 'port',
  summary: 'opens a port, delivers to it, and lists items that vats sent to it',
  explains: [
    'open         opens the port',
    'status       reports its progress in both directions',
    'deliver      delivers the values, each as an item, and runs until no work is left',
    'receive      lists unacknowledged items from vats',
    'acknowledge  acknowledges the items up to the number: they are not listed again',
    'failures     lists delivered items that could not be received, and why',
    'dismiss      dismisses the failures up to the number',
    '',
    'Items are numbered from 1 at each port. An item redelivered under its number is taken once.',
  ].join('\n'),
  operands: [
    { name: 'name', explains: 'the name of the port' },
    { name: 'action', explains: actionNames.join(', ') },
  ],
  rest: {
    name: 'value',
    explains: 'the values to deliver, or the number up to which to acknowledge or dismiss',
  },
  options: {
    number: {
      kind: 'text',
      takes: 'N',
      explains: 'deliver: the number of the first value (default: the next)',
    },
    queue: { kind: 'flag', explains: 'deliver: only accept and commit; a later `heirloom run` continues' },
    after: { kind: 'text', takes: 'N', explains: 'receive, failures: only those after this number' },
    limit: { kind: 'text', takes: 'N', explains: 'receive, failures: at most so many (default: 100)' },
  },
  examples: [
    `heirloom port bank deliver '{"amount":5n}' --number 12`,
    'heirloom port bank receive',
    'heirloom port bank acknowledge 7',
  ],
  async run(words, io) {
    const name = actionNames.find((known) => known === words.operand('action'))
    if (name === undefined)
      return usage(`a port is asked to ${actionNames.join(', ')}; not to ${words.operand('action')}`)
    const work = actions[name](words)
    const open = reading.has(name) ? withReader : withController
    return open(words, io, {}, async (controller) => {
      const portName = words.operand('name')
      return work(
        name === 'open' ? await controller.openPort(portName) : controller.port(portName),
        controller,
      )
    })
  },
}

function nothing(make: (words: Words) => Work): (words: Words) => Work {
  return (words) =>
    words.rest.length === 0
      ? make(words)
      : usage(`there is no word after ${words.operand('action')}, not ${JSON.stringify(words.rest[0])}`)
}

function numberOf({ rest: [text, more] }: Words): number {
  if (text === undefined || more !== undefined) return usage('one number is given')
  return readCount(text, 'the number of an item')
}

const stretchOf = (words: Words): Stretch =>
  given({ after: words.count('after'), limit: words.count('limit') })

function open(): Work {
  return async (port, controller) => {
    await controller.commit()
    return statusReport(await port.status())
  }
}

function status(): Work {
  return async (port) => statusReport(await port.status())
}

function statusReport(view: PortStatus): Report {
  const { name, handler, delivered, waiting, unsettled, failed, lastNumber, acknowledged } = view
  const json = { name, handler, delivered, waiting, unsettled, failed, lastNumber, acknowledged }
  const rows = Object.entries(json).map(([key, value]) => [
    labels[key as keyof typeof json],
    typeof value === 'number' ? thousands(value) : value,
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

function deliver(words: Words): Work {
  if (words.rest.length === 0) usage('deliver needs a value')
  const drafts = words.rest.map((text) => Draft.read(text))
  const first = words.count('number')
  return async (port, controller) => {
    const taken = []
    for (const [index, draft] of drafts.entries()) {
      const item = await valueOf(controller, draft)
      taken.push(await port.deliver(item, given({ number: first === undefined ? undefined : first + index })))
    }
    if (!words.flag('queue')) await controller.run()
    await controller.commit()
    const lines = taken.map(
      ({ number, outcome }) => `item ${number} ${outcome === 'taken' ? 'is taken' : 'was taken before'}`,
    )
    return {
      kind: 'done',
      json: taken.map(({ number, outcome }) => ({ number, outcome })),
      text: lines.join('\n'),
    }
  }
}

function receive(words: Words): Work {
  const stretch = stretchOf(words)
  return async (port) =>
    listed(
      (await port.receive(stretch)).map(({ number, item }) => [number, item] as const),
      'item',
      'nothing to receive',
    )
}

function failures(words: Words): Work {
  const stretch = stretchOf(words)
  return async (port) =>
    listed(
      (await port.failures(stretch)).map(({ number, reason }) => [number, reason] as const),
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
        : entries.map(([number, value]) => `${number}  ${readable(value)}`).join('\n'),
  }
}

function acknowledge(words: Words): Work {
  return upTo(words, 'acknowledged', (port, number) => port.acknowledge(number))
}

function dismiss(words: Words): Work {
  return upTo(words, 'dismissed', (port, number) => port.dismissFailures(number))
}

function upTo(words: Words, done: string, act: (port: Port, number: number) => Promise<void>): Work {
  const number = numberOf(words)
  return async (port, controller) => {
    await act(port, number)
    await controller.commit()
    return { kind: 'done', json: { port: port.name, [done]: number }, text: `${done} up to ${number}` }
  }
}
