/**
 * Nodes for tests: a genesis with the mirror vat, keys and transactions of accounts, a node with its server
 * on a free port, and clients.
 */
import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
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

/** The time of the genesis. */
const began = 1_000_000

/** A clock that begins with the genesis, so that no block is made to catch up. */
function newClock(): () => number {
  const opened = Date.now()
  return () => began + Date.now() - opened
}

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

/** Blocks come quickly, and only if there is something to do. */
const quick = { blockTime: 20, idleTime: 3_600_000 } as const

/** Opens a node, with blocks every 20 ms. It is closed after the test. */
export async function openNode(scope: Scope, options: NodeOptions = {}): Promise<TestNode> {
  const directory = options.directory ?? temporaryDirectory(scope)
  const genesis = options.genesis ?? (await genesisOf())
  const application = await Application.open({ directory, genesis, ...options.application })
  const pace = { ...quick, clock: newClock(), ...options.sequencer }
  const sequencer = Sequencer.open({ application, directory, ...pace })
  const faults: unknown[] = []
  let server: NodeServer | undefined
  let closed: Promise<void> | undefined
  const closeAll = async (): Promise<void> => {
    await server?.close()
    await sequencer.close()
    assert.deepEqual(faults, [], 'the server had no fault')
  }
  const close = (): Promise<void> => (closed ??= closeAll())
  scope.after(close)
  const onFault = (fault: unknown): void => void faults.push(fault)
  server = await openNodeServer({ sequencer, port: 0, onFault, ...options.server })
  if (options.blocks !== 'stopped') sequencer.start()
  return { directory, genesis, application, sequencer, server, url: server.url, close }
}

/** Where a server is. */
export type Served = Pick<TestNode, 'url'>

/** A JSON answer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>> & {
    readonly error?: { readonly code: string; readonly message: string }
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response
  return { status, headers, body: (await response.json()) as Answer['body'] }
}

export const getJson = async (
  node: Served,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> => answerOf(await fetch(`${node.url}${path}`, { headers }))

export async function postJson(node: Served, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${node.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return answerOf(response)
}

/** Submits a transaction; `query` as in `?wait=5`. */
export const submit = (node: Served, bytes: Uint8Array, query = '?wait=20'): Promise<Answer> =>
  postJson(node, `/v1/transactions${query}`, { transaction: base64(bytes) })

/** The version of the package. */
export function packageVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** A request as no browser and no `fetch` sends it. */
export interface RawRequest {
  readonly method?: string
  readonly path: string
  /** Replace those that the request would have. */
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The code of the error; undefined if it is none. */
  readonly code: string | undefined
}

/** Asks on a connection of its own. */
export function ask(
  node: Served,
  { method = 'GET', path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const sent = request(
      `${node.url}${path}`,
      { method, headers: { ...type, ...headers }, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code: codeIn(text) }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function codeIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { code: string } }).error?.code
  } catch {
    return undefined
  }
}

/** A server-sent event. */
export interface SentEvent {
  readonly id: string
  readonly event: string
  readonly data: { readonly height: number; readonly place: number; readonly kind: string } & Readonly<
    Record<string, unknown>
  >
}

/** Reads a stream of events. */
export class EventReader {
  readonly #response: Response
  readonly #abort: AbortController
  readonly #events: SentEvent[] = []
  /** The last id, also of parts without an event. */
  lastId = ''
  comments = 0
  isOver = false
  readonly done: Promise<void>
  #wake: () => void = () => {}

  private constructor(response: Response, abort: AbortController) {
    this.#response = response
    this.#abort = abort
    this.done = this.#read()
  }

  static async open(node: Served, query = '', headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController()
    const response = await fetch(`${node.url}/v1/events${query}`, { headers, signal: abort.signal })
    assert.equal(response.status, 200, await (response.status === 200 ? '' : response.text()))
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    return new EventReader(response, abort)
  }

  /** All events so far, once there are so many. */
  async take(count: number): Promise<readonly SentEvent[]> {
    while (this.#events.length < count && !this.isOver)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#events
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.done
  }

  async #read(): Promise<void> {
    let text = ''
    try {
      for await (const bytes of this.#response.body ?? []) {
        text += Buffer.from(bytes as Uint8Array).toString('utf8')
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        for (const part of parts) this.#take(part)
        this.#wake()
      }
    } catch {
      // The connection was closed by one of the two.
    }
    this.isOver = true
    this.#wake()
  }

  #take(part: string): void {
    const fields = new Map(
      part.split('\n').map((line) => {
        const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? []
        return [name, value] as const
      }),
    )
    if (fields.has('')) this.comments += 1
    const id = fields.get('id') ?? this.lastId
    this.lastId = id
    const [event, data] = [fields.get('event'), fields.get('data')]
    if (event !== undefined && data !== undefined)
      this.#events.push({ id, event, data: JSON.parse(data) as SentEvent['data'] })
  }
}
