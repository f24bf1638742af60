/**
 * Files of signing keys: one for each key, `<name>.json` in a directory of their own.
 *
 * Kyf1. A file of a key is never overwritten and never deleted.
 * Kyf2. Only its owner may read it: the file has mode 0600, the directory 0700, and a file that others may
 *       read is refused.
 * Kyf3. With a passphrase the seed is encrypted (AES-256-GCM; the key by scrypt, whose parameters are in the
 *       file), and the address and the public key are authenticated with it.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../base/guards.ts'
import { refuse } from '../../protocol/codes.ts'
import { isAddress, isName } from '../transactions/fields.ts'

/** A key as it is kept. */
export interface StoredKey {
  /** 32 bytes. */
  readonly seed: Uint8Array
  /** 64 hexadecimal digits. */
  readonly publicKey: string
  readonly address: string
}

/** What a file says without its passphrase. */
export interface KeyView {
  readonly name: string
  readonly address: string
  readonly publicKey: string
  readonly protection: 'none' | 'passphrase'
}

/** The seed, encrypted. Bytes are in Base64. */
interface SealedSeed {
  readonly kdf: 'scrypt'
  readonly n: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly cipher: 'aes-256-gcm'
  readonly iv: string
  readonly tag: string
  readonly data: string
}

type KeyFile = {
  readonly format: 1
  readonly address: string
  readonly publicKey: string
} & ({ readonly seed: string } | { readonly sealed: SealedSeed })

const scrypt = { n: 2 ** 15, r: 8, p: 1 } as const
/** A file of a stranger must not cost any amount of memory. */
const maxScrypt = { n: 2 ** 20, r: 16, p: 16 } as const
const seedBytes = 32

const pathOf = (directory: string, name: string): string => join(directory, `${name}.json`)

/** @throws CodedError `key/bad-name` */
export function assertKeyName(name: string): void {
  if (!isName(name))
    refuse('key/bad-name', `${JSON.stringify(name)} is not the name of a key`, { name })
}

/**
 * Writes the key (Kyf1), and returns its path.
 * @throws CodedError `key/exists`, `key/bad-name`
 */
export function writeKey(
  directory: string,
  name: string,
  key: StoredKey,
  passphrase: string | undefined,
): string {
  assertKeyName(name)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { address, publicKey, seed } = key
  const head = { format: 1, address, publicKey } as const
  const file: KeyFile =
    passphrase === undefined
      ? { ...head, seed: Buffer.from(seed).toString('hex') }
      : { ...head, sealed: seal(key, passphrase) }
  const path = pathOf(directory, name)
  writeNew(path, `${JSON.stringify(file, null, 2)}\n`, name)
  return path
}

function writeNew(path: string, text: string, name: string): void {
  let descriptor: number
  try {
    descriptor = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return refuse('key/exists', `there is a key ${name} already: ${path}`, { name, path })
  }
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** All keys of the directory, by name; none if it does not exist. */
export function listKeys(directory: string): readonly KeyView[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? [])
  return names.filter(isName).sort().map((name) => viewKey(directory, name))
}

export const hasKey = (directory: string, name: string): boolean =>
  isName(name) && existsSync(pathOf(directory, name))

/** @throws CodedError `key/unknown`, `key/readable-by-others`, `key/malformed` */
export function viewKey(directory: string, name: string): KeyView {
  const file = readFile(directory, name)
  const { address, publicKey } = file
  return { name, address, publicKey, protection: 'sealed' in file ? 'passphrase' : 'none' }
}

/**
 * The key. `passphrase` is called for a file that has one.
 * @throws CodedError `key/unknown`, `key/readable-by-others`, `key/malformed`, `key/wrong-passphrase`,
 *   `key/needs-passphrase`
 */
export async function readKey(
  directory: string,
  name: string,
  passphrase: () => Promise<string | undefined>,
): Promise<StoredKey> {
  const file = readFile(directory, name)
  const { address, publicKey } = file
  if ('seed' in file) return { address, publicKey, seed: Buffer.from(file.seed, 'hex') }
  const given = await passphrase()
  if (given === undefined) return refuse('key/needs-passphrase', `the key ${name} has a passphrase`, { name })
  return { address, publicKey, seed: unseal(file, file.sealed, given, name) }
}

function readFile(directory: string, name: string): KeyFile {
  assertKeyName(name)
  const path = pathOf(directory, name)
  if (!existsSync(path)) return refuse('key/unknown', `there is no key ${name} in ${directory}`, { name, directory })
  const { mode } = statSync(path)
  if ((mode & 0o077) !== 0)
    refuse('key/readable-by-others', `${path} has mode ${(mode & 0o777).toString(8)}: others may use it`, { path })
  const malformed = (): never => refuse('key/malformed', `${path} is not the file of a key`, { path })
  let file: unknown
  try {
    file = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return malformed()
    throw error
  }
  return isKeyFile(file) ? file : malformed()
}

const isHex = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

function isKeyFile(file: unknown): file is KeyFile {
  if (!isRecord(file) || file['format'] !== 1 || !isAddress(file['address']) || !isHex(file['publicKey'])) return false
  return 'sealed' in file ? !('seed' in file) && isSealed(file['sealed']) : isHex(file['seed'])
}

function isSealed(sealed: unknown): sealed is SealedSeed {
  if (!isRecord(sealed) || sealed['kdf'] !== 'scrypt' || sealed['cipher'] !== 'aes-256-gcm') return false
  const isWithin = (name: 'n' | 'r' | 'p'): boolean => {
    const value = sealed[name]
    return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxScrypt[name]
  }
  const lengths = { salt: 16, iv: 12, tag: 16, data: seedBytes } as const
  const areBytes = Object.entries(lengths).every(([name, length]) => {
    const text = sealed[name]
    return typeof text === 'string' && Buffer.from(text, 'base64').length === length
  })
  return isWithin('n') && isWithin('r') && isWithin('p') && areBytes
}

// --- encryption (Kyf3)

const authenticated = ({ address, publicKey }: Pick<KeyFile, 'address' | 'publicKey'>): Buffer =>
  Buffer.from(`heirloom/key/1\n${address}\n${publicKey}\n`)

type ScryptCost = Pick<SealedSeed, 'n' | 'r' | 'p'>

function encryptionKey(passphrase: string, salt: Buffer, { n, r, p }: ScryptCost): Buffer {
  const text = passphrase.normalize('NFC')
  return scryptSync(text, salt, 32, { N: n, r, p, maxmem: 256 * n * r + 128 * r * p + 1_000_000 })
}

function seal(key: StoredKey, passphrase: string): SealedSeed {
  const [salt, iv] = [randomBytes(16), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(passphrase, salt, scrypt), iv)
  cipher.setAAD(authenticated(key))
  const data = Buffer.concat([cipher.update(key.seed), cipher.final()])
  const text = (bytes: Buffer): string => bytes.toString('base64')
  const [tag, ...rest] = [cipher.getAuthTag(), salt, iv, data].map(text) as [string, string, string, string]
  return { kdf: 'scrypt', ...scrypt, salt: rest[0], cipher: 'aes-256-gcm', iv: rest[1], tag, data: rest[2] }
}

function unseal(file: KeyFile, sealed: SealedSeed, passphrase: string, name: string): Uint8Array {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64')
  const key = encryptionKey(passphrase, bytes(sealed.salt), sealed)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes(sealed.iv))
    decipher.setAAD(authenticated(file))
    decipher.setAuthTag(bytes(sealed.tag))
    return Buffer.concat([decipher.update(bytes(sealed.data)), decipher.final()])
  } catch {
    return refuse('key/wrong-passphrase', `this is not the passphrase of the key ${name}`, { name })
  }
}
