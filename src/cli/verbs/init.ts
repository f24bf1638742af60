import { engineNames } from '../../controller/index.ts'
import type { StoreConfig } from '../../controller/index.ts'
import { given } from '../given.ts'
import { storeDirectory, withController } from '../session.ts'
import type { Verb } from '../verb.ts'
import type { Words } from '../words.ts'

export const init: Verb = {
  name: 'init',
  summary: 'makes a store',
  explains: 'The directory is made if there is none. What is chosen here is part of the state of the store.',
  operands: [],
  rest: 'none',
  options: {
    engine: { kind: 'text', takes: 'NAME', explains: `the engine on which vats start: ${engineNames.join(' or ')} (else the first)` },
    'snapshot-interval': { kind: 'text', takes: 'N', explains: 'deliveries to a vat between two snapshots of its heap (else 200)' },
    'collection-interval': { kind: 'text', takes: 'N', explains: 'deliveries to a vat between two collections of its garbage (else 1,000)' },
    computrons: { kind: 'text', takes: 'N', explains: 'computrons that one delivery may take (else 500,000,000)' },
    'heap-limit': { kind: 'text', takes: 'BYTES', explains: 'the most memory a vat may have (else 256 MiB)' },
  },
  examples: ['heirloom init --store /srv/bank', 'heirloom init --snapshot-interval 50 --heap-limit 33_554_432'],
  async run(words, io) {
    const directory = storeDirectory(words, io)
    return withController(words, io, { make: 'always', config: configOf(words) }, async (controller) => {
      const { height, kernel, workers } = await controller.storeStatus()
      const json = { store: directory, height, kernel, workers: workers.map(({ id }) => id) }
      return { kind: 'done', json, text: `made a store in ${directory}` }
    })
  },
}

const configOf = (words: Words): StoreConfig =>
  given({
    engine: words.choice('engine', engineNames),
    snapshotInterval: words.count('snapshot-interval'),
    collectionInterval: words.count('collection-interval'),
    computronsPerDelivery: words.computrons('computrons'),
    heapLimitBytes: words.count('heap-limit'),
  })
