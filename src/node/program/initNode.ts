/** Creates the directory of a node, with a genesis of its own or one that is given. */
import { mkdirSync } from 'node:fs'
import type { BundleWarning } from '../../protocol/bundle/warning.ts'
import type { Genesis } from '../../protocol/node/genesis.ts'
import type { NodeInfo } from '../../protocol/node/views.ts'
import { Application, type ApplicationOptions } from '../application/application.ts'
import { readGenesis } from '../application/genesis.ts'
import { makeGenesis, type ChainOptions } from './makeGenesis.ts'
import { defaultConfig, readNodeConfig, type NodeConfig } from './nodeConfig.ts'
import { NodeHome } from './nodeHome.ts'

/** What a node begins with: a new chain, or the genesis of one that exists, as the text of its file. */
export type InitOptions = {
  readonly node?: Partial<NodeConfig>
  readonly store?: ApplicationOptions['store']
} & (ChainOptions | { readonly genesis: string })

/** The new node. */
export interface InitReport extends NodeInfo {
  readonly warnings: readonly BundleWarning[]
}

/**
 * Creates the directory, and the store of its genesis, so that code which cannot start is refused here.
 * Nothing is overwritten, and after an error nothing is left.
 * @throws CodedError `node/home-exists`, `node/bad-genesis`, `node/bad-config`, `config/…`, `bundle/…`
 */
export async function initNode(directory: string, options: InitOptions): Promise<InitReport> {
  const home = new NodeHome(directory)
  home.assertFree()
  const config = readNodeConfig({ ...defaultConfig, ...options.node })
  const { genesis, text, warnings } = await genesisOf(options)
  try {
    const info = await createStore(home, genesis, options.store)
    home.write(text, config)
    return { ...info, warnings }
  } catch (error) {
    home.discard()
    throw error
  }
}

async function genesisOf(options: InitOptions) {
  if ('genesis' in options) return { genesis: readGenesis(options.genesis), text: options.genesis, warnings: [] }
  const { genesis, warnings } = await makeGenesis(options)
  return { genesis, text: `${JSON.stringify(genesis, null, 2)}\n`, warnings }
}

async function createStore(
  home: NodeHome,
  genesis: Genesis,
  store: ApplicationOptions['store'],
): Promise<NodeInfo> {
  mkdirSync(home.data, { recursive: true })
  const options = store === undefined ? {} : { store }
  const application = await Application.open({ directory: home.store, genesis, ...options })
  await application.close()
  return application.info
}
