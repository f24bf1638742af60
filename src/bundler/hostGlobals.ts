/**
 * Globals of Node or browsers that a vat does not have (`golden/environment.txt` lists those it has), and
 * what to use instead. Code that uses one without a test finds `undefined` at run time.
 */

/** What to use instead, by the purpose of the globals. */
const instead = {
  clock:
    'A vat has no clock: ask the timer, E(timer).delay(…) or E(timer).setWakeup(…), which the host passes to the vat.',
  soon: 'Use Promise.resolve().then(…).',
  network: 'A vat has no network: let the host do it, through a port.',
  chance:
    'A vat has no randomness and no keys: let the host draw the number, and pass it in a message or in the parameters.',
  process:
    'Pass what is needed in the vat\'s parameters. process.env.NODE_ENV alone is there, as "production".',
  bytes: 'Use Uint8Array, TextEncoder and TextDecoder.',
  base64: 'Bundle a package for base64, such as @endo/base64.',
  modules: 'A vat is one script: import modules, and JSON, at the top of the file.',
  clone: 'Copy the data, for example with spread, and harden the copy.',
  addresses: 'Bundle a package that parses URLs, or let the host do it.',
  page: 'A vat has no page: let the host do it, through a port.',
  events: 'Pass objects and call them, with E; promises and notifiers report what happens.',
  streams: 'Send the data in messages, piece by piece.',
  locale: 'A vat has no locale: write numbers and times as text where they are shown, in the host.',
  memory:
    'Vats share no memory and cannot observe garbage collection: keep data in a durable store, and exchange it in messages.',
  global: 'Use globalThis.',
} as const

type Purpose = keyof typeof instead

const node: Readonly<Record<string, Purpose>> = {
  process: 'process',
  Buffer: 'bytes',
  global: 'global',
  require: 'modules',
  module: 'modules',
  exports: 'modules',
  __dirname: 'modules',
  __filename: 'modules',
  setImmediate: 'soon',
  clearImmediate: 'soon',
}

const browser: Readonly<Record<string, Purpose>> = {
  window: 'global',
  self: 'global',
  document: 'page',
  location: 'page',
  history: 'page',
  localStorage: 'memory',
  sessionStorage: 'memory',
  indexedDB: 'memory',
  XMLHttpRequest: 'network',
  Worker: 'memory',
  alert: 'page',
  requestAnimationFrame: 'clock',
  cancelAnimationFrame: 'clock',
  importScripts: 'modules',
}

const both: Readonly<Record<string, Purpose>> = {
  setTimeout: 'clock',
  setInterval: 'clock',
  clearTimeout: 'clock',
  clearInterval: 'clock',
  queueMicrotask: 'soon',
  structuredClone: 'clone',
  performance: 'clock',
  navigator: 'page',
  fetch: 'network',
  Headers: 'network',
  Request: 'network',
  Response: 'network',
  FormData: 'network',
  WebSocket: 'network',
  EventSource: 'network',
  URL: 'addresses',
  URLSearchParams: 'addresses',
  URLPattern: 'addresses',
  AbortController: 'events',
  AbortSignal: 'events',
  Event: 'events',
  EventTarget: 'events',
  CustomEvent: 'events',
  MessageChannel: 'events',
  MessagePort: 'events',
  MessageEvent: 'events',
  BroadcastChannel: 'events',
  Blob: 'bytes',
  File: 'bytes',
  DOMException: 'events',
  crypto: 'chance',
  Crypto: 'chance',
  CryptoKey: 'chance',
  SubtleCrypto: 'chance',
  atob: 'base64',
  btoa: 'base64',
  ReadableStream: 'streams',
  WritableStream: 'streams',
  TransformStream: 'streams',
  TextEncoderStream: 'streams',
  TextDecoderStream: 'streams',
  CompressionStream: 'streams',
  DecompressionStream: 'streams',
}

/** Parts of the language that vats lack: locales, memory, threads. */
const language: Readonly<Record<string, Purpose>> = {
  Intl: 'locale', WebAssembly: 'memory', SharedArrayBuffer: 'memory', Atomics: 'memory', WeakRef: 'memory',
  FinalizationRegistry: 'memory', Float16Array: 'bytes',
}

const owners = [
  ['Node', node],
  ['browsers', browser],
  ['Node and browsers', both],
  ['other JavaScript environments', language],
] as const

/** By name: which host has it, and what to use instead. */
export const hostGlobals: ReadonlyMap<string, string> = new Map(
  owners.flatMap(([owner, globals]) =>
    Object.entries(globals).map(
      ([name, purpose]) =>
        [name, `${name} is a global of ${owner} and is undefined in a vat. ${instead[purpose]}`] as const,
    ),
  ),
)

/** For the language's clock and randomness, which throw. */
export const tamed: readonly (readonly [text: RegExp, hint: string])[] = [
  [/%SharedDate%/, `The present time is not available in a vat. ${instead.clock}`],
  [/%SharedMath%/, `Math.random is not available in a vat. ${instead.chance}`],
]
