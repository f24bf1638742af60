/**
 * A process that does with stores what it is asked to, and prints what came of each as JSON: `ok` or the
 * code.
 */
import { closeSync, openSync } from 'node:fs'
import { CodedError } from '../../src/base/errors.ts'
import {
  createStore,
  exportStore,
  forkStore,
  importStore,
  openStore,
  openStoreForReading,
  StoreReader,
} from '../../src/store/store.ts'

const deeds = {
  create: (at: string) => createStore(at).close(),
  write(at: string) {
    const store = openStore(at)
    try {
      store.state.set('host', 'written', String(store.blocks.height))
      store.sealCrank()
      store.commit()
    } finally {
      store.close()
    }
  },
  read(at: string) {
    const store = openStoreForReading(at, { verify: 'all' })
    try {
      return String(store.blocks.height)
    } finally {
      store.close()
    }
  },
  entries: (at: string) => new StoreReader(at).close(),
  fork: (from: string, to: string) => forkStore(from, to),
  export: (from: string, to: string) => void exportStore(from, to, 'archival'),
  import: (from: string, to: string) => void importStore(from, to),
  /** Uses up all file descriptors but so many. */
  hog(left: string) {
    const held: number[] = []
    try {
      for (;;) held.push(openSync('/dev/null', 'r'))
    } catch {
      for (const file of held.splice(0, Number(left))) closeSync(file)
    }
  },
} as const

export type Deed = keyof typeof deeds
export interface Said {
  readonly did: string
  readonly code: string
  readonly message: string
}

const asked = JSON.parse(process.argv[2] ?? '[]') as readonly (readonly [Deed, string, string])[]
const said = asked.map(([deed, at, to]): Said => {
  try {
    return { did: deed, code: 'ok', message: deeds[deed](at, to) ?? '' }
  } catch (error) {
    if (error instanceof CodedError) return { did: deed, code: error.code, message: error.message }
    return { did: deed, code: 'raw', message: error instanceof Error ? (error.stack ?? '') : String(error) }
  }
})
process.stdout.write(JSON.stringify(said), () => process.exit())
