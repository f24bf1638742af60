import { engineNames } from '../../protocol/worker/engineNames.ts'
import { loadConfig, type Controller, type ResultHandle, type StoreConfig } from '../../host/index.ts'
import { faultPolicies } from '../../protocol/results.ts'
import { answerOf } from '../output/answer.ts'
import { given } from '../args/omitUndefined.ts'
import type { Json } from '../values/jsonForm.ts'
import { warningText } from '../output/readable.ts'
import type { Report } from '../output/report.ts'
import { storeDirectory, withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import type { Words } from '../args/arguments.ts'

export const init: Verb = {
  name: 'init',
  summary: 'creates a store',
  explains: [
    'Creates the directory if it is missing. The settings become part of the state of the store.',
    'With a configuration that has a bootstrap vat, reports its answer; docs/configuration.md lists every key.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    config: {
      kind: 'text',
      takes: 'FILE',
      explains: 'a JSON file with settings, vats, bundles and ports; options take precedence',
    },
    engine: {
      kind: 'text',
      takes: 'NAME',
      explains: `the engine on which vats start: ${engineNames.join(' or ')} (default: the first)`,
    },
    'snapshot-interval': {
      kind: 'text',
      takes: 'N',
      explains: 'deliveries to a vat between two snapshots of its heap (default: 200)',
    },
    'collection-interval': {
      kind: 'text',
      takes: 'N',
      explains: 'deliveries to a vat between two garbage collections (default: 1,000)',
    },
    computrons: {
      kind: 'text',
      takes: 'N',
      explains: 'computron limit per delivery (default: 2,000,000,000)',
    },
    'heap-limit': { kind: 'text', takes: 'BYTES', explains: 'memory limit of a vat (default: 256 MiB)' },
    'max-vats': { kind: 'text', takes: 'N', explains: 'limit on the number of vats (default: none)' },
    'storage-limit': {
      kind: 'text',
      takes: 'N',
      explains: 'storage limit of a vat, in code units (default: 1,073,741,824)',
    },
    'on-fault': {
      kind: 'text',
      takes: 'HOW',
      explains: "when a delivery fails by the vat's fault: reject, suspend or terminate (default: reject)",
    },
  },
  examples: [
    'heirloom init --store /srv/bank',
    'heirloom init --config examples/bootstrap/config.json',
    'heirloom init --snapshot-interval 50 --heap-limit 33_554_432',
  ],
  async run(words, io) {
    const directory = storeDirectory(words, io)
    return withController(words, io, { make: 'always', config: configOf(words) }, async (controller) => {
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
      const text = [`made a store in ${directory}`, ...bundleWarnings.map(warningText)].join('\n')
      return bootstrapResult === undefined
        ? { kind: 'done', json, text }
        : bootstrapped(controller, bootstrapResult, { json, text })
    })
  },
}

interface Made {
  readonly json: { readonly [key: string]: Json }
  readonly text: string
}

/** Delivers the first message; its answer stays held. A rejection is reported, and the store stays. */
async function bootstrapped(
  controller: Controller,
  handle: ResultHandle,
  { json, text }: Made,
): Promise<Report> {
  await controller.run()
  const report = await answerOf(controller, handle)
  const { height } = await controller.commit()
  if (report.kind === 'refused') return report
  return {
    ...report,
    json: { ...json, height, bootstrap: report.json },
    text: `${text}\nbootstrap: ${report.text}`,
  }
}

const configOf = (words: Words): StoreConfig => ({
  ...fileConfig(words.text('config')),
  ...given({
    engine: words.choice('engine', engineNames),
    snapshotInterval: words.count('snapshot-interval'),
    collectionInterval: words.count('collection-interval'),
    computronsPerDelivery: words.computrons('computrons'),
    heapLimitBytes: words.count('heap-limit'),
    storageLimit: words.count('storage-limit'),
    onFault: words.choice('on-fault', faultPolicies),
    maxVats: words.count('max-vats'),
  }),
})

const fileConfig = (file: string | undefined): StoreConfig => (file === undefined ? {} : loadConfig(file))
