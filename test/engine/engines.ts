/** The real engines, and small supervisors, for the tests of this folder. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { bundleId, type Hash } from '../../src/base/ids.ts'
import type { VatCode } from '../../src/engine/bundleImage.ts'
import { compileEngine, type Engine } from '../../src/engine/engine.ts'
import { buildImage, type Image } from '../../src/engine/image.ts'
import { meterModule } from '../../src/engine/meter.ts'
import type { RawOutcome, Worker } from '../../src/engine/worker.ts'

export const releases = ['3.5.0', '3.6.2', '3.7.0'] as const
export type Release = (typeof releases)[number]

const require = createRequire(import.meta.url)

export function engineBytes(release: Release): Uint8Array {
  return readFileSync(require.resolve(`quickjs-wasi-${release}/quickjs.wasm`))
}

const engines = new Map<Release, Engine>()

export function engineOf(release: Release): Engine {
  const made = engines.get(release)
  if (made !== undefined) return made
  const bytes = meterModule(engineBytes(release))
  const engine = compileEngine(bytes, bundleId(hash('sha256', bytes, 'hex') as Hash))
  engines.set(release, engine)
  return engine
}

/**
 * Takes each delivery as a script, and finishes with what it gave, as text; a promise is awaited.
 * The script finds `ask` (the host's function), `source` (the second text) and `state`, which lasts.
 */
export const scriptSupervisor = `
  const ask = globalThis.hostSyscall
  delete globalThis.hostSyscall
  const state = {}
  let result = 'nothing'
  const run = (delivery, source) => new Function('ask', 'source', 'state', 'return (' + delivery + ')')(ask, source, state)
  const tell = (value) => { result = String(value) }
  const dispatch = (delivery, source) => {
    result = 'still pending'
    try {
      Promise.resolve(run(delivery, source)).then(tell, (reason) => tell('rejected: ' + reason))
    } catch (error) {
      tell('threw: ' + error)
    }
  }
  globalThis.hostEntries = { dispatch, finish: () => result }
`

const images = new Map<string, Image>()

export function imageOf(release: Release, supervisor = scriptSupervisor): Image {
  const key = `${release} ${supervisor}`
  const made = images.get(key)
  if (made !== undefined) return made
  const image = buildImage(engineOf(release), supervisor)
  images.set(key, image)
  return image
}

export const plenty = { computrons: 2_000_000_000n }
export const heapLimit = 1024
export const noAnswer = (text: string): string => {
  throw new Error(`nobody answers ${text}`)
}

/** The source as the code of a vat; null if empty. */
export const codeOf = (source: string): VatCode | null =>
  source === '' ? null : { id: bundleId(hash('sha256', source, 'hex') as Hash), source }

/** Delivers a script and gives the whole outcome. */
export function outcomeOf(
  worker: Worker,
  script: string,
  answer: (text: string) => string = noAnswer,
  source = '',
): RawOutcome {
  return worker.deliver(script, codeOf(source), plenty, answer)
}

/** Delivers a script that must come to its end, and gives its text. */
export function run(
  worker: Worker,
  script: string,
  answer: (text: string) => string = noAnswer,
  source = '',
): string {
  const outcome = outcomeOf(worker, script, answer, source)
  if (outcome.kind !== 'done')
    throw new Error(`not done: ${outcome.kind === 'trapped' ? outcome.message : outcome.resource}`)
  return outcome.finish
}
