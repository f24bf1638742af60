/**
 * A world: a controller on a store of its own, with vats, for one test or for all of a file.
 *
 * Stores are copies of one that is made once for each configuration and run of the tests. When the world
 * ends, its last block is audited: what leaks shows up in whichever test leaked it.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import {
  forkStore,
  isRejection,
  openController,
  type BundledVat,
  type Controller,
  type CreateOptions,
  type OpenOptions,
  type Remote,
  type ResultHandle,
  type Status,
  type StoreConfig,
  type UpgradeOptions,
} from '../../src/host/index.ts'
import type { Disconnection, GoneError, KernelRejection, Rejection } from '../../src/protocol/results.ts'
import type { TranscriptEntry } from '../../src/protocol/worker/transcript.ts'
import { deviationsOf } from './audit.ts'
import { bundleFile, bundleSource, puppetFile } from './bundles.ts'
import { readRows, readTranscript } from './rows.ts'
import { preparedStore } from './sharedStores.ts'

export { preparedStore }

/** Whose end ends the world: a test, or with `forTheFile` the whole file. */
export interface Scope {
  after(end: () => void | Promise<void>): void
}
export const forTheFile: Scope = { after: (end) => after(end) }

/** A vat of a world. Without `source` or `file` it is a puppet, prepared by `setup`. */
export interface VatRecipe extends Pick<
  CreateOptions,
  'computronsPerDelivery' | 'heapLimitBytes' | 'worker' | 'onFault' | 'importance'
> {
  readonly source?: string
  readonly file?: string
  readonly setup?: string
  readonly parameters?: unknown
}

export interface WorldOptions {
  readonly vats?: Readonly<Record<string, VatRecipe>>
  readonly config?: StoreConfig
  readonly open?: Omit<OpenOptions, 'directory' | 'make' | 'config'>
  /** A closed store to copy, instead of a new one. */
  readonly from?: string
}

/** What a puppet's root understands. */
export const puppet: VatRecipe = {}

const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'heirloom-test-'))
const remove = (directory: string): void => rmSync(directory, { recursive: true, force: true })

export function temporaryDirectory(scope: Scope): string {
  const directory = newDirectory()
  scope.after(() => remove(directory))
  return directory
}

/** Opens a world with the vats given. */
export async function openWorld(
  scope: Scope,
  { vats = {}, config, open = {}, from }: WorldOptions = {},
): Promise<World> {
  const source = from ?? (await preparedStore(config))
  const parent = newDirectory()
  const directory = join(parent, 'store')
  let world: World | undefined
  scope.after(async () => {
    try {
      await world?.end()
    } finally {
      remove(parent)
    }
  })
  forkStore(source, directory)
  const controller = await openController({ directory, make: 'never', verify: 'lazy', ...open })
  world = new World(directory, controller, open)
  for (const [name, recipe] of Object.entries(vats)) await world.create(name, recipe)
  return world
}

export class World {
  readonly directory: string
  controller: Controller
  readonly #open: Omit<OpenOptions, 'directory'>
  readonly #held: ResultHandle[] = []
  /** `broken`: the store was damaged on purpose, so that it is not audited. */
  state: 'whole' | 'broken' | 'ended' = 'whole'

  constructor(directory: string, controller: Controller, open: Omit<OpenOptions, 'directory'>) {
    this.directory = directory
    this.controller = controller
    this.#open = open
  }

  // --- asking

  /** Sends, runs to the end, and says how it ended. */
  async outcome(target: string | Remote, method: string, ...args: readonly unknown[]): Promise<Status> {
    return this.settle(await this.controller.send(target, method, args))
  }

  /** Runs to the end and says how the request ended. */
  async settle(request: ResultHandle): Promise<Status> {
    await this.controller.run()
    return this.take(request)
  }

  /** How the request stands. Its result, and with it the objects in it, is held until `forgetAll`. */
  async take(request: ResultHandle): Promise<Status> {
    this.#held.push(request)
    return this.controller.status(request)
  }

  /** Lets go of all that the host was answered so far. */
  async forgetAll(): Promise<void> {
    for (const request of this.#held.splice(0)) await this.controller.forget(request)
  }

  /** The answer; anything else fails. */
  async ask(target: string | Remote, method: string, ...args: readonly unknown[]): Promise<unknown> {
    return answerOf(await this.outcome(target, method, ...args))
  }

  /** Runs code in a puppet and gives its answer. */
  run(puppet: string | Remote, code: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.ask(puppet, 'run', code, ...args)
  }

  /** The reason with which the message is rejected. */
  async refusal(target: string | Remote, method: string, ...args: readonly unknown[]): Promise<unknown> {
    return reasonOf(await this.outcome(target, method, ...args))
  }

  // --- vats

  async install(recipe: VatRecipe = puppet): Promise<string> {
    const { source, file } = recipe
    return this.installBundle(
      await (source === undefined ? bundleFile(file ?? puppetFile) : bundleSource(source)),
    )
  }

  async installBundle(bundle: BundledVat): Promise<string> {
    return (await this.controller.installBundle(bundle)).id
  }

  async tryCreate(name: string, recipe: VatRecipe = puppet): Promise<Status> {
    const { source: _source, file: _file, setup, parameters, ...options } = recipe
    const bundle = await this.install(recipe)
    return this.settle(
      await this.controller.createVat(name, bundle, { parameters: parameters ?? { setup }, ...options }),
    )
  }

  async create(
    name: string,
    recipe: VatRecipe = puppet,
  ): Promise<{ readonly root: Remote; readonly adminNode: Remote }> {
    return answerOf(await this.tryCreate(name, recipe)) as { root: Remote; adminNode: Remote }
  }

  async upgrade(
    name: string,
    recipe: VatRecipe = puppet,
    options: Omit<UpgradeOptions, 'parameters'> = {},
  ): Promise<Status> {
    const { setup, parameters = { setup } } = recipe
    return this.settle(
      await this.controller.upgradeVat(name, await this.install(recipe), { parameters, ...options }),
    )
  }

  root(name: string): Promise<Remote> {
    return this.controller.root(name)
  }

  // --- the store

  /** Closes the store at a block and opens it again. */
  async reopen(open: Omit<OpenOptions, 'directory'> = {}): Promise<void> {
    await this.controller.commit()
    await this.restart(open)
  }

  /** Closes the store, without what was not committed, and opens it again. */
  async restart(open: Omit<OpenOptions, 'directory'> = {}): Promise<void> {
    await this.controller.shutdown()
    await this.open(open)
  }

  /** Opens the store after its controller was shut down. */
  async open(open: Omit<OpenOptions, 'directory'> = {}): Promise<void> {
    this.controller = await openController({
      directory: this.directory,
      make: 'never',
      verify: 'lazy',
      ...this.#open,
      ...open,
    })
  }

  /** The rows of a space as of the next block, which this commits. */
  async rows(space: string): Promise<Map<string, string>> {
    await this.controller.commit()
    return readRows(this.directory, space)
  }

  /** The transcript of a vat as of the next block, which this commits. */
  async transcript(name: string): Promise<TranscriptEntry[]> {
    await this.controller.commit()
    return readTranscript(this.directory, (await this.controller.vat(name)).vat)
  }

  async activityHash(): Promise<string> {
    return (await this.controller.storeStatus()).activityHash
  }

  /** What a vat is made of, as text: its own rows, its c-list and its heap. */
  async imageOf(name: string): Promise<string> {
    const { vat } = await this.controller.vat(name)
    const kernel = [...(await this.rows('kernel'))].filter(([key]) => key.startsWith(`c.${vat}.`))
    return JSON.stringify([
      [...(await this.rows(`vat/${vat}`))],
      kernel,
      await this.controller.heapHash(name),
    ])
  }

  async audit(): Promise<void> {
    assert.deepEqual(await deviationsOf(this.controller), [])
  }

  /** Ends the world: a last block, the audit. */
  async end(): Promise<void> {
    if (this.state === 'ended') return
    const { state } = this
    this.state = 'ended'
    try {
      if (state === 'broken') return
      await this.controller.commit()
      assert.deepEqual(await deviationsOf(this.controller), [], 'the audit of the last block')
    } finally {
      await this.controller.shutdown()
    }
  }
}

export function answerOf(status: Status): unknown {
  assert.equal(status.kind, 'fulfilled', status.kind === 'rejected' ? show(status.reason) : 'it is pending')
  return status.kind === 'fulfilled' ? status.value : undefined
}

export function reasonOf(status: Status): unknown {
  assert.equal(
    status.kind,
    'rejected',
    status.kind === 'fulfilled' ? `it gave ${show(status.value)}` : 'it is pending',
  )
  return status.kind === 'rejected' ? status.reason : undefined
}

/**
 * A reason of the kernel's with this code: the record from the kernel itself, or an error that it told a vat
 * and the vat passed on.
 */
export function rejectionOf(status: Status, code: GoneError['code']): GoneError
export function rejectionOf(status: Status, code: KernelRejection['code']): KernelRejection
export function rejectionOf(status: Status, code: Rejection['code']): Rejection {
  const reason = reasonOf(status) as Rejection
  assert.ok(hasCode(reason), show(reason))
  assert.equal(reason.code, code, reason.message)
  if (status.kind === 'rejected') assert.equal(isRejection(reason), status.by === 'kernel')
  return reason
}

/** Whether it reads as a rejection by the kernel, whoever sent it. */
export const hasCode = (reason: unknown): reason is Rejection =>
  typeof reason === 'object' &&
  reason !== null &&
  'code' in reason &&
  (reason instanceof Error || ('name' in reason && reason.name === 'KernelRejection'))

/** Whether it reads as a disconnection, whoever sent it. */
export const readsAsDisconnection = (reason: unknown): reason is Disconnection =>
  typeof reason === 'object' &&
  reason !== null &&
  'name' in reason &&
  (reason.name === 'vatUpgraded' || reason.name === 'vatTerminated')

/** The lines of a trace file, of one kind of event. */
export function readTrace(file: string, kind: string): Record<string, unknown>[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((event) => event['kind'] === kind)
}

/** Any value as text for a message of a failed test. */
export const show = (value: unknown): string =>
  value instanceof Error
    ? `${value.name}: ${value.message}`
    : (JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === 'bigint' ? `${inner}n` : inner instanceof Error ? show(inner) : inner,
      ) ?? String(value))
