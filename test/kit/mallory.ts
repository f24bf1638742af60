/**
 * A supervisor that sends what no supervisor would: its root does what the method says with the text
 * it is given, past everything that keeps honest vats honest.
 *
 * | message            | what it does                                                         |
 * |--------------------|----------------------------------------------------------------------|
 * | `finish(batch)`    | ends the delivery with this text as its batch                        |
 * | `ask(batch)`       | calls the host with this text in the middle of the delivery          |
 * | `end(text)`        | ends the delivery with this text as the whole of its `Finish`        |
 * | `arm(kind, text)`  | ends the next delivery of this kind, `arm` or any, with this text    |
 * | `play(texts)`      | a JSON of a list: calls the host with each, the last is the `Finish`; in them `p-RESULT` is the result |
 * | `keep(kind, text)` | ends every delivery of this kind with this text as its `Finish`      |
 *
 * With the parameters `{ begin: text }` her start ends with that text.
 * Of a salvage the source of the bundle is such a text: `ask:` and a batch to call the host with, or `end:`
 * and how it ends.
 *
 * In the texts `$R` is the result of the message and `$T` what it was sent to, both as JSON, and `$LONG`
 * is more characters than one delivery may write; `$DEEP` is lists in lists, a million of them. The texts
 * `throw`, `loop` and `fill` (the heap) do that instead.
 */
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkerId } from '../../src/base/ids.ts'
import { forkStore } from '../../src/host/index.ts'
import { packagedEngine } from '../../src/release/build.ts'
import { buildWorker } from '../../src/release/worker.ts'
import { installWorkerIn } from './machines.ts'
import { preparedStore, sharedDirectory } from './sharedStores.ts'
import { forTheFile, temporaryDirectory, type Scope } from './world.ts'

const supervisor = `'use strict';
(() => {
  const host = globalThis.hostSyscall
  const armed = Object.create(null)
  const kept = Object.create(null)
  const done = (batch) => '{"batch":' + batch + ',"result":{"kind":"ok"}}'
  let ending = ''
  const act = (text) => {
    if (text === 'throw') throw Error('the supervisor throws')
    if (text === 'loop') for (;;);
    if (text === 'fill') for (const all = [];;) all.push(new Uint8Array(1_000_000))
    ending = text
  }
  const texts = {
    finish: (text) => act(done(text)),
    ask: (text) => { host(text); ending = done('[]') },
    end: act,
    arm: (kind, text) => { armed[kind] = text },
    play: (list, result) => {
      const all = JSON.parse(list).map((text) => text.replaceAll('p-RESULT', result ?? 'p-0'))
      for (const text of all.slice(0, -1)) host(text)
      ending = all.at(-1)
    },
    keep: (kind, text) => { kept[kind] = text; ending = done('[]') },
  }
  const message = ({ target, methargs, result }) => {
    const [method, args] = JSON.parse(methargs.body.slice(1))
    const plain = args.filter((arg) => typeof arg === 'string' && arg[0] !== '$')
      .map((arg) => arg[0] === '!' ? arg.slice(1) : arg)
      .map((text) => text.replaceAll('$R', JSON.stringify(result)).replaceAll('$T', JSON.stringify(target))
        .replaceAll('$DEEP', text.includes('$DEEP') ? '['.repeat(1_000_000) + ']'.repeat(1_000_000) : '')
        .replaceAll('$LONG', 'a'.repeat(text.includes('$LONG') ? 15 * 1024 * 1024 : 0)))
    const data = { body: '#"#undefined"', slots: [] }
    if (method === 'arm') ending = done(JSON.stringify([{ kind: 'resolve', resolutions: [{ promise: result, outcome: 'fulfilled', data }] }]))
    texts[method](...plain, result)
  }
  globalThis.hostEntries = {
    dispatch(text) {
      const delivery = JSON.parse(text)
      ending = done('[]')
      if (delivery.kind in armed) {
        const text = armed[delivery.kind]
        delete armed[delivery.kind]
        return act(text)
      }
      if (delivery.kind in kept) ending = kept[delivery.kind]
      if (delivery.kind === 'startVat') ending = JSON.parse(delivery.parameters.body.slice(1)).begin ?? '{"batch":[],"result":{"kind":"started","root":"o+0"}}'
      if (delivery.kind === 'message') message(delivery)
    },
    salvage(source) {
      ending = '{"batch":[],"result":{"kind":"salvaged","data":{"body":"#1","slots":[]}}}'
      if (source.startsWith('ask:')) host(source.slice(4))
      else act(source.slice(4))
    },
    finish: () => ending,
  }
})()
`

export interface MalloryStore {
  readonly directory: string
  readonly worker: WorkerId
}

/** A store in which she is installed as a worker version of its own. */
export const malloryStore = (scope: Scope = forTheFile): Promise<MalloryStore> =>
  storeWith(new TextEncoder().encode(supervisor), scope)

/** The same with any supervisor. */
export async function storeWith(bytes: Uint8Array, scope: Scope = forTheFile): Promise<MalloryStore> {
  const shared = await sharedDirectory(`worker ${hash('sha256', bytes)}`, (place) =>
    makeStoreWith(bytes, place),
  )
  const directory = join(temporaryDirectory(scope), 'store')
  forkStore(join(shared, 'store'), directory)
  return { directory, worker: readFileSync(join(shared, 'worker'), 'utf8') as WorkerId }
}

async function makeStoreWith(bytes: Uint8Array, place: string): Promise<void> {
  const directory = join(place, 'store')
  mkdirSync(place, { recursive: true })
  forkStore(await preparedStore(), directory)
  const id = installWorkerIn(directory, buildWorker(packagedEngine('quickjs-wasi-3.6.2'), bytes))
  writeFileSync(join(place, 'worker'), id)
}
