/** The world that `@endo/marshal` needs, before it is evaluated. */
import '../../src/supervisor/realm/lockdown.ts'
import { HandledPromise } from '../../src/supervisor/promises/handledPromise.ts'

Object.assign(globalThis, { HandledPromise })
