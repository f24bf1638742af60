/** Shrinks a failing script of a chain: blocks at the end, in the middle, then single transactions. */
import { assert } from '../../base/errors.ts'
import type { Script, ScriptBlock } from './script/script.ts'
import type { Verdict } from './trial.ts'

export type Bad = Extract<Verdict, { readonly kind: 'bad' }>

/** The smallest script that was found, and how it fails. */
export interface Shrunk {
  readonly script: Script
  readonly bad: Bad
  readonly trials: number
}

/** Identifies a failure: by the rule that found it, or the beginning of the error message. */
const signature = ({ findings }: Bad): string =>
  (findings[0] ?? '').split(/[:;]/)[0]?.replace(/\d+/g, 'n') ?? ''

/** `patience`: the maximum number of trials. */
export async function shrink(
  script: Script,
  bad: Bad,
  attempt: (script: Script) => Promise<Verdict>,
  patience: number,
): Promise<Shrunk> {
  let best: Shrunk = { script, bad, trials: 0 }
  let trials = 0
  const wanted = signature(bad)
  const accepts = async (blocks: readonly ScriptBlock[]): Promise<boolean> => {
    if (trials >= patience) return false
    trials += 1
    const verdict = await attempt({ ...script, blocks })
    if (verdict.kind === 'good' || signature(verdict) !== wanted) return false
    best = { script: { ...script, blocks }, bad: verdict, trials }
    return true
  }
  for (let cut = Math.floor(script.blocks.length / 2); cut >= 1; cut = Math.floor(cut / 2))
    while (best.script.blocks.length > cut && (await accepts(best.script.blocks.slice(0, -cut))));
  for (let at = best.script.blocks.length - 1; at >= 0; at -= 1) {
    if (best.script.blocks[at]?.entries.length !== 0) await accepts(emptied(best.script.blocks, at))
  }
  for (let at = 0; at < best.script.blocks.length; at += 1) {
    const count = best.script.blocks[at]?.entries.length ?? 0
    for (let entry = count - 1; entry >= 0; entry -= 1) await accepts(without(best.script.blocks, at, entry))
  }
  assert(trials <= patience, 'shrinking makes no more trials than it may')
  return { ...best, trials }
}

const emptied = (blocks: readonly ScriptBlock[], at: number): readonly ScriptBlock[] =>
  blocks.map((block, index) => (index === at ? { ...block, entries: [] } : block))

const without = (blocks: readonly ScriptBlock[], at: number, entry: number): readonly ScriptBlock[] =>
  blocks.map((block, index) =>
    index === at ? { ...block, entries: block.entries.filter((_, place) => place !== entry) } : block,
  )
