/** Reads a genesis, and makes a store of it: the same on every node. */
import { hash } from 'node:crypto'
import { isCount, isRecord } from '../../base/guards.ts'
import { configOfJson, type StoreConfig } from '../../host/config/config.ts'
import { openController } from '../../host/open.ts'
import type { Controller } from '../../host/controller.ts'
import type { OpenOptions } from '../../host/config/options.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Genesis } from '../../protocol/node/genesis.ts'
import { canonicalJson } from '../../protocol/node/transaction.ts'
import { isParameterName, parameterTable } from '../../protocol/node/parameters.ts'
import { isAddress, isAmount, isName } from '../transactions/fields.ts'

const fields = [
  'chain',
  'time',
  'initialHeight',
  'accounts',
  'members',
  'parameters',
  'kernel',
  'published',
  'bundles',
] as const satisfies readonly (keyof Genesis)[]

/** SHA-256 of the genesis in its canonical form. */
export const hashOfGenesis = (genesis: Genesis): string => hash('sha256', canonicalJson(genesis))

/** Reads a genesis file, or its parsed content. Throws `node/bad-genesis` with the path of the first flaw. */
export function readGenesis(given: unknown): Genesis {
  const content = typeof given === 'string' ? parsed(given) : given
  const value = content
  if (!isRecord(value)) return flaw('', 'a genesis is a record')
  for (const name of Object.keys(value))
    if (!(fields as readonly string[]).includes(name)) flaw(name, 'not a field of a genesis')
  const { chain, time, initialHeight, accounts, members, parameters, published, bundles } = value
  if (!isName(chain)) flaw('chain', 'must be a name: 1 to 64 letters, digits, dots, dashes or underscores')
  if (!isCount(time)) flaw('time', 'must be a time: milliseconds since 1970')
  if (!isCount(initialHeight) || initialHeight < 1) flaw('initialHeight', 'must be a height: 1 or more')
  checkEach(accounts, 'accounts', 'balance', isAmount)
  checkEach(members, 'members', 'weight', (weight) => isCount(weight) && weight >= 1 && weight <= 1_000_000_000)
  if ((members as unknown[]).length === 0) flaw('members', 'must have at least one member')
  for (const [name, number] of entriesOf(parameters, 'parameters')) checkParameter(name, number)
  for (const [name, vat] of entriesOf(published, 'published'))
    if (!isName(name) || !isName(vat)) flaw(`published.${name}`, 'must be the name of a vat, under a name')
  for (const [name, bundle] of entriesOf(bundles, 'bundles'))
    if (!isRecord(bundle) || typeof bundle['source'] !== 'string' || Object.keys(bundle).length !== 1)
      flaw(`bundles.${name}`, 'must be { source }')
  checkKernel(value['kernel'], bundles as Genesis['bundles'])
  return content as Genesis
}

const flaw = (path: string, message: string): never =>
  refuse('node/bad-genesis', `${path === '' ? '' : `${path}: `}${message}`, { path })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return flaw('', `not JSON: ${(error as Error).message}`)
  }
}

function entriesOf(value: unknown, path: string): readonly [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : flaw(path, 'must be a record')
}

function checkEach(list: unknown, path: string, field: string, holds: (value: unknown) => boolean): void {
  if (!Array.isArray(list)) return flaw(path, 'must be a list')
  const seen = new Set<unknown>()
  for (const [index, entry] of (list as unknown[]).entries()) {
    const place = `${path}[${index}]`
    if (!isRecord(entry) || Object.keys(entry).length !== 2) return flaw(place, `must be { address, ${field} }`)
    if (!isAddress(entry['address'])) flaw(`${place}.address`, 'must be an address: h1 and 40 hexadecimal digits')
    if (!holds(entry[field])) flaw(`${place}.${field}`, 'out of its range')
    if (seen.has(entry['address'])) flaw(`${place}.address`, 'is there twice')
    seen.add(entry['address'])
  }
}

/** A genesis names no file: all its code is in it. The rest is checked when the store is created. */
function checkKernel(kernel: unknown, bundles: Genesis['bundles']): void {
  if (!isRecord(kernel)) return flaw('kernel', 'must be the configuration of a store')
  if ('bundles' in kernel) flaw('kernel.bundles', 'must be in bundles of the genesis')
  for (const [name, vat] of entriesOf(kernel['vats'] ?? {}, 'kernel.vats')) {
    const bundle: unknown = isRecord(vat) ? vat['bundleName'] : undefined
    if (!isRecord(vat) || typeof bundle !== 'string' || !Object.hasOwn(bundles, bundle))
      return flaw(`kernel.vats.${name}.bundleName`, 'must be one of bundles')
    for (const key of ['sourceSpec', 'bundleSpec', 'bundle'])
      if (key in vat) flaw(`kernel.vats.${name}.${key}`, 'a genesis has bundleName only')
  }
}

function checkParameter(name: string, value: unknown): void {
  if (!isParameterName(name)) return flaw(`parameters.${name}`, 'there is no such parameter')
  const { least, most } = parameterTable[name]
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    flaw(`parameters.${name}`, `must be a whole number from ${least} to ${most}`)
}

/** The configuration of the store of a genesis. */
export function configOf({ kernel, bundles }: Genesis): StoreConfig {
  const encoder = new TextEncoder()
  const sources = Object.entries(bundles).map(([name, { source }]) => {
    const bundle = { source, bytes: encoder.encode(source), inputs: [], warnings: [], map: '' }
    return [name, { bundle }] as const
  })
  return { ...configOfJson(kernel), bundles: Object.fromEntries(sources) }
}

/** Creates the store of a genesis, unless it is there, and opens it. */
export const openStoreOf = (
  genesis: Genesis,
  options: Omit<OpenOptions, 'config' | 'make'>,
): Promise<Controller> => openController({ ...options, make: 'if-missing', config: configOf(genesis) })
