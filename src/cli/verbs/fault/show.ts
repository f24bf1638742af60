/** `heirloom fault show`: shows a fault of the kernel, and what waits because of it. */
import type { Controller, KernelFaultView, SetAsideItem, WaitingItem } from '../../../host/index.ts'
import { itemJson, itemView } from '../../output/kernel/inboxItem.ts'
import { faultLine } from '../../output/kernel/kernelFault.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const faultShow: Verb = {
  name: 'fault show',
  summary: 'shows a fault of the kernel, and the items that wait because of it',
  details: [
    'Items are what the host had requested or delivered, in order. Those that were set aside are listed too, also after',
    'the fault. --json has the stack of the error and every item in full.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom fault show', 'heirloom fault show --json'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const found = await read(controller)
      const { fault, waiting, aside } = found
      return {
        kind: 'done',
        json: {
          fault: fault === undefined ? null : { ...fault },
          waiting: waiting.map(itemJson),
          setAside: aside.map((item) => ({ ...itemJson(item), putBack: item.putBack })),
        },
        text: textOf(found),
      }
    })
  },
}

interface Found {
  readonly fault: KernelFaultView | undefined
  /** Without those that are set aside. */
  readonly waiting: readonly WaitingItem[]
  readonly aside: readonly SetAsideItem[]
}

async function read(controller: Controller): Promise<Found> {
  const aside = await controller.setAsideItems()
  const numbers = new Set(aside.map(({ sequence }) => sequence))
  const waiting = (await controller.waitingItems()).filter(({ sequence }) => !numbers.has(sequence))
  return { fault: await controller.fault(), waiting, aside }
}

const textOf = (found: Found): string =>
  [...faultRows(found), ...itemsText(found), ...(found.fault === undefined ? [] : waysOut)].join('\n')

function faultRows({ fault }: Found): readonly string[] {
  if (fault === undefined) return ['the kernel is not faulted', noneIsKept]
  const { crank, block, input } = fault
  return [
    columns([
      ['error', faultLine(fault)],
      ['crank', formatCount(crank)],
      ['after block', formatCount(block)],
      ['while it', input === null ? 'was running' : `accepted item ${input}`],
      ['sort', 'replicated: every node with the same inputs has it'],
    ]),
  ]
}

function itemsText({ fault, waiting, aside }: Found): readonly string[] {
  const rows = [
    ...waiting.map((item) => rowOf(item, item.sequence === fault?.input ? 'waits; the kernel failed at it' : 'waits')),
    ...aside.map((item) => rowOf(item, item.putBack === null ? 'set aside' : `put back as ${item.putBack}`)),
  ]
  return rows.length === 0 ? [] : [columns([['ITEM', 'KIND', 'ABOUT', 'STATE'], ...rows])]
}

function rowOf(item: WaitingItem, state: string): readonly string[] {
  const { sequence, kind, subject } = itemView(item)
  return [String(sequence), kind, subject === '' ? '-' : subject, state]
}

/** Of the other sort there is nothing to see. */
const noneIsKept = 'a local fault is recorded nowhere: each command opens the store again'

const waysOut = [
  'The ways out: heirloom kernel upgrade, to a kernel without the defect; heirloom suspend or terminate, for the vat',
  'that provokes it; heirloom fault set-aside, for an item; then heirloom fault retry.',
]
