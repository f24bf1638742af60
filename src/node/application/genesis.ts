/** Reads a genesis, and makes a store of it: the same on every node. */
import { hash } from 'node:crypto'
import { isCount, isRecord } from '../../base/guards.ts'
import type { StoreConfig } from '../../host/config/config.ts'
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
  const value = typeof given === 'string' ? parsed(given) : given
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
  if (!isRecord(value['kernel'])) flaw('kernel', 'must be the configuration of a store')
  for (const [name, number] of entriesOf(parameters, 'parameters')) checkParameter(name, number)
  for (const [name, vat] of entriesOf(published, 'published'))
    if (!isName(name) || !isName(vat)) flaw(`published.${name}`, 'must be the name of a vat, under a name')
  for (const [name, bundle] of entriesOf(bundles, 'bundles'))
    if (!isRecord(bundle) || typeof bundle['source'] !== 'string' || Object.keys(bundle).length !== 1)
      flaw(`bundles.${name}`, 'must be { source }')
  return value as unknown as Genesis
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
  return { ...(kernel as object), bundles: Object.fromEntries(sources) }
}

/** Creates the store of a genesis, unless it is there, and opens it. */
export const openStoreOf = (
  genesis: Genesis,
  options: Omit<OpenOptions, 'config' | 'make'>,
): Promise<Controller> => openController({ ...options, make: 'if-missing', config: configOf(genesis) })
