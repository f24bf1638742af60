/** The world that `@endo/marshal` needs, before it is evaluated. */
import '../../src/supervisor/lockdown.ts'
import { HandledPromise } from '../../src/supervisor/handledPromise.ts'

Object.assign(globalThis, { HandledPromise })
