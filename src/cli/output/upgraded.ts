/** Describes the result of an upgrade in mode `durable`, for people. */
import type { AbandonedExport, DurableUpgrade } from '../../protocol/results.ts'
import { differenceOf, type Replacement } from './problem.ts'
import { pluralize } from './text/counts.ts'

/** What ended with the old incarnation, and what its heir migrates: lines below the headline. */
export function durableText(upgraded: DurableUpgrade, replacement: Replacement): readonly string[] {
  // Older kernels report less.
  const {
    abandonedExports,
    disconnectedPromises,
    abandoned = [],
    disconnected = [],
    migratedKinds = [],
    abandonedKinds = [],
    collectionSkipped = null,
    replayRefused = null,
  } = upgraded
  return [
    `  ${pluralize(abandonedExports, abandonedKinds.length === 0 ? 'ephemeral export' : 'export')} abandoned, ${pluralize(disconnectedPromises, 'promise')} disconnected`,
    ...holdersText(abandoned),
    ...subscribersText(disconnected),
    ...abandonedKinds.map(
      ({ tag, exports }) => `  the kind ${tag} is abandoned, ${pluralize(exports, 'export')} with it`,
    ),
    ...migratedKinds.map(
      ({ tag, from, to }) =>
        `  records of ${tag} are migrated from state version ${from} to ${to} when they are next used`,
    ),
    ...(replayRefused === null
      ? []
      : [
          `  not by replay: ${replayRefused.message}`,
          ...differenceOf(replayRefused, replacement).map((line) => `    ${line}`),
        ]),
    ...(collectionSkipped === null
      ? []
      : [`  the old code did not collect its garbage: ${collectionSkipped}`]),
  ]
}

/** Vats that hold abandoned objects, and how many. */
const holdersText = (abandoned: readonly AbandonedExport[]): string[] =>
  countsText(
    'held by',
    abandoned.flatMap(({ holders }) => holders),
    'abandoned export',
  )

const subscribersText = (disconnected: DurableUpgrade['disconnected']): string[] =>
  countsText('notified', disconnected.flatMap(({ subscribers }) => subscribers), 'disconnected promise')

function countsText(what: string, names: readonly string[], noun: string): string[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `  ${what} ${name}: ${pluralize(count, noun)}`)
}
