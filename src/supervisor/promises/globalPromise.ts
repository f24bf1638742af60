/** Puts `HandledPromise` where the libraries look for it. Vats have their own global objects. */
import { HandledPromise } from './handledPromise.ts'

Object.defineProperty(globalThis, 'HandledPromise', {
  value: HandledPromise,
  writable: false,
  configurable: false,
})
