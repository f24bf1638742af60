/**
 * Globals that Node or browsers have and a vat does not have (`golden/environment.txt` lists what it has).
 * Code that uses one without asking first finds `undefined`, when it runs.
 */
const node = [
  'process', 'Buffer', 'global', 'require', 'module', 'exports', '__dirname', '__filename', 'setImmediate', 'clearImmediate',
]

const browser = ['window', 'self', 'document', 'location', 'history', 'localStorage', 'sessionStorage', 'indexedDB', 'XMLHttpRequest', 'Worker', 'alert', 'requestAnimationFrame', 'cancelAnimationFrame', 'importScripts']

const both = [
  'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'queueMicrotask', 'structuredClone', 'performance', 'navigator',
  'fetch', 'Headers', 'Request', 'Response', 'FormData', 'WebSocket', 'EventSource', 'URL', 'URLSearchParams', 'URLPattern',
  'AbortController', 'AbortSignal', 'Event', 'EventTarget', 'CustomEvent', 'MessageChannel', 'MessagePort', 'MessageEvent', 'BroadcastChannel',
  'Blob', 'File', 'DOMException', 'crypto', 'Crypto', 'CryptoKey', 'SubtleCrypto', 'atob', 'btoa',
  'ReadableStream', 'WritableStream', 'TransformStream', 'TextEncoderStream', 'TextDecoderStream', 'CompressionStream', 'DecompressionStream',
]

/** Parts of the language that no vat has: locales, memory, threads. */
const language = ['Intl', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'Float16Array']

const owners: readonly (readonly [string, readonly string[]])[] = [
  ['Node', node],
  ['browsers', browser],
  ['Node and browsers', both],
  ['other JavaScript environments', language],
]

/** By name, who has it. */
export const hostGlobals: ReadonlyMap<string, string> = new Map(owners.flatMap(([owner, names]) => names.map((name) => [name, owner] as const)))
