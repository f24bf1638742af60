/**
 * What kernel and supervisor agree on about a vat's own space; all other keys are the supervisor's.
 *
 * A key `import.o-50` says that durable data refers to the import `o-50`. At an upgrade the kernel
 * drops every import that has no such key: nobody in the next incarnation can know of it.
 */
import type { ObjectVref } from '../base/ids.ts'

export const importKey = (vref: ObjectVref): string => `import.${vref}`
