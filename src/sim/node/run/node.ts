/**
 * A node of the simulation: an application, the release that it runs, and how it was opened. It removes the
 * directories that it leaves.
 */
import { rmSync } from 'node:fs'
import { Application, type Genesis } from '../../../node/index.ts'
import type { Prepared } from '../world/chains.ts'
import { releases, type ReleaseName } from './releases.ts'

type StoreOptions = NonNullable<Parameters<typeof Application.open>[0]['store']>

export class SimNode {
  readonly #genesis: Genesis
  readonly #store: StoreOptions
  #directory: string
  #app: Application
  #release: ReleaseName
  #skip: readonly string[] = []

  private constructor(
    genesis: Genesis,
    store: StoreOptions,
    directory: string,
    app: Application,
    release: ReleaseName,
  ) {
    this.#genesis = genesis
    this.#store = store
    this.#directory = directory
    this.#app = app
    this.#release = release
  }

  /** Opens a copy of a prepared chain. */
  static async open(
    { genesis }: Prepared,
    directory: string,
    release: ReleaseName,
    store: StoreOptions = {},
  ): Promise<SimNode> {
    const app = await Application.open({ directory, genesis, store, upgrades: releases[release], skip: [] })
    return new SimNode(genesis, store, directory, app, release)
  }

  get app(): Application {
    return this.#app
  }

  get directory(): string {
    return this.#directory
  }

  get release(): ReleaseName {
    return this.#release
  }

  /** Goes on in another directory, or with other options. */
  async reopen(changes: {
    readonly directory?: string
    readonly release?: ReleaseName
    readonly skip?: string
    readonly store?: StoreOptions
  }): Promise<void> {
    await this.#app.close()
    if (changes.directory !== undefined) rmSync(this.#directory, { recursive: true })
    this.#directory = changes.directory ?? this.#directory
    this.#release = changes.release ?? this.#release
    if (changes.skip !== undefined) this.#skip = [...this.#skip, changes.skip]
    this.#app = await Application.open({
      directory: this.#directory,
      genesis: this.#genesis,
      store: { ...this.#store, ...changes.store },
      upgrades: releases[this.#release],
      skip: this.#skip,
    })
  }

  async close(): Promise<void> {
    await this.#app.close()
    rmSync(this.#directory, { recursive: true, force: true })
    const { traceFile } = this.#store
    if (traceFile !== undefined) rmSync(traceFile, { force: true })
  }
}
