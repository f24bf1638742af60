/**
 * Founding: what a new store begins with, besides its kernel.
 *
 * Fo1. Static vats are made in the order of the configuration and have started before the first block
 *      is committed. If one does not start, nothing is kept.
 * Fo2. `bootstrap` is the first message after that. It waits in the run-queue; the first run delivers it.
 */
import { CodedError } from '../base/errors.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import type { VatOptions } from '../protocol/inbox.ts'
import type { Rejection } from '../protocol/results.ts'
import { bundleVat } from './bundler/bundleVat.ts'
import type { BundledVat } from './bundler/bundleVat.ts'
import type { OwnCalls } from './calls.ts'
import type { Channels } from './channels.ts'
import { kernelNames, parametersOf } from './config.ts'
import type { CodeSource, StaticVat, StoreConfig } from './config.ts'
import { decodeValue, encodeValue, Remote } from './values.ts'

/** A configuration with its code read, as it goes to the machine. */
export interface Foundation {
  readonly bundles: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  readonly vats: readonly FoundedVat[]
  readonly ports: readonly string[]
  readonly bootstrap: string | null
}

interface FoundedVat {
  readonly name: string
  /** The name of one of the bundles, or code of its own. */
  readonly code: string | Uint8Array
  readonly parameters: CapData
  readonly options: VatOptions
}

/** Reads all code that the configuration names. What cannot be bundled is refused with its place. */
export async function readFoundation(config: StoreConfig): Promise<Foundation> {
  const bundles = []
  for (const [name, source] of Object.entries(config.bundles ?? {})) bundles.push({ name, bytes: (await codeOf(source, `bundles.${name}`)).bytes })
  const vats = []
  for (const [name, vat] of Object.entries(config.vats ?? {})) vats.push(await readVat(name, vat))
  return { bundles, vats, ports: config.ports ?? [], bootstrap: config.bootstrap ?? null }
}

async function readVat(name: string, vat: StaticVat): Promise<FoundedVat> {
  const { computronsPerDelivery, heapLimitBytes } = vat.creationOptions ?? {}
  return {
    name,
    code: vat.bundleName ?? (await codeOf(vat, `vats.${name}`)).bytes,
    parameters: parametersOf(vat, name),
    options: {
      ...(computronsPerDelivery === undefined ? {} : { computronsPerDelivery: String(computronsPerDelivery) }),
      ...(heapLimitBytes === undefined ? {} : { heapLimitBytes }),
    },
  }
}

async function codeOf({ sourceSpec, bundle }: CodeSource, path: string): Promise<BundledVat> {
  if (bundle !== undefined) return bundle
  try {
    return await bundleVat(sourceSpec ?? '')
  } catch (error) {
    if (error instanceof CodedError) throw new CodedError(error.code, `${path}.sourceSpec: ${error.message}`, { ...error.detail, path: `${path}.sourceSpec` })
    throw error
  }
}

/** What founding needs of the machine. */
type Founder = Pick<OwnCalls, 'installBundle' | 'createVat' | 'vat' | 'vatAdmin' | 'result' | 'forget' | 'run'>

/** Fo1, Fo2. */
export function found(machine: Founder, channels: Channels, { bundles, vats, ports, bootstrap }: Foundation): void {
  const ids = new Map(bundles.map(({ name, bytes }) => [name, machine.installBundle('vat', bytes, name).id]))
  for (const name of ports) channels.openPort(name)
  for (const { name, code, parameters, options } of vats) {
    const bundle = typeof code === 'string' ? ids.get(code) : machine.installBundle('vat', code, null).id
    startVat(machine, name, machine.createVat(name, bundle ?? '', parameters, options))
  }
  if (bootstrap === null) return
  const roots = vats.map(({ name }) => [name, new Remote(machine.vat(name).root, 'Alleged: root')] as const)
  const krefs = { vatAdmin: machine.vatAdmin(), timer: channels.timer() }
  const services = kernelNames.map((name) => [name, new Remote(krefs[name], `Alleged: ${name}`)] as const)
  const opened = ports.map((name) => [name, new Remote(channels.port(name).object, 'Alleged: port')] as const)
  const args = [Object.fromEntries([...roots, ...services]), Object.fromEntries(services), { ports: Object.fromEntries(opened) }]
  channels.bootstrap(machine.vat(bootstrap).root, encodeValue(['bootstrap', args]))
}

function startVat(machine: Founder, name: string, sequence: number): void {
  machine.run({ computrons: null, cranks: null, onCrank: 'nothing' })
  const result = machine.result(sequence)
  if (result.kind === 'fulfilled') return machine.forget(sequence)
  const reason = result.kind === 'rejected' ? (decodeValue(result.data) as Partial<Rejection>) : undefined
  const { code = 'start/never-settled', names = [], stack = '' } = reason?.reason ?? {}
  refuse('config/vat-refused', `vats.${name}: ${reason?.message ?? 'the vat has not started'}`, { path: `vats.${name}`, reason: code, names, stack })
}
