/**
 * The keys of a vat's own space that kernel and supervisor agree on; all other keys are the supervisor's.
 *
 * A key `count.o-50` counts the references of stored data to the import `o-50`. At an upgrade the kernel
 * drops every import without such a key: the next incarnation cannot know of it.
 *
 * A key `watch.p-60` says that the promise `p-60` is watched. At an upgrade such a promise keeps its name,
 * and the vat its subscription: the next incarnation is notified of its resolution. The key has the first
 * watch, or all of them if a supervisor of an earlier release wrote it; further ones have keys of the
 * supervisor's own.
 *
 * A key `export.o+d7/1` says that the durable object `o+d7/1` is exported. When a kind is abandoned the
 * kernel removes all its exports from the vat, and these keys with them.
 */
import type { ObjectVref, PromiseVref } from '../../base/ids.ts'

export const countKey = (vref: ObjectVref): string => 'count.' + vref
/** The prefix of the counts of imports. */
export const importCountPrefix = 'count.o-'
/** The prefix of keys that mark the import as a key of a durable weak collection: it stays recognizable. */
export const durableWeakPrefix = (vref: ObjectVref): string => `weak.${vref}.o+d`
export const exportKey = (vref: ObjectVref): string => 'export.' + vref
export const watchPrefix = 'watch.'
export const watchKey = (vref: PromiseVref): string => watchPrefix + vref
