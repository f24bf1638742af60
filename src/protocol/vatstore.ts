/**
 * What kernel and supervisor agree on about a vat's own space; all other keys are the supervisor's.
 *
 * A key `count.o-50` says how often stored data refers to the import `o-50`. At an upgrade the kernel
 * drops every import that has no such key: nobody in the next incarnation can know of it.
 *
 * A key `watch.p-60` says that the promise `p-60` is watched. At an upgrade such a promise keeps its name,
 * and the vat its subscription: the next incarnation is told how it ended. It has the first watch, or all of them
 * where a supervisor of an earlier release wrote it; further ones have keys of the supervisor's own.
 *
 * A key `export.o+d7/1` says that the durable object `o+d7/1` is exported. When a kind is abandoned the kernel
 * takes all exports of it from the vat, and removes these keys with them.
 */
import type { ObjectVref, PromiseVref } from '../base/ids.ts'

export const countKey = (vref: ObjectVref): string => 'count.' + vref
/** Of the counts of imports. */
export const importCountPrefix = 'count.o-'
/** Of the keys that say that a durable weak collection has an entry under the import: it stays recognizable. */
export const durableWeakPrefix = (vref: ObjectVref): string => `weak.${vref}.o+d`
export const exportKey = (vref: ObjectVref): string => 'export.' + vref
export const watchPrefix = 'watch.'
export const watchKey = (vref: PromiseVref): string => watchPrefix + vref
