/** The file `config.json` of a node: what its operator chooses. None of it changes a hash. */
import { isRecord } from '../../base/guards.ts'
import { didYouMean } from '../../base/nearest.ts'
import { refuse } from '../../protocol/codes.ts'

/** Times in milliseconds. */
export interface NodeConfig {
  /** Where clients connect. Port 0: any that is free. */
  readonly listen: { readonly host: string; readonly port: number }
  /** The least time between two blocks. */
  readonly blockTime: number
  /** After how much time a block is made without anything to do. */
  readonly idleTime: number
}

export const defaultConfig: NodeConfig = {
  listen: { host: '127.0.0.1', port: 26_680 },
  blockTime: 1_000,
  idleTime: 10_000,
}

const maxTime = 86_400_000

/**
 * Reads a configuration; keys that are absent have their defaults.
 * @throws CodedError `node/bad-config` with the path of the first flaw
 */
export function readNodeConfig(given: unknown): NodeConfig {
  const { listen = {}, ...times } = record(given, '', ['listen', 'blockTime', 'idleTime'])
  const { host = defaultConfig.listen.host, port = defaultConfig.listen.port } = record(listen, 'listen', ['host', 'port'])
  if (typeof host !== 'string' || host === '' || /\s/.test(host)) return flaw('listen.host', 'must be an address or a name')
  return {
    listen: { host, port: whole(port, 'listen.port', 0, 65_535) },
    blockTime: whole(times['blockTime'] ?? defaultConfig.blockTime, 'blockTime', 1, maxTime),
    idleTime: whole(times['idleTime'] ?? defaultConfig.idleTime, 'idleTime', 1, maxTime),
  }
}

const flaw = (path: string, message: string): never =>
  refuse('node/bad-config', `config.json: ${path === '' ? '' : `${path}: `}${message}`, { path })

function record(value: unknown, path: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) return flaw(path, 'must be a record')
  for (const key of Object.keys(value))
    if (!keys.includes(key))
      flaw(path === '' ? key : `${path}.${key}`, `there is no such key${didYouMean(key, keys)}`)
  return value
}

function whole(value: unknown, path: string, min: number, max: number): number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
    ? (value as number)
    : flaw(path, `must be a whole number from ${min} to ${max}`)
}
