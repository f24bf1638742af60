/**
 * Nodes for tests: a genesis with the mirror vat, keys and transactions of accounts, and a node with its server
 * on a free port.
 */
import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleVat } from '../../src/bundler/bundleVat.ts'
import {
  Application,
  readGenesis,
  Sequencer,
  type ApplicationOptions,
  type Genesis,
  type SequencerOptions,
} from '../../src/node/index.ts'
import {
  addressOfHash,
  canonicalJson,
  signedBytes,
  transactionBytes,
  type AccountMessage,
  type TransactionBody,
} from '../../src/protocol/node/transaction.ts'
import { openNodeServer, type NodeServer, type NodeServerOptions } from '../../src/server/index.ts'
import { temporaryDirectory, type Scope } from '../kit/world.ts'

export { temporaryDirectory, type Scope }

/** A key pair of an account. */
export interface Key {
  readonly address: string
  readonly publicKey: Uint8Array
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** PKCS 8 of an ed25519 key, without the 32 bytes of its seed. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The same key for the same name. */
export function keyOf(name: string): Key {
  const seed = createHash('sha256').update(`test key ${name}`).digest()
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    address: addressOfHash(createHash('sha256').update(publicKey).digest('hex')),
    publicKey,
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}

export const alice = keyOf('alice')
export const bob = keyOf('bob')
export const carol = keyOf('carol')

export const chain = 'test-chain'

let nonces = 0

/** A signed transaction. What `body` leaves out has a value that is accepted. */
export function transactionOf(
  key: Key,
  message: AccountMessage,
  body: Partial<Omit<TransactionBody, 'message'>> = {},
): Uint8Array {
  nonces += 1
  const whole: TransactionBody = {
    chain,
    expires: 900,
    fee: '1000',
    nonce: String(nonces),
    sender: key.address,
    ...body,
    message,
  }
  const encoded = Buffer.from(canonicalJson(whole))
  return transactionBytes(key.sign(signedBytes(key.publicKey, encoded)), key.publicKey, encoded)
}

export const transfer = (from: Key, to: Key, amount = '1', body: Partial<TransactionBody> = {}): Uint8Array =>
  transactionOf(from, { kind: 'ledger/transfer', to: to.address, amount }, body)

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The time of the genesis. The clock of a node begins there, so that no block is made to catch up. */
const began = 1_000_000
const started = Date.now()
export const clock = (): number => began + Date.now() - started

let mirror: Promise<string> | undefined

/** The source of the mirror vat. */
export const mirrorSource = (): Promise<string> =>
  (mirror ??= bundleVat(join(import.meta.dirname, '../node/vats/mirror.ts')).then(({ source }) => source))

/** A chain with three accounts, of which two are members, and the mirror vat if `vats`. */
export async function genesisOf({
  vats = false,
  parameters = {},
}: { readonly vats?: boolean; readonly parameters?: Genesis['parameters'] } = {}): Promise<Genesis> {
  return readGenesis({
    chain,
    time: began,
    initialHeight: 1,
    accounts: [alice, bob, carol].map(({ address }) => ({ address, balance: '1000000000' })),
    members: [alice, bob].map(({ address }) => ({ address, weight: 1 })),
    parameters,
    kernel: vats
      ? { vats: { mirror: { bundleName: 'mirror' } }, bootstrap: 'mirror', ports: ['ledger', 'publish'] }
      : {},
    published: vats ? { mirror: 'mirror' } : {},
    bundles: vats ? { mirror: { source: await mirrorSource() } } : {},
  })
}

export interface NodeOptions {
  /** Default: a directory that is removed after the test. */
  readonly directory?: string
  readonly genesis?: Genesis
  readonly application?: Omit<ApplicationOptions, 'directory' | 'genesis'>
  readonly sequencer?: Omit<SequencerOptions, 'application' | 'directory'>
  readonly server?: Omit<NodeServerOptions, 'sequencer'>
  /** Whether blocks are made; default: `started`. */
  readonly blocks?: 'started' | 'stopped'
}

/** A node that runs, with its server. */
export interface TestNode {
  readonly directory: string
  readonly genesis: Genesis
  readonly application: Application
  readonly sequencer: Sequencer
  readonly server: NodeServer
  /** The URL of the server. */
  readonly url: string
  /** Closes server, blocks and store. Idempotent. */
  close(): Promise<void>
}

/** Opens a node, with blocks every 20 ms. It is closed after the test. */
export async function openNode(scope: Scope, options: NodeOptions = {}): Promise<TestNode> {
  const directory = options.directory ?? temporaryDirectory(scope)
  const genesis = options.genesis ?? (await genesisOf())
  const application = await Application.open({ directory, genesis, ...options.application })
  const sequencer = Sequencer.open({ application, directory, blockTime: 20, clock, ...options.sequencer })
  const faults: unknown[] = []
  const server = await openNodeServer({
    sequencer,
    port: 0,
    onFault: (fault) => faults.push(fault),
    ...options.server,
  })
  if (options.blocks !== 'stopped') sequencer.start()
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await server.close()
    await sequencer.close()
    assert.deepEqual(faults, [], 'the server had no fault')
  }
  const node = {
    directory,
    genesis,
    application,
    sequencer,
    server,
    url: server.url,
    close: () => (closed ??= close()),
  }
  scope.after(() => node.close())
  return node
}

/** A JSON answer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, never> & { readonly error?: { readonly code: string; readonly message: string } }
}

export async function getJson(node: TestNode, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${node.url}${path}`, { headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

export async function postJson(node: TestNode, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${node.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

/** Submits a transaction; `query` as in `?wait=5`. */
export const submit = (node: TestNode, bytes: Uint8Array, query = '?wait=20'): Promise<Answer> =>
  postJson(node, `/v1/transactions${query}`, { transaction: base64(bytes) })

/** The version of the package. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version
