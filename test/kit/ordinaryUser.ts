/**
 * Processes of a user for whom permissions count. For root they do not, so that tests that run as root start
 * them as `nobody`; tests of an ordinary user start them as himself.
 */
import { spawnSync } from 'node:child_process'
import { chownSync } from 'node:fs'
import { join } from 'node:path'

const root = process.geteuid?.() === 0
const nobody = 65_534
const checkout = join(import.meta.dirname, '..', '..')

/** For `spawn`: the ordinary user. */
export const asOrdinaryUser = root ? { uid: nobody, gid: nobody } : {}
/** Somebody else of the same group. */
export const asSomebodyElse = { uid: nobody - 1, gid: nobody }

/** Makes a file or directory of the test the ordinary user's. */
export function giveToOrdinaryUser(path: string): void {
  if (root) chownSync(path, nobody, nobody)
}

const canLoad = (): boolean =>
  spawnSync(process.execPath, [join(checkout, 'bin', 'heirloom.mjs'), '--version'], {
    ...asOrdinaryUser,
    encoding: 'utf8',
  }).status === 0

/** Why a test that needs an ordinary user cannot run here; false when it can. */
export const withoutOrdinaryUser: string | false =
  !root || canLoad() ? false : `user ${nobody} may not read ${checkout}`
/** The same for two users. */
export const withoutTwoUsers: string | false = root
  ? withoutOrdinaryUser
  : 'only root can start processes of two users'

const mounts = (): boolean => root && spawnSync('unshare', ['-m', 'true']).status === 0

/** Why a test that mounts something cannot run here; false when it can. */
export const withoutMounts: string | false = mounts()
  ? false
  : 'only root with the right to mount can make a read-only mount'

/** A shell command in which the directory `from` is mounted on `to` read-only, and nowhere else. */
export const withReadOnly = (from: string, to: string, command: readonly string[]): readonly string[] => [
  'unshare',
  '-m',
  'sh',
  '-c',
  'mount --bind "$1" "$2" && mount -o remount,ro,bind "$2" && shift 2 && exec "$@"',
  'sh',
  from,
  to,
  ...command,
]

/** A shell command in which `at` is a disk of so many megabytes, empty at first, and nowhere else. */
export const withSmallDisk = (
  at: string,
  megabytes: number,
  command: readonly string[],
): readonly string[] => [
  'unshare',
  '-m',
  'sh',
  '-c',
  'mount -t tmpfs -o "size=$1m" none "$2" && shift 2 && exec "$@"',
  'sh',
  String(megabytes),
  at,
  ...command,
]
