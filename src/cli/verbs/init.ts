import { engineNames, loadConfig } from '../../controller/index.ts'
import type { Controller, ResultHandle, StoreConfig } from '../../controller/index.ts'
import { faultPolicies } from '../../protocol/results.ts'
import { answerOf } from '../answer.ts'
import { given } from '../given.ts'
import type { Json } from '../jsonForm.ts'
import { warningText } from '../readable.ts'
import type { Report } from '../report.ts'
import { storeDirectory, withController } from '../session.ts'
import type { Verb } from '../verb.ts'
import type { Words } from '../words.ts'

export const init: Verb = {
  name: 'init',
  summary: 'makes a store',
  explains: [
    'The directory is made if there is none. What is chosen here is part of the state of the store.',
    'With a configuration that has a bootstrap, its answer is told; docs/configuration.md has every key.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    config: { kind: 'text', takes: 'FILE', explains: 'a JSON file with settings, vats, bundles and ports; what is said here too counts more' },
    engine: { kind: 'text', takes: 'NAME', explains: `the engine on which vats start: ${engineNames.join(' or ')} (else the first)` },
    'snapshot-interval': { kind: 'text', takes: 'N', explains: 'deliveries to a vat between two snapshots of its heap (else 200)' },
    'collection-interval': { kind: 'text', takes: 'N', explains: 'deliveries to a vat between two collections of its garbage (else 1,000)' },
    computrons: { kind: 'text', takes: 'N', explains: 'computrons that one delivery may take (else 2,000,000,000)' },
    'heap-limit': { kind: 'text', takes: 'BYTES', explains: 'the most memory a vat may have (else 256 MiB)' },
    'max-vats': { kind: 'text', takes: 'N', explains: 'how many vats there may be (else without bound)' },
    'storage-limit': { kind: 'text', takes: 'N', explains: 'the most that a vat may store, in code units (else 1,073,741,824)' },
    'on-fault': { kind: 'text', takes: 'HOW', explains: 'reject, suspend or terminate: what becomes of a vat when a delivery fails by its doing (else reject)' },
  },
  examples: ['heirloom init --store /srv/bank', 'heirloom init --config examples/bootstrap/config.json', 'heirloom init --snapshot-interval 50 --heap-limit 33_554_432'],
  async run(words, io) {
    const directory = storeDirectory(words, io)
    return withController(words, io, { make: 'always', config: configOf(words) }, async (controller) => {
      const { height, kernel, workers } = await controller.storeStatus()
      const { bootstrapResult, bundleWarnings } = controller
      const warnings = bundleWarnings.map((warning) => ({ ...warning }))
      const json = { store: directory, height, kernel, workers: workers.map(({ id }) => id), ...(warnings.length === 0 ? {} : { warnings }) }
      const text = [`made a store in ${directory}`, ...bundleWarnings.map(warningText)].join('\n')
      return bootstrapResult === undefined ? { kind: 'done', json, text } : bootstrapped(controller, bootstrapResult, { json, text })
    })
  },
}

interface Made {
  readonly json: { readonly [key: string]: Json }
  readonly text: string
}

/** Delivers the first message; its answer stays held. A rejection is reported, and the store stays. */
async function bootstrapped(controller: Controller, handle: ResultHandle, { json, text }: Made): Promise<Report> {
  await controller.run()
  const report = await answerOf(controller, handle)
  const { height } = await controller.commit()
  if (report.kind === 'refused') return report
  return { ...report, json: { ...json, height, bootstrap: report.json }, text: `${text}\nbootstrap: ${report.text}` }
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
