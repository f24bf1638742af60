/** Vats over unmodified packages of npm: each is a file in `fixtures/`. */
import { join } from 'node:path'

export const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', `${name}.ts`)
