/** Keys that a command uses: files of the node's directory, named by their owner. */
import { keyOfSeed, type Key } from '../../../client/index.ts'
import { hasKey, listKeys, readKey, viewKey } from '../../../node/index.ts'
import { refuseUsage } from '../../args/arguments.ts'
import type { Io } from '../../output/io.ts'

/** The passphrase of the environment, else what is typed at the terminal; undefined without either. */
export async function passphraseOf({ env, askSecret }: Io, prompt: string): Promise<string | undefined> {
  const given = env['HEIRLOOM_PASSPHRASE']
  return given !== undefined && given !== '' ? given : askSecret?.(prompt)
}

/** The key that signs: the named one, else the only one. */
export async function signingKey(directory: string, name: string | undefined, io: Io): Promise<Key> {
  const chosen = name ?? onlyKey(directory)
  const { seed } = await readKey(directory, chosen, () => passphraseOf(io, `passphrase of the key ${chosen}: `))
  return keyOfSeed(seed)
}

function onlyKey(directory: string): string {
  const [only, another] = listKeys(directory)
  if (only === undefined) return refuseUsage(`there is no key in ${directory}; create one with heirloom key new NAME`)
  return another === undefined ? only.name : refuseUsage('there are several keys; name the one that signs with --key')
}

/** An address, or that of the key with this name. */
export const addressNamed = (directory: string, word: string): string =>
  hasKey(directory, word) ? viewKey(directory, word).address : word

/** A public key, or that of the key with this name. */
export const publicKeyNamed = (directory: string, word: string): string =>
  hasKey(directory, word) ? viewKey(directory, word).publicKey : word
