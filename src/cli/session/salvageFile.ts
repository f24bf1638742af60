/** Reads a file written by `heirloom salvage --out`. The controller checks its content. */
import { readFileSync } from 'node:fs'
import type { Salvage } from '../../protocol/worker/salvage.ts'
import { refuseUsage } from '../args/arguments.ts'

export function readSalvageFile(file: string): Salvage {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Salvage
  } catch (error) {
    return refuseUsage(
      `--salvage: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
