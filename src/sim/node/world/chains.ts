/**
 * Prepared chains: each is created once per process, with all kernels of the simulation uploaded in its first
 * blocks, and copied for each run.
 */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../../base/errors.ts'
import { bundleId } from '../../../base/ids.ts'
import { bundleVat } from '../../../bundler/bundleVat.ts'
import { sha256 } from '../../../hashing/sha256.ts'
import { Application, type Genesis } from '../../../node/index.ts'
import { buildKernels, type BuiltKernel } from '../../kernels/kernels.ts'
import { makeScratch } from '../../scratch.ts'
import { codeNames, vatNames, type CodeName } from '../script/script.ts'
import { canonicalJson } from '../../../protocol/node/transaction.ts'
import { accountOf, signed } from './keys.ts'

/** How many accounts a chain has; the last ones have nothing at first. */
export const accountCount = 8
/** The accounts with much: they never become members, and close a script. */
export const richAccount = 0
/** The account that uploads the kernels, and does nothing else. */
export const uploader = 100

const balances = ['1000000000000', '9000000', '800000', '700000', '50000', '40']
const weights = [4, 3, 2, 1]
/** Members of the genesis are the accounts from 1 on. */
export const firstMember = 1

/** What chains differ by. */
const variants: readonly Pick<Genesis, 'initialHeight' | 'parameters'>[] = [
  { initialHeight: 1, parameters: { 'governance.period': 2 } },
  {
    initialHeight: 1_000,
    parameters: {
      'governance.period': 1,
      'fees.byte': 1,
      'fees.kernel': 3,
      'kernel.handed': 3,
      'kernel.computrons': 3_000_000,
      'kernel.backlog': 8,
    },
  },
  {
    initialHeight: 7,
    parameters: { 'governance.period': 3, 'fees.host': 0, 'block.kept': 4, 'kernel.queue': 2, 'publishing.kept': 2 },
  },
]
export const chainCount = variants.length
export const periods = variants.map(({ parameters }) => parameters['governance.period'] ?? 1)

/** Of the chunks of code that scripts upload: how many, and their bytes. */
export const chunkCount = 4
export const chunkBytes = 1_500

/** The text at which kernels with a defect fail: a method of the vats. */
const provoking = 'provoke'

export interface Materials {
  readonly kernels: ReadonlyMap<BuiltKernel, Uint8Array>
  readonly source: string
}

export async function gatherMaterials(): Promise<Materials> {
  const { source } = await bundleVat(join(import.meta.dirname, '..', 'vat', 'teller.ts'))
  assert(source.split('version-1').length === 2, 'the code of the vat has its version once')
  const size = source.length
  assert(size > (chunkCount - 1) * chunkBytes && size < chunkCount * chunkBytes - 10, 'chunks fit the code of the vat')
  return { kernels: await buildKernels(provoking), source }
}

/** A chain as it was prepared. */
export interface Prepared {
  readonly genesis: Genesis
  readonly directory: string
  /** What the uploader paid for each transaction of the blocks in which the kernels were uploaded. */
  readonly uploads: readonly { readonly gas: readonly bigint[] }[]
}

export class ChainPool {
  readonly #materials: Materials
  readonly #root = makeScratch('sim')
  readonly #prepared = new Map<number, Promise<Prepared>>()
  #directories = 0

  constructor(materials: Materials) {
    this.#materials = materials
  }

  get kernels(): ReadonlyMap<BuiltKernel, Uint8Array> {
    return this.#materials.kernels
  }

  /** The id of a kernel; that of `unknown` is of no bundle. */
  kernelId(name: string): string {
    const bytes = this.kernels.get(name as BuiltKernel)
    return bytes === undefined ? `b1-${'0'.repeat(64)}` : bundleId(sha256(bytes))
  }

  /** The name of a kernel; its id if it is of no other. */
  kernelName(id: string): string {
    return [...this.kernels.keys()].find((name) => this.kernelId(name) === id) ?? id
  }

  /** The version of the code with a hash; the hash if it is of no other. */
  codeName(hash: string): string {
    return codeNames.find((name) => sha256(this.code(name)) === hash) ?? hash
  }

  code(name: CodeName): Uint8Array {
    return new TextEncoder().encode(this.#materials.source.replace('version-1', name))
  }

  prepared(chain: number): Promise<Prepared> {
    const known = this.#prepared.get(chain)
    if (known !== undefined) return known
    const made = this.#prepare(chain)
    this.#prepared.set(chain, made)
    return made
  }

  newDirectory(): string {
    this.#directories += 1
    return join(this.#root, `chain-${this.#directories}`)
  }

  copy(directory: string): string {
    const copy = this.newDirectory()
    cpSync(directory, copy, { recursive: true })
    return copy
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }

  async #prepare(chain: number): Promise<Prepared> {
    const genesis = genesisOf(this.#materials.source, chain)
    const directory = this.newDirectory()
    const app = await Application.open({ directory, genesis })
    const uploads: { readonly gas: readonly bigint[] }[] = []
    for (const bytes of this.kernels.values()) {
      const { height, time } = app.info
      const transactions = uploadOf(genesis, height, bytes)
      const { results } = await app.deliver({ height: height + 1, time: time + 1_000, transactions })
      assert(results.every(({ code }) => code === 'ok'), 'the kernels are uploaded')
      await app.commit()
      uploads.push({ gas: results.map(({ gas }) => BigInt(gas)) })
    }
    await app.close()
    return { genesis, directory, uploads }
  }
}

/** In bytes; a transaction has at most a million. */
const chunkSize = 500_000

/** The transactions that upload a kernel after this height. */
function uploadOf({ chain }: Genesis, height: number, bytes: Uint8Array): readonly Uint8Array[] {
  const hash = sha256(bytes)
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, index) => {
    const data = Buffer.from(bytes.subarray(index * chunkSize, (index + 1) * chunkSize)).toString('base64')
    return { kind: 'kernel/upload-chunk', hash, index, data } as const
  })
  const begin = { kind: 'kernel/begin-upload', hash, for: 'kernel', bytes: bytes.length } as const
  const account = accountOf(uploader)
  return [begin, ...chunks].map((message, index) =>
    signed(
      account,
      canonicalJson({
        chain,
        expires: height + 1,
        fee: '10000000',
        message,
        nonce: String(index),
        sender: account.address,
      }),
    ),
  )
}

function genesisOf(source: string, chain: number): Genesis {
  const variant = variants[chain]
  assert(variant !== undefined, 'a chain has a variant')
  return {
    chain: `sim-${chain}`,
    time: 1_000,
    accounts: [...balances.entries(), [uploader, '1000000000'] as const].map(([who, balance]) => ({
      address: accountOf(who).address,
      balance,
    })),
    members: weights.map((weight, at) => ({ address: accountOf(firstMember + at).address, weight })),
    kernel: {
      bootstrap: 'bank',
      vats: Object.fromEntries(vatNames.map((name) => [name, { bundleName: 'version-1' }])),
      ports: ['ledger', 'publish'],
    },
    published: { bank: 'bank', mill: 'mill' },
    bundles: { 'version-1': { source } },
    ...variant,
  }
}
