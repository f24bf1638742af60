/**
 * Puts `HandledPromise` where the libraries that are bundled into the supervisor look for it while they
 * are evaluated. Vats have their own global objects.
 */
import { HandledPromise } from './handledPromise.ts'

Object.defineProperty(globalThis, 'HandledPromise', { value: HandledPromise, writable: false, configurable: false })
