/**
 * The directory of a node.
 *
 * | path                 | content                                                          |
 * |----------------------|------------------------------------------------------------------|
 * | `genesis.json`       | what the chain begins with; the same on all its nodes            |
 * | `config.json`        | what the operator of this node chooses                           |
 * | `data/store`         | the store: the state of the host, the kernel and the vats        |
 * | `data/blocks.sqlite` | the blocks, with results and events                              |
 * | `keys/`              | signing keys                                                     |
 *
 * Hom1. Nothing here is overwritten. `data` is removed by a reset, keys never.
 * Hom2. A directory is that of a node when it has `genesis.json`, which is written last.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from '../../protocol/codes.ts'
import type { Genesis } from '../../protocol/node/genesis.ts'
import { WriterLock } from '../../store/opening/lock.ts'
import { readGenesis } from '../application/genesis.ts'
import { readNodeConfig, type NodeConfig } from './nodeConfig.ts'

/** The paths of a node's directory. */
export class NodeHome {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  get genesisPath(): string {
    return join(this.directory, 'genesis.json')
  }

  get configPath(): string {
    return join(this.directory, 'config.json')
  }

  get data(): string {
    return join(this.directory, 'data')
  }

  get store(): string {
    return join(this.data, 'store')
  }

  get blocks(): string {
    return join(this.data, 'blocks.sqlite')
  }

  get keys(): string {
    return join(this.directory, 'keys')
  }

  /** @throws CodedError `node/no-home`, `node/bad-genesis` */
  readGenesis(): Genesis {
    if (!existsSync(this.genesisPath))
      refuse('node/no-home', `there is no genesis.json in ${this.directory}`, { directory: this.directory })
    return readGenesis(readFileSync(this.genesisPath, 'utf8'))
  }

  /** @throws CodedError `node/bad-config` */
  readConfig(): NodeConfig {
    if (!existsSync(this.configPath)) return readNodeConfig({})
    try {
      return readNodeConfig(JSON.parse(readFileSync(this.configPath, 'utf8')))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      return refuse('node/bad-config', `config.json: not JSON: ${error.message}`, { path: '' })
    }
  }

  /**
   * Refuses a directory in which something of a node would be overwritten; keys may be there.
   * @throws CodedError `node/home-exists`
   */
  assertFree(): void {
    const found = [this.genesisPath, this.configPath, this.data].find((path) => existsSync(path))
    if (found !== undefined) refuse('node/home-exists', `${found} exists already`, { path: found })
  }

  /** Makes the directory of a node of what is in `data` (Hom2). */
  write(genesis: string, config: NodeConfig): void {
    mkdirSync(this.directory, { recursive: true })
    writeNew(this.configPath, `${JSON.stringify(config, null, 2)}\n`)
    writeNew(this.genesisPath, genesis)
  }

  /** Undoes the beginning of an init or an import that failed. */
  discard(): void {
    for (const path of [this.genesisPath, this.configPath, this.data]) rmSync(path, { recursive: true, force: true })
  }

  /**
   * Removes the data, so that the node begins with its genesis again. Returns whether there was any.
   * @throws CodedError `store/in-use` while the node runs
   */
  reset(): 'removed' | 'none' {
    this.readGenesis()
    if (!existsSync(this.data)) return 'none'
    const lock = existsSync(this.store) ? WriterLock.take(this.store) : undefined
    try {
      rmSync(this.data, { recursive: true, force: true })
    } finally {
      lock?.free()
    }
    return 'removed'
  }
}

function writeNew(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o644)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
