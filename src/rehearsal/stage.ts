/**
 * Where a rehearsal happens: forks of a store, in a temporary directory. All of them are copies of one that
 * is never opened for writing: the store itself may go on meanwhile.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenOptions } from '../host/config/options.ts'
import type { Controller } from '../host/controller.ts'
import { openController } from '../host/open.ts'
import { forkStore } from '../store/store.ts'

export class Stage {
  /** The temporary directory. */
  readonly place: string
  /** The fork of which all others are copies. */
  readonly base: string
  readonly trust: readonly string[]

  private constructor(place: string, base: string, trust: readonly string[]) {
    this.place = place
    this.base = base
    this.trust = trust
  }

  /** With a stage on the last block of the store, which is removed at the end. */
  static with<Value>(
    directory: string,
    trust: readonly string[],
    use: (stage: Stage) => Promise<Value>,
  ): Promise<Value> {
    return Stage.onCopy((to) => forkStore(directory, to), trust, use)
  }

  /** With a stage on what `copy` puts into the directory that it is given. */
  static async onCopy<Value>(
    copy: (to: string) => void | Promise<void>,
    trust: readonly string[],
    use: (stage: Stage) => Promise<Value>,
  ): Promise<Value> {
    const place = mkdtempSync(join(tmpdir(), 'heirloom-rehearsal-'))
    const base = join(place, 'base')
    try {
      await copy(base)
      return await use(new Stage(place, base, trust))
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }

  /** Makes a fork; `of`: the store to copy, by default the base. */
  fork(name: string, of = this.base): string {
    const directory = join(this.place, name)
    forkStore(of, directory)
    return directory
  }

  remove(directory: string): void {
    rmSync(directory, { recursive: true, force: true })
  }

  /** With a controller on the fork, which is shut down at the end. */
  async open<Value>(
    directory: string,
    use: (controller: Controller) => Promise<Value>,
    more: Pick<OpenOptions, 'trace'> = {},
  ): Promise<Value> {
    const controller = await openController({
      directory,
      make: 'never',
      trust: this.trust,
      verify: 'lazy',
      ...more,
    })
    try {
      return await use(controller)
    } finally {
      await controller.shutdown()
    }
  }
}

/** Bytes of the file of a store that is closed, whose log is part of it. */
export const fileSize = (directory: string): number => statSync(join(directory, 'heirloom.sqlite')).size
