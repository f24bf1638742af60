/** Nodes for tests: a directory that is made once and copied, and nodes that run in this process. */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { initNode, openNode, type OpenNode, type OpenNodeOptions } from '../../src/node/index.ts'
import { addressOf, keyOfSeed, NodeClient, type Key } from '../../src/client/index.ts'
import { openNodeServer, type NodeServer } from '../../src/server/index.ts'
import { fileWith, temporaryDirectory } from '../cli/support.ts'
import { sharedDirectory } from './sharedStores.ts'

interface WithEnd {
  after(end: () => Promise<void> | void): void
}

const seedOf = (digit: string): Key => keyOfSeed(digit.repeat(64))

/** Keys that have units at the beginning; `operator` is the only member. */
export const keys = { operator: seedOf('1'), alice: seedOf('2'), bob: seedOf('3') }

export const chain = 'test-chain'

/** A configuration with the vat `mirror`. */
export const mirrorConfig = (directory: string): string =>
  fileWith(
    directory,
    'config.json',
    JSON.stringify({
      bootstrap: 'mirror',
      vats: { mirror: { sourceSpec: join(import.meta.dirname, '..', 'node', 'vats', 'mirror.ts') } },
      ports: ['ledger', 'publish'],
    }),
  )

/** The directory of a node that made no block yet; any free port, and a block every 40 ms at most. */
export async function preparedHome(test: WithEnd): Promise<string> {
  const shared = await sharedDirectory('node of the client', async (directory) => {
    mkdirSync(directory, { recursive: true })
    await initNode(join(directory, 'home'), {
      chain,
      config: mirrorConfig(directory),
      members: [{ address: addressOf(keys.operator), weight: 1 }],
      accounts: Object.values(keys).map((key) => ({ address: addressOf(key), balance: '1000000' })),
      published: { mirror: 'mirror' },
      parameters: { 'governance.period': 15 },
      time: 1_000,
      node: { listen: { host: '127.0.0.1', port: 0 }, blockTime: 40, idleTime: 400 },
    })
  })
  const home = join(temporaryDirectory(test), 'home')
  cpSync(join(shared, 'home'), home, { recursive: true })
  return home
}

/** A node that runs in this process. */
export interface LocalNode extends OpenNode {
  readonly server: NodeServer
  readonly client: NodeClient
  close(): Promise<void>
}

export async function runLocally(
  home: string,
  { port = 0, ...options }: OpenNodeOptions & { readonly port?: number } = {},
): Promise<LocalNode> {
  const node = await openNode(home, options)
  const server = await openNodeServer({ sequencer: node.sequencer, port })
  node.sequencer.start()
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await server.close()
    await node.sequencer.close()
  }
  return { ...node, server, client: new NodeClient(server.url), close: () => (closed ??= close()) }
}

/** The same from a directory of its own, closed at the end of the test. */
export async function localNode(test: WithEnd): Promise<LocalNode & { readonly home: string }> {
  const home = await preparedHome(test)
  const node = await runLocally(home)
  test.after(() => node.close())
  return { ...node, home }
}
