/** `heirloom upgrade`: replaces the code of a vat, or checks what that would do. */
import { assert, CodedError } from '../../base/errors.ts'
import { failurePolicies, parameterSources, upgradeModes } from '../../protocol/host/inbox.ts'
import type { UpgradeResult } from '../../protocol/results.ts'
import type { Code } from '../../protocol/codes.ts'
import type { UpgradeOptions } from '../../host/index.ts'
import type { UpgradeWarning } from '../../protocol/reports/upgradeCheck.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { toJson } from '../../api/jsonForm.ts'
import { pluralize } from '../output/text/counts.ts'
import { settleRequest } from '../session/request.ts'
import type { Report } from '../output/report.ts'
import { readSalvageFile } from '../session/salvageFile.ts'
import { withController, withReader } from '../session/session.ts'
import { evaluateTemplate } from '../session/lookup.ts'
import { durableText } from '../output/upgraded.ts'
import { checkReport, warningLines } from '../output/upgradeCheck.ts'
import type { Verb } from '../session/verb.ts'

export const upgrade: Verb = {
  name: 'upgrade',
  summary: "replaces a vat's code while it lives",
  details: [
    'The new code takes over the baggage and all durable objects of the old one. When it cannot, the',
    'old code continues unchanged, and the reason is reported, with the missing kinds; with',
    '--on-failure suspend the vat is suspended instead, and its deliveries wait for the next attempt.',
    'Runs until no work is left, then commits one block.',
  ].join('\n'),
  operands: [
    { name: 'vat', description: 'name or id of the vat' },
    { name: 'bundle', description: 'the label or the id of an installed bundle' },
  ],
  rest: 'none',
  options: {
    parameters: {
      kind: 'text',
      placeholder: 'VALUE',
      description: 'the second argument of the new buildRootObject',
    },
    'parameters-from': {
      kind: 'text',
      placeholder: 'SOURCE',
      values: parameterSources,
      description: 'given (the default), or kept: those of the previous incarnation',
    },
    mode: {
      kind: 'text',
      placeholder: 'MODE',
      values: upgradeModes,
      description: 'durable (the default), replay, or auto: replay if it holds, else durable',
    },
    check: { kind: 'flag', description: 'only report what would happen, and why; changes nothing' },
    message: {
      kind: 'text',
      placeholder: 'TEXT',
      description: 'reported to those whose promises end with the old incarnation',
    },
    'on-failure': {
      kind: 'text',
      placeholder: 'POLICY',
      values: failurePolicies,
      description: 'keep (the default): the old code continues; suspend: it stays, and the vat is suspended',
    },
    drain: {
      kind: 'text',
      placeholder: 'N',
      description: 'first deliver awaited answers to the vat, for at most N cranks; messages to it wait',
    },
    'abandon-kinds': {
      kind: 'text',
      placeholder: 'TAGS',
      description:
        'tags of durable kinds, separated by commas, to abandon if the new code does not define them',
    },
    salvage: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'output of heirloom salvage --out; the heir finds it in its baggage under salvage',
    },
  },
  examples: [
    "heirloom upgrade bank issuer-2 --message 'new fees'",
    'heirloom upgrade bank issuer-2 --check',
    'heirloom upgrade bank issuer-2 --parameters-from kept --drain 1000 --on-failure suspend',
    'heirloom upgrade shop shop-2 --salvage orders.json',
    'heirloom upgrade shop shop-3 --abandon-kinds Voucher,Coupon',
  ],
  async run(args, io) {
    const name = args.operand('vat')
    const template = args.value('parameters')
    const drain = args.count('drain')
    const abandonKinds = args.list('abandon-kinds')
    const file = args.text('salvage')
    const salvage = file === undefined ? undefined : readSalvageFile(file)
    const open = args.flag('check') ? withReader : withController
    return open(args, io, {}, async (controller) => {
      const parameters = template === undefined ? undefined : await evaluateTemplate(controller, template)
      const options: UpgradeOptions = {
        parameters,
        ...omitUndefined({
          upgradeMessage: args.text('message'),
          mode: args.choice('mode', upgradeModes),
          parametersFrom: args.choice('parameters-from', parameterSources),
          onFailure: args.choice('on-failure', failurePolicies),
          drain: drain === undefined ? undefined : { maxCranks: drain },
          abandonKinds,
          salvage,
        }),
      }
      const bundle = args.operand('bundle')
      if (args.flag('check')) return checkReport(controller, name, bundle, options)
      const warnings = await controller.upgradeWarnings(name, bundle, options).catch(noWarnings)
      const result = await controller.upgradeVat(name, bundle, options)
      const report = await settleRequest(controller, result, async (value) => {
        const upgraded = value as UpgradeResult
        const view = await controller.vat(name)
        assert(
          view.incarnation >= upgraded.incarnationNumber,
          'the vat is in the new incarnation or a later one',
        )
        const text = [textOf(view.name, upgraded), ...warningLines(warnings).map((line) => `  ${line}`)].join(
          '\n',
        )
        return {
          kind: 'done',
          json: {
            vat: view.vat,
            name: view.name,
            bundle: view.bundle,
            upgraded: toJson(upgraded),
            warnings: toJson(warnings),
          },
          text,
        }
      })
      return withWarnings(report, warnings)
    })
  },
}

/** An upgrade proceeds without warnings when its kernel or its code cannot be checked in advance. */
function noWarnings(error: unknown): readonly UpgradeWarning[] {
  if (error instanceof CodedError && uncheckable.has(error.code)) return []
  throw error
}

const uncheckable: ReadonlySet<string> = new Set<Code>(['kernel/too-old', 'kernel/faulted', 'upgrade/check-failed'])

/** For a refused upgrade, whose warnings may be the cause. */
function withWarnings(report: Report, warnings: readonly UpgradeWarning[]): Report {
  if (report.kind !== 'refused' || warnings.length === 0) return report
  const { problem } = report
  return {
    kind: 'refused',
    problem: {
      ...problem,
      notes: [...problem.notes, ...warningLines(warnings)],
      detail: { ...problem.detail, warnings: toJson(warnings) },
    },
  }
}

function textOf(name: string, upgraded: UpgradeResult): string {
  if (upgraded.mode === 'replay') {
    return `${name} continues as incarnation ${upgraded.incarnationNumber} on the new code: ${pluralize(upgraded.deliveries, 'delivery', 'deliveries')} replayed identically`
  }
  return [`${name} is incarnation ${upgraded.incarnationNumber} now`, ...durableText(upgraded, 'new code')].join('\n')
}
