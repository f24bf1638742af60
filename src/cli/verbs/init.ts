/** `heirloom init`: creates a store, and delivers the first message of its configuration. */
import { engineNames } from '../../protocol/worker/engineNames.ts'
import { loadConfig, type Controller, type ResultHandle, type StoreConfig } from '../../host/index.ts'
import { faultPolicies } from '../../protocol/results.ts'
import { answerOf } from '../output/answer.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import type { Json } from '../../api/jsonForm.ts'
import { warningText } from '../output/bundleWarning.ts'
import type { Report } from '../output/report.ts'
import { runKernel } from '../session/running.ts'
import { withController } from '../session/session.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'
import type { ParsedArgs } from '../args/arguments.ts'

export const init: Verb = {
  name: 'init',
  summary: 'creates a store',
  details: [
    'Creates the directory if it is missing. The settings become part of the state of the store.',
    'With a configuration that has a bootstrap vat, reports its answer; docs/configuration.md lists every key.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    config: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'a JSON file with settings, vats, bundles and ports; options take precedence',
    },
    engine: {
      kind: 'text',
      placeholder: 'NAME',
      values: engineNames,
      description: `the engine on which vats start: one of ${engineNames.join(', ')} (default: the first)`,
    },
    'snapshot-interval': {
      kind: 'text',
      placeholder: 'N',
      description: 'deliveries to a vat between two snapshots of its heap (default: 200)',
    },
    'collection-interval': {
      kind: 'text',
      placeholder: 'N',
      description: 'deliveries to a vat between two garbage collections (default: 1,000)',
    },
    computrons: {
      kind: 'text',
      placeholder: 'N',
      description: 'computron limit per delivery (default: 2,000,000,000)',
    },
    'heap-limit': {
      kind: 'text',
      placeholder: 'BYTES',
      description: 'memory limit of a vat (default: 256 MiB)',
    },
    'max-vats': {
      kind: 'text',
      placeholder: 'N',
      description: 'limit on the number of vats (default: none)',
    },
    'storage-limit': {
      kind: 'text',
      placeholder: 'N',
      description: 'storage limit of a vat, in code units (default: 1,073,741,824)',
    },
    'on-fault': {
      kind: 'text',
      placeholder: 'HOW',
      values: faultPolicies,
      description: "when a delivery fails by the vat's fault: reject, suspend or terminate (default: reject)",
    },
  },
  examples: [
    'heirloom init --store /srv/bank',
    'heirloom init --config examples/bootstrap/config.json',
    'heirloom init --snapshot-interval 50 --heap-limit 33_554_432',
  ],
  async run(args, io) {
    const directory = storeDirectory(args, io)
    return withController(args, io, { make: 'always', config: configOf(args) }, async (controller) => {
      const { height, kernel, workers } = await controller.storeStatus()
      const { bootstrapResult, bundleWarnings } = controller
      const warnings = bundleWarnings.map((warning) => ({ ...warning }))
      const json = {
        store: directory,
        height,
        kernel,
        workers: workers.map(({ id }) => id),
        ...(warnings.length === 0 ? {} : { warnings }),
      }
      const text = [`created a store in ${directory}`, ...bundleWarnings.map(warningText)].join('\n')
      return bootstrapResult === undefined
        ? { kind: 'done', json, text }
        : bootstrapped(controller, bootstrapResult, { json, text })
    })
  },
}

interface CreatedReport {
  readonly json: { readonly [key: string]: Json }
  readonly text: string
}

/** Delivers the first message and keeps its answer. A rejection is reported, and the store stays. */
async function bootstrapped(
  controller: Controller,
  handle: ResultHandle,
  { json, text }: CreatedReport,
): Promise<Report> {
  await runKernel(controller)
  const report = await answerOf(controller, handle)
  const { height } = await controller.commit()
  if (report.kind === 'refused') return report
  return {
    ...report,
    json: { ...json, height, bootstrap: report.json },
    text: `${text}\nbootstrap: ${report.text}`,
  }
}

const configOf = (args: ParsedArgs): StoreConfig => ({
  ...fileConfig(args.text('config')),
  ...omitUndefined({
    engine: args.choice('engine', engineNames),
    snapshotInterval: args.count('snapshot-interval'),
    collectionInterval: args.count('collection-interval'),
    computronsPerDelivery: args.computrons('computrons'),
    heapLimitBytes: args.count('heap-limit'),
    storageLimit: args.count('storage-limit'),
    onFault: args.choice('on-fault', faultPolicies),
    maxVats: args.count('max-vats'),
  }),
})

const fileConfig = (file: string | undefined): StoreConfig => (file === undefined ? {} : loadConfig(file))
