/** What `heirloom salvage --out` wrote, read back. Whether it is as it should be, the controller checks. */
import { readFileSync } from 'node:fs'
import type { Salvage } from '../controller/index.ts'
import { usage } from './words.ts'

export function readSalvage(file: string): Salvage {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Salvage
  } catch (error) {
    return usage(`--salvage: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
