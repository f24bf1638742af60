import { upgradeModes } from '../../controller/index.ts'
import type { UpgradeResult } from '../../controller/index.ts'
import { given } from '../given.ts'
import { toJson } from '../jsonForm.ts'
import { counted } from '../readable.ts'
import { settleRequest } from '../request.ts'
import { valueOf, withController } from '../session.ts'
import { checkReport } from '../upgradeCheck.ts'
import type { Verb } from '../verb.ts'

export const upgrade: Verb = {
  name: 'upgrade',
  summary: "replaces a vat's code while it lives",
  explains: [
    'The new code takes over what the old one left: its baggage and all its durable objects. When it cannot, the',
    'old code goes on as if nothing had been tried, and the reason is told, with the kinds that are missing.',
    'Runs until nothing is left to do, then commits one block.',
  ].join('\n'),
  operands: [
    { name: 'vat', explains: 'name or id of the vat' },
    { name: 'bundle', explains: 'the label or the id of an installed bundle' },
  ],
  rest: 'none',
  options: {
    parameters: { kind: 'text', takes: 'VALUE', explains: 'what the new buildRootObject gets as its second argument' },
    mode: { kind: 'text', takes: 'MODE', explains: 'durable (the default), replay, or auto: replay if it holds, else durable' },
    check: { kind: 'flag', explains: 'only say what would happen, and why; nothing is changed' },
    message: { kind: 'text', takes: 'TEXT', explains: 'told to those whose promises end with the old incarnation' },
  },
  examples: ["heirloom upgrade bank issuer-2 --message 'fees are gone'", 'heirloom upgrade bank issuer-2 --check'],
  async run(words, io) {
    const name = words.operand('vat')
    const draft = words.value('parameters')
    return withController(words, io, {}, async (controller) => {
      const parameters = draft === undefined ? undefined : await valueOf(controller, draft)
      if (words.flag('check')) return checkReport(controller, name, words.operand('bundle'), { parameters, ...given({ mode: words.choice('mode', upgradeModes) }) })
      const result = await controller.upgradeVat(name, words.operand('bundle'), { parameters, ...given({ upgradeMessage: words.text('message'), mode: words.choice('mode', upgradeModes) }) })
      return settleRequest(controller, result, async (value) => {
        const upgraded = value as UpgradeResult
        const view = await controller.vat(name)
        return { kind: 'done', json: { vat: view.vat, name: view.name, bundle: view.bundle, upgraded: toJson(upgraded) }, text: textOf(view.name, upgraded) }
      })
    })
  },
}

function textOf(name: string, upgraded: UpgradeResult): string {
  if (upgraded.mode === 'replay') {
    return `${name} goes on as incarnation ${upgraded.incarnationNumber} on the new code: ${counted(upgraded.deliveries, 'delivery', 'deliveries')} replayed the same`
  }
  const { incarnationNumber, abandonedExports, disconnectedPromises, collectionSkipped, replayRefused } = upgraded
  const lines = [
    `${name} is incarnation ${incarnationNumber} now`,
    `  ${counted(abandonedExports, 'ephemeral export')} abandoned, ${counted(disconnectedPromises, 'promise')} disconnected`,
    ...(replayRefused === null ? [] : [`  not by replay: ${replayRefused.message}`]),
    ...(collectionSkipped === null ? [] : [`  the old code did not collect its garbage: ${collectionSkipped}`]),
  ]
  return lines.join('\n')
}
