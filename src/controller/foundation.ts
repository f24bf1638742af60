/** A configuration with all its code read: plain data, as sent to the machine. */
import { CodedError } from '../base/errors.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { VatOptions } from '../protocol/inbox.ts'
import { bundleVat } from './bundler/bundleVat.ts'
import type { BundledVat } from './bundler/bundleVat.ts'
import { installable, readEndoBundle } from './bundler/endoBundle.ts'
import type { EndoBundle } from './bundler/endoBundle.ts'
import type { BundleWarning } from './bundler/problems.ts'
import { creationOf, parametersOf } from './config.ts'
import type { CodeSource, StaticVat, StoreConfig } from './config.ts'
import type { MadeOfBundle } from './installing.ts'
import { engineNames } from './release/engineNames.ts'
import type { EngineName } from './release/engineNames.ts'
import { workerCode } from './release/release.ts'
import type { WorkerCode } from './release/worker.ts'
import { mapOfBundle } from './stacks.ts'

/** A warning of a source that a configuration names. */
export interface ConfigWarning extends BundleWarning {
  /** Where the configuration names the source, such as `vats.alice.sourceSpec`. */
  readonly path: string
}

export interface Foundation {
  readonly bundles: readonly { readonly name: string; readonly code: FoundedCode }[]
  readonly vats: readonly FoundedVat[]
  readonly ports: readonly string[]
  /** Workers of engines besides the one on which all vats start. */
  readonly workers: readonly { readonly name: EngineName; readonly code: WorkerCode }[]
  readonly bootstrap: string | null
  readonly warnings: readonly ConfigWarning[]
}

/** A bundle, with its source map in stored form. */
export interface FoundedCode {
  readonly bytes: Uint8Array
  readonly map: Uint8Array | null
  readonly made: MadeOfBundle
  readonly warnings: readonly ConfigWarning[]
}

interface FoundedVat {
  readonly name: string
  /** A bundle's name, or the vat's own code. */
  readonly code: string | FoundedCode
  readonly parameters: CapData
  readonly options: Omit<VatOptions, 'worker'>
  /** Engine of one of the foundation's workers; null: the one on which all vats start. */
  readonly engine: EngineName | null
}

/** Reads all code that the configuration names. Failures to bundle are refused with their place. */
export async function readFoundation(config: StoreConfig): Promise<Foundation> {
  const bundles = []
  for (const [name, source] of Object.entries(config.bundles ?? {}))
    bundles.push({ name, code: await codeOf(source, `bundles.${name}`) })
  const usual = config.engine ?? engineNames[0]
  const vats: FoundedVat[] = []
  for (const [name, vat] of Object.entries(config.vats ?? {})) vats.push(await readVat(name, vat, usual))
  const engines = engineNames.filter((name) => vats.some(({ engine }) => engine === name))
  const workers = await Promise.all(engines.map(async (name) => ({ name, code: await workerCode(name) })))
  const codes = [
    ...bundles.map(({ code }) => code),
    ...vats.flatMap(({ code }) => (typeof code === 'string' ? [] : [code])),
  ]
  return {
    bundles,
    vats,
    ports: config.ports ?? [],
    workers,
    bootstrap: config.bootstrap ?? null,
    warnings: codes.flatMap(({ warnings }) => warnings),
  }
}

async function readVat(name: string, vat: StaticVat, usual: EngineName): Promise<FoundedVat> {
  const { options, engine } = creationOf(vat, name)
  return {
    name,
    code: vat.bundleName ?? (await codeOf(vat, `vats.${name}`)),
    parameters: parametersOf(vat, name),
    options,
    engine: engine === usual ? null : engine,
  }
}

async function codeOf({ sourceSpec, bundleSpec, bundle }: CodeSource, path: string): Promise<FoundedCode> {
  if (bundle !== undefined) return within(`${path}.bundle`, () => foundedCode(bundle))
  if (bundleSpec !== undefined)
    return within(`${path}.bundleSpec`, async () => foundedCode(await readEndoBundle(bundleSpec)))
  const place = `${path}.sourceSpec`
  return within(place, async () => {
    const bundled = await bundleVat(sourceSpec ?? '')
    return {
      ...(await foundedCode(bundled)),
      warnings: bundled.warnings.map((warning) => ({ ...warning, path: place })),
    }
  })
}

async function foundedCode(bundle: BundledVat | EndoBundle): Promise<FoundedCode> {
  const { bytes, ...made } = await installable(bundle)
  return { bytes, map: mapOfBundle(bundle), made, warnings: [] }
}

/** Failures to bundle or read are refused with their place. */
async function within(path: string, read: () => Promise<FoundedCode>): Promise<FoundedCode> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof CodedError)
      throw new CodedError(error.code, `${path}: ${error.message}`, { ...error.detail, path })
    throw error
  }
}
