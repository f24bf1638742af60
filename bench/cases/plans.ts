/**
 * Upgrade plans: what one costs beside the same upgrades by hand, how well its rehearsal tells its time, and
 * what a rehearsal of 100 vats in a store of `--megabytes` takes, in a process of its own, while the store
 * goes on with questions and answers.
 */
import { execFile } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundleVat, type Controller } from 'heirloom'
import { planMs, rehearse } from 'heirloom/rehearsal'
import { sameKernel } from '../../test/kit/kernelVariants.ts'
import { withSpace } from '../../test/kit/bundles.ts'
import type { BenchCase, Figure } from '../case.ts'
import { inWorld, median, milliseconds, runBlocks, settle, type World } from '../world.ts'

const upgraded = 20
const rounds = 7
const many = 100
const textLength = 50_000
const textsPerMessage = 10
const questions = 200

/** The ids of a bundle of `vats/` and of the same with a space more. */
async function installTwice(controller: Controller, name: string): Promise<readonly [string, string]> {
  const bundle = await bundleVat(join(import.meta.dirname, '..', 'vats', `${name}.ts`))
  const { id } = await controller.installBundle(bundle)
  return [id, (await controller.installBundle(withSpace(bundle))).id]
}

async function makeVats(controller: Controller, bundle: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, number) => `made${number}`)
  for (const name of names) await settle(controller, await controller.createVat(name, bundle))
  await controller.commit()
  return names
}

const stepsFor = (vats: readonly string[], bundle: string): readonly object[] =>
  vats.map((vat) => ({ kind: 'vat', name: vat, vat, bundle }))

/** What the plan does, without one: each upgrade is run to its end, and a block is committed. */
async function byHand(controller: Controller, vats: readonly string[], bundle: string): Promise<void> {
  for (const vat of vats) {
    await settle(controller, await controller.upgradeVat(vat, bundle))
    await controller.commit()
  }
}

/** In turns, to and fro between two bundles. */
async function against({ controller, directory }: World): Promise<readonly Figure[]> {
  const [one, two] = await installTwice(controller, 'counter')
  const vats = await makeVats(controller, one, upgraded)
  const ratios: number[] = []
  const predictions: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const hand = await milliseconds(() => byHand(controller, vats, two))
    const plan = { id: `round ${round}`, steps: stepsFor(vats, one) }
    const report = await rehearse({ directory, plan })
    if (report.findings.length > 0) throw new Error(JSON.stringify(report.findings))
    const real = await milliseconds(() => controller.runPlan(plan))
    ratios.push(real / hand)
    predictions.push(planMs(report) / real)
  }
  return [
    { what: `a plan of ${upgraded} upgrades, against the same by hand`, value: median(ratios), unit: '×', aim: '≤ 1.2' },
    { what: '… what its rehearsal says of its time, against the real one', value: median(predictions), unit: '×', aim: '0.5 to 2' },
  ]
}

/** Fills the archives in turn until the file is so large. Half of what they say is in transcripts. */
async function fill({ controller, directory }: World, vats: readonly string[], megabytes: number): Promise<void> {
  const file = join(directory, 'heirloom.sqlite')
  for (let turn = 0; statSync(file).size < megabytes * 1e6; turn += 1) {
    await controller.sendOnly(vats[turn % vats.length] ?? '', 'keep', [textsPerMessage, textLength])
    if (turn % 10 !== 9) continue
    await controller.run()
    await controller.commit()
  }
  await controller.run()
  await controller.commit()
}

/** Questions and answers in a second, until `isOver`. */
async function throughput(controller: Controller, isOver: () => boolean): Promise<number> {
  const root = await controller.root('counter')
  const began = performance.now()
  let deliveries = 0
  do {
    await controller.sendOnly('asker', 'echoes', [root, questions])
    deliveries += await runBlocks(controller, 100)
  } while (!isOver())
  return (deliveries / (performance.now() - began)) * 1_000
}

const forSeconds = (seconds: number): (() => boolean) => {
  const end = performance.now() + seconds * 1_000
  return () => performance.now() > end
}

interface Rehearsed {
  readonly seconds: number
  readonly plan: number
  /** Seconds of all its threads. */
  readonly processor: number
  readonly peak: number
  readonly findings: readonly object[]
}

async function rehearseAside(directory: string, plan: object): Promise<Rehearsed> {
  const file = `${directory}.plan.json`
  writeFileSync(file, JSON.stringify(plan))
  const program = join(import.meta.dirname, '..', 'rehearsal.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [program, directory, file])
  const rehearsed = JSON.parse(stdout) as Rehearsed
  if (rehearsed.findings.length > 0) throw new Error(JSON.stringify(rehearsed.findings))
  return rehearsed
}

/** Beside a store that goes on. */
const large = (megabytes: number) => async (world: World): Promise<readonly Figure[]> => {
  const { controller, directory } = world
  const [one, two] = await installTwice(controller, 'archive')
  const vats = await makeVats(controller, one, many)
  const { id: kernel } = await controller.installKernel(await sameKernel())
  await fill(world, vats, megabytes)
  const steps = [{ kind: 'kernel', name: 'kernel', bundle: kernel }, ...stepsFor(vats, two)]
  const before = await throughput(controller, forSeconds(10))
  let isOver = false
  const rehearsal = rehearseAside(directory, { id: 'large', steps }).finally(() => { isOver = true })
  const during = await throughput(controller, () => isOver)
  const { seconds, plan, processor, peak } = await rehearsal
  const after = await throughput(controller, forSeconds(10))
  const lost = (1 - during / ((before + after) / 2)) * 100
  return [
    { what: `rehearsal of a plan for ${many} vats in a store of ${megabytes} MB`, value: seconds, unit: 's', aim: '' },
    { what: '… of that the plan itself', value: plan, unit: 's', aim: '' },
    { what: '… processor time', value: processor, unit: 's', aim: '' },
    { what: '… peak memory of the process', value: peak, unit: 'MiB', aim: '' },
    { what: '… deliveries that the store did fewer meanwhile', value: lost, unit: '%', aim: '' },
  ]
}

export const plans: BenchCase = {
  name: 'plans',
  async measure({ megabytes }) {
    return [...(await inWorld(against)), ...(await inWorld(large(megabytes)))]
  },
}
