/**
 * Kills the process that runs a plan, and starts another one, until the plan is over.
 *
 * Kil1. A kill is a SIGKILL of a process of its own: nothing is closed, written or waited for.
 * Kil2. Kills at boundaries come after each block of the plan. Others come at random moments of the run; the
 *       moments are shares of the time that the plan took, from a seed.
 * Kil3. The plan must end as without kills: the same state, the same reports, as many deliveries to each vat,
 *       and the same activity hash. So nothing was lost, and nothing done twice.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { sha256 } from '../../hashing/sha256.ts'
import { threadUrl } from '../../host/threads/threadUrl.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import type { Finding } from '../findings.ts'
import type { Stage } from '../stage.ts'
import type { LifeLine, LifeOrder, PlanEnd } from './lifeMessages.ts'

/** How often the plan was interrupted by a kill. */
export interface Kills {
  /** At the end of a block. */
  readonly atBoundaries: number
  /** At random moments. */
  readonly within: number
  readonly seed: number
}

export interface KilledRuns {
  readonly kills: Kills
  readonly findings: readonly Finding[]
}

/** How a plan is to be interrupted. */
export interface KillChoices {
  readonly atBoundaries: boolean
  /** How many kills at random moments. */
  readonly within: number
  readonly seed: number
}

/** The run without kills. `ms`: how long it took. */
export interface Expected extends PlanEnd {
  readonly ms: number
}

interface Scene {
  readonly stage: Stage
  readonly plan: Plan
  readonly expected: Expected
  readonly onKill: (kills: Kills) => void
}

export async function killAndRestart(scene: Scene, choices: KillChoices): Promise<KilledRuns> {
  const { seed } = choices
  let kills: Kills = { atBoundaries: 0, within: 0, seed }
  const add = (which: 'atBoundaries' | 'within'): void => {
    kills = { ...kills, [which]: kills[which] + 1 }
    scene.onKill(kills)
  }
  const findings: Finding[] = []
  if (choices.atBoundaries) findings.push(...(await killAtBoundaries(scene, () => add('atBoundaries'))))
  // A moment may come after the plan is over; then it begins anew on another fork.
  for (let run = 0; kills.within < choices.within && run < 2 * choices.within + 2; run += 1)
    findings.push(
      ...(await killAtMoments(scene, run, {
        wanted: () => choices.within - kills.within,
        share: () => shareOf(seed, run, kills.within),
        onKill: () => add('within'),
      })),
    )
  return { kills, findings }
}

/** Kil2. */
async function killAtBoundaries(scene: Scene, onKill: () => void): Promise<readonly Finding[]> {
  const directory = scene.stage.fork('killed')
  for (;;) {
    const end = await live(scene, directory, 'hold', (line, kill) => {
      if (line.kind === 'block') kill()
    })
    if (end.kind !== 'killed') return findingsOf(scene, directory, end)
    onKill()
  }
}

interface Moments {
  /** How many kills are left. */
  readonly wanted: () => number
  /** A number from 0 to 1. */
  readonly share: () => number
  readonly onKill: () => void
}

/** One run of the plan from its beginning to its end. */
async function killAtMoments(scene: Scene, run: number, moments: Moments): Promise<readonly Finding[]> {
  const directory = scene.stage.fork(`killed-${run}`)
  for (;;) {
    let timer: NodeJS.Timeout | undefined
    const end = await live(scene, directory, 'go-on', (line, kill) => {
      if (line.kind === 'opened' && moments.wanted() > 0)
        timer = setTimeout(kill, moments.share() * scene.expected.ms)
    })
    clearTimeout(timer)
    if (end.kind !== 'killed') return findingsOf(scene, directory, end)
    moments.onKill()
  }
}

/** From 0 to 1; the same for the same numbers. */
const shareOf = (...numbers: readonly number[]): number =>
  Number.parseInt(sha256(numbers.join(' ')).slice(0, 8), 16) / 2 ** 32

type Over = Extract<LifeLine, { kind: 'over' | 'refused' }>
type LifeEnd = Over | { readonly kind: 'killed' } | { readonly kind: 'died'; readonly message: string }

/** Kil1. Runs the plan in a process until it is over, or is killed. */
async function live(
  { stage, plan }: Scene,
  directory: string,
  afterBlock: LifeOrder['afterBlock'],
  onLine: (line: LifeLine, kill: () => void) => void,
): Promise<LifeEnd> {
  const file = join(stage.place, 'order.json')
  const order: LifeOrder = { directory, plan, trust: stage.trust, afterBlock }
  writeFileSync(file, JSON.stringify(order))
  const program = fileURLToPath(threadUrl(import.meta.url, 'life'))
  const child = spawn(process.execPath, [program, file], { stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let over: Over | undefined
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-2_000)
  })
  for await (const text of createInterface(child.stdout)) {
    const line = readLine(text)
    if (line === undefined) continue
    if (line.kind === 'over' || line.kind === 'refused') over = line
    onLine(line, () => child.kill('SIGKILL'))
  }
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null]
  if (over !== undefined) return over
  if (signal === 'SIGKILL') return { kind: 'killed' }
  return { kind: 'died', message: `${signal ?? `exit code ${code}`}: ${errors.trim()}` }
}

/** Undefined for what a process did not write to its end. */
function readLine(text: string): LifeLine | undefined {
  try {
    return JSON.parse(text) as LifeLine
  } catch {
    return undefined
  }
}

/** Kil3. The part of an end that must be the same. */
const compared = ({ state, reports, figures, end }: PlanEnd): PlanEnd => ({ state, reports, figures, end })

function findingsOf(
  { stage, plan, expected }: Scene,
  directory: string,
  end: LifeEnd,
): readonly Finding[] {
  stage.remove(directory)
  const difference = differenceOf(expected, end)
  return difference === null
    ? []
    : [{ code: 'interrupted-differs', subject: plan.id, message: difference }]
}

function differenceOf(wanted: PlanEnd, found: LifeEnd): string | null {
  if (found.kind === 'refused') return `it cannot go on: ${found.code}: ${found.message}`
  if (found.kind === 'died') return `its process ends by itself: ${found.message}`
  if (found.kind === 'killed') return null
  const [one, other] = [plain(compared(wanted)), plain(compared(found))]
  if (one.state !== other.state) return `it is ${other.state}, and ${one.state} without interruptions`
  const rows = [...pairs(one.reports, other.reports), ...pairs(one.figures, other.figures)]
  const row = rows.find(([mine, theirs]) => !isDeepStrictEqual(mine, theirs))
  if (row !== undefined)
    return `interrupted it has ${JSON.stringify(row[1])}, and without interruptions ${JSON.stringify(row[0])}`
  if (one.end === other.end) return null
  return `the store ends with the activity hash ${other.end}, and without interruptions with ${one.end}`
}

const pairs = (one: readonly object[], other: readonly object[]): readonly (readonly [unknown, unknown])[] =>
  Array.from({ length: Math.max(one.length, other.length) }, (_, index) => [one[index], other[index]])

/** As it is when it has crossed as JSON. */
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value
