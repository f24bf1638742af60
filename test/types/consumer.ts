/**
 * A program of someone who uses Heirloom, type-checked as its author would: strict, modules as Node has them,
 * and every declaration file checked too.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { project } from './pages.ts'

/** Where the compiler finds `heirloom`: the declarations that a build of this project writes. */
const resolution = (): object => {
  const declarations = join(project, 'build', 'types')
  return {
    paths: {
      heirloom: [join(declarations, 'host', 'index.d.ts')],
      'heirloom/vat': [join(declarations, 'vat', 'index.d.ts')],
      'heirloom/testing': [join(declarations, 'testing', 'index.d.ts')],
      'heirloom/replay': [join(declarations, 'replay', 'index.d.ts')],
      'heirloom/client': [join(declarations, 'client', 'index.d.ts')],
      'heirloom/node': [join(declarations, 'node', 'index.d.ts')],
      'heirloom/rehearsal': [join(declarations, 'rehearsal', 'index.d.ts')],
    },
  }
}

/** Strict, and nothing more but what it takes to run TypeScript sources with Node. */
const strict = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  moduleDetection: 'force',
  types: ['node'],
  noEmit: true,
  allowImportingTsExtensions: true,
}

/** Further options that programs may have, under which the types must hold too. */
export const stricter = {
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: false,
}

export interface Program {
  /** Of the program, for its folder below `build`. */
  readonly name: string
  /** Path in the program → text. */
  readonly files?: Readonly<Record<string, string>>
  /** Files of the project that belong to it, as patterns. */
  readonly include?: readonly string[]
  readonly options?: object
}

/**
 * What the compiler finds, a line for each error: `vat.ts(3,5): error TS2322: …`. Empty when it accepts the
 * program.
 */
export async function typeErrors({
  name,
  files = {},
  include = [],
  options = {},
}: Program): Promise<readonly string[]> {
  const folder = join(project, 'build', 'programs', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const patterns = [
    ...(Object.keys(files).length > 0 ? ['**/*.ts'] : []),
    ...include.map((pattern) => join(project, pattern)),
  ]
  const config = { compilerOptions: { ...strict, ...resolution(), ...options }, include: patterns }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await buildDeclarations()
  const out = await compile(['--pretty', 'false', '-p', '.'], folder)
  return out.split('\n').filter((line) => /error TS\d+:/.test(line))
}

/** Writes the declarations of the project to `build/types`; quick when they are there. */
export const buildDeclarations = (): Promise<string> => compile(['-b', 'src/testing', 'src/replay', 'src/vat'], project)

async function compile(args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [join(project, 'node_modules', 'typescript', 'bin', 'tsc'), ...args],
    { cwd, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  await new Promise((resolve) => child.on('close', resolve))
  return out
}
