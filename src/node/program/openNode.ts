/** Opens a node: its application and its sequencer, from its directory. */
import { mkdirSync } from 'node:fs'
import { Application, type ApplicationOptions } from '../application/application.ts'
import { Sequencer } from '../sequencer/sequencer.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { NodeHome } from './nodeHome.ts'

/** How a node is opened. */
export type OpenNodeOptions = Pick<ApplicationOptions, 'upgrades' | 'skip' | 'store'>

/** A node that is open; `sequencer.start()` makes blocks, `sequencer.close()` closes all of it. */
export interface OpenNode {
  readonly application: Application
  readonly sequencer: Sequencer
  readonly config: NodeConfig
}

/** @throws CodedError `node/no-home`, `node/bad-…`, `node/other-chain`, `node/newer-state`, `store/…` */
export async function openNode(directory: string, options: OpenNodeOptions = {}): Promise<OpenNode> {
  const home = new NodeHome(directory)
  const [genesis, config] = [home.readGenesis(), home.readConfig()]
  mkdirSync(home.data, { recursive: true })
  const application = await Application.open({ ...options, directory: home.store, genesis })
  try {
    const { blockTime, idleTime } = config
    const sequencer = Sequencer.open({ application, directory: home.data, blockTime, idleTime })
    return { application, sequencer, config }
  } catch (error) {
    await application.close()
    throw error
  }
}
