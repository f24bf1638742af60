/**
 * How fast a machine runs vats: a fixed small workload on the engine of this release, in milliseconds.
 *
 * Cal1. The workload, its computrons and its outcome are the same on every machine; only the time differs. It
 *       is the shortest of a few: the others waited for something.
 *
 * An operator multiplies the times of a rehearsal by the figure of the other machine over that of this one.
 */
import { assert } from '../base/errors.ts'
import { compileEngine } from '../engine/engine.ts'
import { buildImage, type Image } from '../engine/image.ts'
import { Worker } from '../engine/worker.ts'
import { engineNames, type EngineName } from '../protocol/worker/engineNames.ts'
import { codeId, workerCode } from '../release/release.ts'

/** The speed of a machine. */
export interface Calibration {
  readonly engine: EngineName
  /** Of the workload; decimal digits. */
  readonly computrons: string
  /** Wall time of the workload, in milliseconds. */
  readonly ms: number
}

/** Calls, objects, texts and sorting, as vats do. */
const workload = `
const make = (n) => ({ n, text: 'item ' + n, next: () => n + 1 })
const work = () => {
  const kept = new Map()
  let sum = 0
  for (let n = 0; n < 4000; n += 1) {
    const item = make(n)
    kept.set(item.text, item)
    sum += item.next() + item.text.length
  }
  return sum + [...kept.keys()].sort().length
}
let sum = 0
globalThis.hostEntries = { dispatch: () => { sum = work() }, finish: () => String(sum) }
`
const outcome = '8040890'
const rounds = 5
const heapLimitPages = 1_024
const limits = { computrons: 2_000_000_000n } as const

/** Cal1. */
export async function calibrate(): Promise<Calibration> {
  const [engine] = engineNames
  const { engine: bytes } = await workerCode(engine)
  const image = buildImage(compileEngine(bytes, codeId(bytes)), workload)
  const times: number[] = []
  let computrons = 0n
  for (let round = 0; round < rounds; round += 1) {
    const { ms, spent } = timeOnce(image)
    times.push(ms)
    assert(round === 0 || spent === computrons, 'the workload is always the same (Cal1)')
    computrons = spent
  }
  return { engine, computrons: String(computrons), ms: Math.min(...times) }
}

function timeOnce(image: Image): { readonly ms: number; readonly spent: bigint } {
  const worker = Worker.start(image, heapLimitPages)
  const began = performance.now()
  const done = worker.deliver('', null, limits, () => '')
  const ms = performance.now() - began
  assert(done.kind === 'done' && done.finish === outcome, 'the workload has its outcome (Cal1)')
  worker.discard()
  return { ms, spent: done.computrons }
}
