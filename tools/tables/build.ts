/** `npm run pages`: writes the pages of `docs/` that are made from the sources. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { planSchema } from '../../src/host/plans/planSchema.ts'
import { errorsPage } from './errors.ts'
import { limitsPage } from './limits.ts'
import { nodeMessagesPage } from './nodeMessages.ts'
import { vatOptionsPage } from './vatOptions.ts'

const root = join(import.meta.dirname, '..', '..')

/** The path of each page, and what makes its text. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorsPage,
  'docs/limits.md': limitsPage,
  'docs/vat-options.md': vatOptionsPage,
  'docs/wires/node-messages.md': nodeMessagesPage,
  'docs/wires/plan.schema.json': () => `${JSON.stringify(planSchema, null, 2)}\n`,
}

export function writePages(): void {
  for (const [path, text] of Object.entries(pages)) {
    writeFileSync(join(root, path), text())
    console.log(`wrote ${path}`)
  }
}

if (import.meta.main) writePages()
