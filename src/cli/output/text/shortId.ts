/** Ids of bundles and worker versions for people. */

/** A prefix of a hash, long enough to distinguish. */
export const shortId = (id: string): string => id.slice(0, 'b1-'.length + 12)
