/** `heirloom install`: bundles the code of a vat, a function or a salvage, and installs it under a label. */
import { assert } from '../../base/errors.ts'
import { basename } from 'node:path'
import {
  bundleFunction,
  bundleSalvage,
  bundleVat,
  CodedError,
  readEndoBundle,
  type BundledVat,
  type BundleOptions,
  type Controller,
  type EndoBundle,
  type Loaders,
} from '../../host/index.ts'
import type { BundleWarning } from '../../protocol/bundle/warning.ts'
import { isPortName } from '../../protocol/host/names.ts'
import { warningText } from '../output/bundleWarning.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { refuseUsage, type ParsedArgs } from '../args/arguments.ts'

export const install: Verb = {
  name: 'install',
  summary: 'bundles code for vats and installs it in the store',
  details: [
    'The entry and all its imports become one bundle, named by its hash; the label refers to it.',
    'A label moves to its latest bundle; existing vats keep their code.',
  ].join('\n'),
  operands: [
    { name: 'label', description: 'a name for the bundle: letters, digits, dots, dashes, underscores' },
    {
      name: 'entry',
      description:
        'a TypeScript or JavaScript file that exports buildRootObject, or the .json of a bundle that vats read',
    },
  ],
  rest: 'none',
  options: {
    function: {
      kind: 'flag',
      description: 'the default export of the entry is a function, for live vats to install',
    },
    salvage: {
      kind: 'flag',
      description: "the entry exports salvage, which searches a copy of a vat's heap",
    },
    root: {
      kind: 'text',
      placeholder: 'DIR',
      description:
        "sources may import files below this directory by path (default: the directory of the entry's package.json)",
    },
    loader: {
      kind: 'text',
      placeholder: '.EXT=HOW',
      description:
        'how to read files that are neither code nor JSON: text, json, binary, base64 or dataurl; separate several by commas',
    },
  },
  examples: [
    'heirloom install issuer vats/issuer.ts',
    'heirloom install --function fees fees.ts',
    'heirloom install --salvage lost-orders lost-orders.ts',
    'heirloom install terms --root . --loader .txt=text packages/terms/vat.ts',
    'heirloom install auction bundle-auction.json',
  ],
  async run(args, io) {
    const label = args.operand('label')
    if (!isPortName(label))
      refuseUsage(
        `${JSON.stringify(label)} cannot be a label: it is 1 to 64 letters, digits, dots, dashes or underscores, and begins with a letter`,
      )
    const { bundle, inputs, warnings } = await bundleOf(
      args.operand('entry'),
      entryKindOf(args),
      optionsOf(args),
    )
    return withController(args, io, {}, async (controller) => {
      const before = await bundleNamed(controller, label)
      const { id, size } = await controller.installBundle(bundle, label)
      assert(size > 0, 'a bundle has bytes')
      const change = before === undefined ? 'new' : before === id ? 'same' : 'moved'
      if (change !== 'same') await controller.commit()
      const contents = `${formatCount(size)} bytes from ${pluralize(inputs.length, 'file')}`
      return {
        kind: 'done',
        json: {
          label,
          bundle: id,
          bytes: size,
          inputs: [...inputs],
          change,
          warnings: warnings.map((warning) => ({ ...warning })),
        },
        text: [`${label} ${changeText[change]} ${id} (${contents})`, ...warnings.map(warningText)].join('\n'),
      }
    })
  },
}

/** The kind of the entry's export. */
type EntryKind = 'vat' | 'function' | 'salvage'

const bundlers = {
  vat: bundleVat,
  function: bundleFunction,
  salvage: bundleSalvage,
} as const satisfies Record<EntryKind, unknown>

function entryKindOf(args: ParsedArgs): EntryKind {
  if (args.flag('function') && args.flag('salvage'))
    refuseUsage('an entry is installed with --function or with --salvage, not with both')
  return args.flag('function') ? 'function' : args.flag('salvage') ? 'salvage' : 'vat'
}

interface BundledEntry {
  readonly bundle: BundledVat | EndoBundle
  /** The bundled files. */
  readonly inputs: readonly string[]
  readonly warnings: readonly BundleWarning[]
}

async function bundleOf(entry: string, kind: EntryKind, options: BundleOptions): Promise<BundledEntry> {
  if (entry.endsWith('.json') && kind !== 'vat')
    refuseUsage(`--${kind} takes the source of one; a .json is installed without it`)
  if (entry.endsWith('.json'))
    return { bundle: await readEndoBundle(entry), inputs: [basename(entry)], warnings: [] }
  const bundle = await bundlers[kind](entry, options)
  return { bundle, inputs: bundle.inputs, warnings: bundle.warnings }
}

function optionsOf(args: ParsedArgs): BundleOptions {
  const root = args.text('root')
  const loader = args.text('loader')
  return {
    ...(root === undefined ? {} : { root }),
    ...(loader === undefined ? {} : { loaders: loadersOf(loader) }),
  }
}

/** `.txt=text,.wasm=binary`. The bundler checks extensions and loaders. */
function loadersOf(text: string): Loaders {
  const pairs = text.split(',').map((pair) => {
    const [extension, loader, more] = pair.split('=')
    if (loader === undefined || more !== undefined)
      refuseUsage(
        `--loader takes an extension and how it is read, such as .txt=text, not ${JSON.stringify(pair)}`,
      )
    return [extension, loader]
  })
  return Object.fromEntries(pairs) as Loaders
}


const changeText = { new: 'is', same: 'is already', moved: 'is now' } as const

async function bundleNamed(controller: Controller, label: string): Promise<string | undefined> {
  try {
    return await controller.bundleNamed(label)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'bundle/unknown') return undefined
    throw error
  }
}
