/** A store with Zoe for one test: a copy of one that is made once, audited at the end of the test. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { forkStore } from '../../../src/host/index.ts'
import { Market } from '../../../examples/zoe/market.ts'
import { deviationsOf } from '../../kit/audit.ts'
import { forTheFile, temporaryDirectory, type Scope } from '../../kit/world.ts'

const contracts = ['automaticRefund', 'simpleExchange', 'coveredCall', 'coveredCallV2'] as const
const interrupted = join(import.meta.dirname, '..', '..', '..', 'examples', 'zoe', 'interrupted.ts')

/** Zoe, the contracts' bundles, and two users with 100 of each currency. */
async function makeOrigin(): Promise<string> {
  const directory = join(temporaryDirectory(forTheFile), 'origin')
  const market = await Market.make(directory)
  for (const contract of contracts) await market.install(contract)
  await market.close()
  return directory
}
const origin = await makeOrigin()

export class Place {
  readonly #directory: string
  market: Market

  constructor(directory: string, market: Market) {
    this.#directory = directory
    this.market = market
  }

  /** Closes the store at a block and opens it again. */
  async reopen(): Promise<void> {
    await this.market.close()
    this.market = await Market.open(this.#directory)
  }

  /** Lets another process begin Bob's exercise of the option, and kill itself in the middle of it. */
  async dieExercising(): Promise<void> {
    await this.market.close()
    const ended = await once(
      spawn(process.execPath, [interrupted, this.#directory], { stdio: 'inherit' }),
      'exit',
    )
    assert.deepEqual(ended, [null, 'SIGKILL'])
    this.market = await Market.open(this.#directory)
    await this.market.controller.run()
  }

  async end(): Promise<void> {
    const { controller } = this.market
    await controller.commit()
    const deviations = await deviationsOf(controller)
    await controller.shutdown()
    assert.deepEqual(deviations, [], 'the audit of the last block')
  }
}

export async function openPlace(scope: Scope): Promise<Place> {
  const parent = mkdtempSync(join(tmpdir(), 'heirloom-zoe-'))
  const directory = join(parent, 'store')
  forkStore(origin, directory)
  const place = new Place(directory, await Market.open(directory))
  scope.after(async () => {
    try {
      await place.end()
    } finally {
      rmSync(parent, { recursive: true, force: true })
    }
  })
  return place
}
