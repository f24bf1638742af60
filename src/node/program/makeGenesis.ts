/** Makes a genesis: the configuration of a store, with the sources of its vats bundled into it. */
import { readFileSync } from 'node:fs'
import { isRecord } from '../../base/guards.ts'
import { bundleVat } from '../../bundler/bundleVat.ts'
import { loadConfig, type CodeSource, type StoreConfig } from '../../host/config/config.ts'
import type { BundleWarning } from '../../protocol/bundle/warning.ts'
import { refuse } from '../../protocol/codes.ts'
import type { JsonValue, MemberWeight } from '../../protocol/node/fields.ts'
import type { Genesis } from '../../protocol/node/genesis.ts'
import { readGenesis } from '../application/genesis.ts'

/** What a chain begins with. */
export interface ChainOptions {
  readonly chain: string
  /** The path of the configuration of a store, as JSON; default: a store without vats. */
  readonly config?: string
  readonly members: readonly MemberWeight[]
  readonly accounts?: Genesis['accounts']
  readonly parameters?: Genesis['parameters']
  /** Vats whose roots every account may send to, by name. */
  readonly published?: Genesis['published']
  /** Milliseconds since 1970; default: now. */
  readonly time?: number
  /** Default: 1. */
  readonly initialHeight?: number
}

export interface MadeGenesis {
  readonly genesis: Genesis
  readonly warnings: readonly BundleWarning[]
}

type Bundles = Record<string, { readonly source: string }>

/** @throws CodedError `config/…`, `bundle/…`, `node/bad-genesis` */
export async function makeGenesis(options: ChainOptions): Promise<MadeGenesis> {
  const { chain, config, members, accounts = [], parameters = {}, published = {} } = options
  const made = config === undefined ? { kernel: {}, bundles: {}, warnings: [] } : await bundled(config)
  const genesis = readGenesis({
    chain,
    time: options.time ?? Date.now(),
    initialHeight: options.initialHeight ?? 1,
    accounts,
    members,
    parameters,
    kernel: made.kernel,
    published,
    bundles: made.bundles,
  })
  return { genesis, warnings: made.warnings }
}

/** The file as it is, except that each vat names a bundle of the genesis. */
async function bundled(path: string) {
  const config = loadConfig(path)
  const { bundles: _sources, ...kernel } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, JsonValue>
  const bundles: Bundles = {}
  const warnings: BundleWarning[] = []
  const add = async (name: string, place: string, source: CodeSource): Promise<void> => {
    const { source: text, warnings: more } = await bundleVat(sourceOf(source, place))
    bundles[name] = { source: text }
    warnings.push(...more)
  }
  for (const [name, source] of Object.entries(config.bundles ?? {})) await add(name, `bundles.${name}`, source)
  const vats: Record<string, JsonValue> = {}
  for (const [name, vat] of Object.entries(config.vats ?? {})) {
    const { sourceSpec: _path, ...entry } = vatIn(kernel, name)
    if (vat.bundleName !== undefined) {
      vats[name] = entry
      continue
    }
    const bundleName = freeName(name, config)
    await add(bundleName, `vats.${name}`, vat)
    vats[name] = { ...entry, bundleName }
  }
  return { kernel: { ...kernel, ...(config.vats === undefined ? {} : { vats }) }, bundles, warnings }
}

function sourceOf({ sourceSpec }: CodeSource, place: string): string {
  return (
    sourceSpec ??
    refuse('config/invalid', `${place}: a genesis has scripts only; give a sourceSpec, or upload the bundle`, {
      path: place,
    })
  )
}

function vatIn({ vats }: Readonly<Record<string, JsonValue>>, name: string): Record<string, JsonValue> {
  const vat: unknown = isRecord(vats) ? vats[name] : undefined
  return isRecord(vat) ? { ...(vat as Record<string, JsonValue>) } : {}
}

function freeName(vat: string, { bundles = {} }: StoreConfig): string {
  let name = vat
  while (Object.hasOwn(bundles, name)) name = `${name}-vat`
  return name
}
