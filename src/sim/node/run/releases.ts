/**
 * The releases of the node that a script is played with: the first knows some upgrades of the host, the
 * second all. An upgrade sets a parameter, so that the height's first transaction shows whether it was done.
 */
import { setParameter, type Context, type HostUpgrade, type HostUpgrades } from '../../../node/index.ts'

/** Which release does an upgrade of a name, by its beginning. */
export type UpgradeKind = 'known' | 'later' | 'throws' | 'skipped'

export const upgradeKindOf = (name: string): UpgradeKind => name.split('-')[0] as UpgradeKind

/** The fee for a message to the host from the upgrade of this name on. */
export const feeAfter = (name: string): number => Number(name.split('-')[1] ?? 0) % 4

const upgradeOf = (name: string): HostUpgrade => ({
  about: `sets a fee: ${name}`,
  migrate: ({ state }: Context) => setParameter(state, 'fees.host', feeAfter(name)),
})

const throwing: HostUpgrade = {
  about: 'fails',
  migrate({ state }: Context) {
    setParameter(state, 'fees.host', 4)
    throw new Error('planted: migrate')
  },
}

/** Numbers in the names of upgrades. */
const names = (kind: UpgradeKind): readonly string[] => Array.from({ length: 400 }, (_, at) => `${kind}-${at}`)

const upgradesOf = (kinds: readonly UpgradeKind[]): HostUpgrades =>
  Object.fromEntries(kinds.flatMap(names).map((name) => [name, upgradeOf(name)]))

const failing: HostUpgrades = Object.fromEntries(names('throws').map((name) => [name, throwing]))

export const releases = {
  'release-1': { ...upgradesOf(['known']), ...failing },
  'release-2': upgradesOf(['known', 'later', 'throws']),
} as const
export type ReleaseName = keyof typeof releases
