/**
 * `node child.ts SYSTEM BUNDLES ROW PHASE DIRECTORY SIZE`: one phase of one row, and its figures as the last
 * line of the output, as JSON. BUNDLES is a file that the system reads.
 */
import { rows } from './rows.ts'
import type { System, SystemName } from './system.ts'

const systems: Readonly<Record<SystemName, (bundles: string) => Promise<System>>> = {
  heirloom: async (bundles) => (await import('./systems/heirloom.ts')).heirloom(bundles),
  'swingset-v8': async (bundles) => (await import('./systems/swingset.ts')).swingset('local', bundles),
  'swingset-xs': async (bundles) => (await import('./systems/swingset.ts')).swingset('xsnap', bundles),
}

const [, , name, bundles, wanted, phase, directory, size] = process.argv
const row = rows.find((one) => one.name === wanted)
const run = row?.phases[Number(phase)]
if (run === undefined || directory === undefined || bundles === undefined)
  throw new Error(`there is no phase ${phase} of a row ${wanted}`)
const system = await systems[name as SystemName](bundles)
const figures = await run({ system, name: name as SystemName, directory, size: Number(size) })
console.log(JSON.stringify(figures))
