/**
 * What kernel and supervisor agree on about a vat's own space; all other keys are the supervisor's.
 *
 * A key `count.o-50` says how often stored data refers to the import `o-50`. At an upgrade the kernel
 * drops every import that has no such key: nobody in the next incarnation can know of it.
 */
import type { ObjectVref } from '../base/ids.ts'

export const countKey = (vref: ObjectVref): string => `count.${vref}`
