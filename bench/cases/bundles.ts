/** Bundling a vat of many sources. What each byte costs must not depend on how many there are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleVat } from 'heirloom'
import type { BenchCase, Figure } from '../case.ts'
import { milliseconds } from '../world.ts'

const modules = 100
/**
 * Comments, types, templates, strings that SES rejects, regular expressions: what the bundler looks at token
 * by token.
 */
const plainFunction = (name: string, index: number): string =>
  `/** Function ${index}. */
export function ${name}(count: number, parts: readonly string[] = ['x<!--', \`t\${${index}}\`]): string {
  if (count > ${index}) return parts.map((part) => part + String(count)).join(', ')
  return /a+b/.test(String(count)) ? 'text of ${index}' : String(parts.length * ${index})
}
`
/** A use of a global that vats do not have, each of which the bundler looks up in the sources. */
const warnedFunction = (name: string, index: number): string =>
  `export const ${name} = (run: () => void): unknown => setTimeout(run, ${index})
`

interface Load {
  readonly what: string
  readonly functionsPerModule: number
  readonly makeFunction: (name: string, index: number) => string
  readonly aim: string
}
const loads: readonly Load[] = [
  { what: `bundle ${modules} sources`, functionsPerModule: 45, makeFunction: plainFunction, aim: '' },
  { what: `bundle ${modules} sources`, functionsPerModule: 92, makeFunction: plainFunction, aim: '< 5' },
  {
    what: `bundle ${modules} sources that use a host global in every function`,
    functionsPerModule: 200,
    makeFunction: warnedFunction,
    aim: '< 5',
  },
]

function writeSources(directory: string, { functionsPerModule, makeFunction }: Load): string {
  const names = Array.from({ length: modules }, (_, index) => `m${index}`)
  for (const name of names) {
    const functions = Array.from({ length: functionsPerModule }, (_, index) =>
      makeFunction(`${name}_${index}`, index),
    )
    writeFileSync(join(directory, `${name}.ts`), functions.join(''))
  }
  const imports = names.map((name) => `import * as ${name} from './${name}.ts'\n`)
  const entry = join(directory, 'vat.ts')
  writeFileSync(join(directory, 'package.json'), '{ "name": "load", "type": "module" }\n')
  writeFileSync(entry, `${imports.join('')}export const buildRootObject = () => ({ ${names.join(', ')} })\n`)
  return entry
}

async function bundleLoad(load: Load): Promise<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'heirloom-bench-'))
  try {
    const entry = writeSources(directory, load)
    let bytes = 0
    const spent = await milliseconds(async () => {
      bytes = (await bundleVat(entry)).bytes.length
    })
    return {
      what: `${load.what} to ${(bytes / 1e6).toPrecision(2)} MB`,
      value: spent / 1000,
      unit: 's',
      aim: load.aim,
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export const bundles: BenchCase = {
  name: 'bundles',
  async measure() {
    const figures: Figure[] = []
    for (const load of loads) figures.push(await bundleLoad(load))
    return figures
  },
}
