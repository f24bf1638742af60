/** A configuration with all its code read: plain data, as sent to the machine. */
import { assert, CodedError } from '../../base/errors.ts'
import { bundleVat, type BundledVat } from '../../bundler/bundleVat.ts'
import { installable, readEndoBundle, type EndoBundle } from '../../bundler/endoBundle.ts'
import { creationOf, parametersOf, type CodeSource, type StaticVat, type StoreConfig } from './config.ts'
import { engineNames, type EngineName } from '../../protocol/worker/engineNames.ts'
import { loaderBytes, workerCode } from '../../release/release.ts'
import { mapOfBundle } from '../../machine/stacks/stacks.ts'
import type { InitialContents, InitialCode, InitialVat } from '../../protocol/machine/genesis.ts'

/** Reads all code that the configuration names. Failures to bundle are refused with their place. */
export async function readContents(config: StoreConfig): Promise<InitialContents> {
  const bundles = []
  for (const [name, source] of Object.entries(config.bundles ?? {}))
    bundles.push({ name, code: await codeOf(source, `bundles.${name}`) })
  const usual = config.engine ?? engineNames[0]
  const vats: InitialVat[] = []
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

async function readVat(name: string, vat: StaticVat, usual: EngineName): Promise<InitialVat> {
  const { options, engine } = creationOf(vat, name)
  return {
    name,
    code: vat.bundleName ?? (await codeOf(vat, `vats.${name}`)),
    parameters: parametersOf(vat, name),
    options,
    engine: engine === usual ? null : engine,
  }
}

async function codeOf({ sourceSpec, bundleSpec, bundle }: CodeSource, path: string): Promise<InitialCode> {
  if (bundle !== undefined) return within(`${path}.bundle`, () => initialCode(bundle))
  if (bundleSpec !== undefined)
    return within(`${path}.bundleSpec`, async () => initialCode(await readEndoBundle(bundleSpec)))
  assert(sourceSpec !== undefined, 'a checked source names its code in one way')
  const place = `${path}.sourceSpec`
  return within(place, async () => {
    const bundled = await bundleVat(sourceSpec)
    return {
      ...(await initialCode(bundled)),
      warnings: bundled.warnings.map((warning) => ({ ...warning, path: place })),
    }
  })
}

async function initialCode(bundle: BundledVat | EndoBundle): Promise<InitialCode> {
  const { bytes, ...made } = await installable(bundle, loaderBytes)
  return { bytes, map: mapOfBundle(bundle), made, warnings: [] }
}

/** Failures to bundle or read are refused with their place. */
async function within(path: string, read: () => Promise<InitialCode>): Promise<InitialCode> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof CodedError)
      throw new CodedError(error.code, `${path}: ${error.message}`, { ...error.detail, path })
    throw error
  }
}
