/**
 * The inputs of a block: everything that reached the state in it from outside the kernel, in order. A machine
 * that has the block before and the code that is named does the same cranks. The page is
 * `docs/wires/inputs.md`.
 *
 * Inp1. What the kernel does is not recorded, only the events that it gets; what anything else writes is
 *       recorded as it is written (`src/store/inputs/inputRecorder.ts`). So an addition to the host that uses
 *       the store as before needs no new kind, and a new event of kernels needs one.
 * Inp2. The kinds are a closed union. Each has a letter, at the beginning of its line, and one entry in
 *       `letters`, `restOf` and `readers`. A text with another letter is refused, and never skipped.
 */
import { isCount, isRecord, isText } from '../../base/guards.ts'
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { bundleKinds, type BundleKind } from '../bundle/bundle.ts'
import type { CrankCleaning, KernelConfig } from '../kernel/events.ts'
import { isWorkerVersion, type WorkerVersion } from '../worker/worker.ts'

export type BlockInput =
  /** An event of the kernel: the first of a new store. */
  | { readonly kind: 'initialise'; readonly config: KernelConfig; readonly worker: WorkerVersion }
  /**
   * An event: the item of the inbox with this number is accepted. `item`: as the kernel got it, when names
   * in it were looked up anew; null: as it is in the inbox.
   */
  | { readonly kind: 'accept'; readonly sequence: number; readonly item: string | null }
  /** An event: so many times, the next item of the run-queue. */
  | { readonly kind: 'crank'; readonly cleaning: CrankCleaning; readonly times: number }
  /** An event: the kernel's work before a commit. */
  | { readonly kind: 'endBlock' }
  /** An event: a kernel that took the place of another migrates at most so many rows. */
  | { readonly kind: 'migrate'; readonly rows: number }
  /** A crank without an event: what the host wrote. */
  | { readonly kind: 'seal' }
  /** An item was appended to the inbox. */
  | { readonly kind: 'append'; readonly item: string }
  /** The next item of the inbox was taken. */
  | { readonly kind: 'take' }
  /** A row of the host's space was written, or deleted. */
  | { readonly kind: 'host'; readonly key: string; readonly value: string | null }
  /** A bundle was stored that was not there. */
  | { readonly kind: 'bundle'; readonly bundle: BundleId; readonly of: BundleKind }
  /** A bundle got a name; `heirloom:kernel` is that of the kernel in place. */
  | { readonly kind: 'name'; readonly label: string; readonly bundle: BundleId }
  /** The undo log began at the block before, ended with this one, or took the store back to its beginning. */
  | { readonly kind: 'undoLog'; readonly what: UndoLogChange }

/** What a block did with the undo log. */
export type UndoLogChange = 'begin' | 'end' | 'return'

export type BlockInputKind = BlockInput['kind']

/** The letter of each kind (Inp2). */
const letters = {
  initialise: 'n',
  accept: 'a',
  crank: 'c',
  endBlock: 'e',
  migrate: 'm',
  seal: 's',
  append: 'i',
  take: 't',
  host: 'h',
  bundle: 'b',
  name: 'p',
  undoLog: 'u',
} as const satisfies Readonly<Record<BlockInputKind, string>>

/** One line, with its end. */
export const writeInput = (input: BlockInput): string => `${letters[input.kind]}${restOf(input)}\n`

/** What follows the letter. */
function restOf(input: BlockInput): string {
  switch (input.kind) {
    case 'initialise':
      return JSON.stringify([input.config, input.worker])
    case 'accept':
      return input.item === null ? String(input.sequence) : `${input.sequence} ${input.item}`
    case 'crank':
      return `${input.times}${input.cleaning === 'do' ? '' : '-'}`
    case 'append':
      return onOneLine(input.item)
    case 'host':
      return JSON.stringify([input.key, input.value])
    case 'bundle':
      return `${input.of} ${input.bundle}`
    case 'name':
      return JSON.stringify([input.label, input.bundle])
    case 'migrate':
      return String(input.rows)
    case 'undoLog':
      return input.what
    case 'endBlock':
    case 'seal':
    case 'take':
      return ''
  }
}

const undoLogChanges: readonly UndoLogChange[] = ['begin', 'end', 'return']

type Reader = (rest: string) => BlockInput | undefined

const alone = (input: BlockInput): Reader => (rest) => (rest === '' ? input : undefined)

/** The reverse of `restOf`; undefined for a text that it does not write. */
const readers: { readonly [Kind in BlockInputKind]: Reader } = {
  initialise: (rest) => {
    const [config, worker] = listIn(rest, 2)
    return isConfig(config) && isWorkerVersion(worker) ? { kind: 'initialise', config, worker } : undefined
  },
  accept: (rest) => {
    const [, number = '', , item] = /^(\d+)( (\{.*))?$/.exec(rest) ?? []
    const sequence = countIn(number)
    return sequence === undefined ? undefined : { kind: 'accept', sequence, item: item ?? null }
  },
  crank: (rest) => {
    const times = countIn(rest.replace(/-$/, ''))
    const cleaning = rest.endsWith('-') ? 'leave' : 'do'
    return times === undefined ? undefined : { kind: 'crank', cleaning, times }
  },
  endBlock: alone({ kind: 'endBlock' }),
  migrate: (rest) => {
    const rows = countIn(rest)
    return rows === undefined ? undefined : { kind: 'migrate', rows }
  },
  seal: alone({ kind: 'seal' }),
  append: (rest) => {
    const item = lineIn(rest)
    return item === undefined ? undefined : { kind: 'append', item }
  },
  take: alone({ kind: 'take' }),
  host: (rest) => {
    const [key, value] = listIn(rest, 2)
    return isText(key) && (value === null || isText(value)) ? { kind: 'host', key, value } : undefined
  },
  bundle: (rest) => {
    const [kind = '', bundle = '', ...more] = rest.split(' ')
    const of = bundleKinds.find((known) => known === kind)
    return of !== undefined && isBundleId(bundle) && more.length === 0
      ? { kind: 'bundle', bundle, of }
      : undefined
  },
  name: (rest) => {
    const [label, bundle] = listIn(rest, 2)
    return isText(label) && isText(bundle) && isBundleId(bundle) ? { kind: 'name', label, bundle } : undefined
  },
  undoLog: (rest) => {
    const what = undoLogChanges.find((change) => change === rest)
    return what === undefined ? undefined : { kind: 'undoLog', what }
  },
}

const byLetter: ReadonlyMap<string, Reader> = new Map(
  Object.entries(readers).map(([kind, read]) => [letters[kind as BlockInputKind], read]),
)

/** The numbers of a configuration; the kernel checks no more of it than what it stores. */
const isConfig = (value: unknown): value is KernelConfig =>
  isRecord(value) &&
  ['snapshotInterval', 'collectionInterval', 'heapLimitPages', 'storageLimit', 'cleanupBudget'].every((name) =>
    isCount(value[name]),
  ) &&
  isText(value['computronsPerDelivery'])

/** The inputs of a block in order; undefined in place of a line that is none (Inp2). */
export function* readInputs(text: string): Generator<BlockInput | undefined> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from)
    const line = end < 0 ? '' : text.slice(from, end)
    yield byLetter.get(line.slice(0, 1))?.(line.slice(1))
    from = end < 0 ? text.length : end + 1
  }
}

/** Items are JSON on one line as a rule; any other text is written as a JSON string behind a space. */
const onOneLine = (text: string): string =>
  text.includes('\n') || text.startsWith(' ') ? ` ${JSON.stringify(text)}` : text

function lineIn(text: string): string | undefined {
  if (!text.startsWith(' ')) return text
  const value = parsed(text.slice(1))
  return isText(value) ? value : undefined
}

function countIn(text: string): number | undefined {
  const count = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined
  return isCount(count) ? count : undefined
}

function listIn(text: string, length: number): readonly unknown[] {
  const value = parsed(text)
  return Array.isArray(value) && value.length === length ? value : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
