/** The files of a new app: those of `templates/app`, with the names of the app and of the release in them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from '../../protocol/codes.ts'
import { templates } from '../templates.ts'

export interface AppFile {
  /** Relative to the folder of the app, with `/`. */
  readonly path: string
  readonly text: string
}

/**
 * By the path in the app, the file in the template. Some have other names there: npm and git would take them
 * for files of this package.
 */
const sources = {
  'README.md': 'README.md',
  'package.json': 'package.template.json',
  'tsconfig.json': 'tsconfig.json',
  'config.json': 'config.json',
  '.gitignore': 'gitignore',
  '.github/workflows/test.yml': 'test.yml',
  'vats/bank.ts': 'vats/bank.ts',
  'vats/bank-v2.ts': 'vats/bank-v2.ts',
  'vats/shop.ts': 'vats/shop.ts',
  'test/shop.test.ts': 'test/shop.test.ts',
} as const satisfies Readonly<Record<string, string>>

/** The name becomes that of a package: letters, digits and `.`, `_`, `-`, as npm takes them. */
const nameForm = /^[a-z0-9][a-z0-9._-]{0,213}$/
/** Packages of these names cannot exist, or cannot use Heirloom. */
const reserved: readonly string[] = ['node_modules', 'favicon.ico', 'heirloom']

/** @throws CodedError `app/bad-name` */
export function checkAppName(name: string): void {
  if (reserved.includes(name) || !nameForm.test(name))
    refuse(
      'app/bad-name',
      `${JSON.stringify(name)} cannot be the name of an app: it is the name of its package, too`,
      { name },
    )
}

export const appFiles = (name: string, version: string): readonly AppFile[] =>
  Object.entries(sources).map(([path, source]) => ({
    path,
    text: readFileSync(join(templates, 'app', source), 'utf8')
      .replaceAll('{{name}}', name)
      .replaceAll('{{version}}', version),
  }))
