/** A replay compares what is written, or what it says: the outcome is the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EngineCache, Engines } from '../../src/machine/engines/engines.ts'
import { replayIncarnation, type IncarnationReplay } from '../../src/machine/replay/replayIncarnation.ts'
import { Worker } from '../../src/engine/worker.ts'
import { readableBundle } from '../../src/protocol/bundle/bundle.ts'
import type { RecordedSyscall, TranscriptEntry } from '../../src/protocol/worker/transcript.ts'
import { StoreReader } from '../../src/store/store.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'
import { teller, work } from './teller.ts'

const world = await openWorld(forTheFile, {
  vats: { friend: puppet, teller: teller('(console.log(amount), patched("half"), amount)') },
})
await work(world, 'teller')
await world.controller.collectAll()
await world.controller.run()
const recorded = await world.transcript('teller')
const { bundle } = await world.controller.vat('teller')
const [version] = (await world.controller.storeStatus()).workers
const reader = new StoreReader(world.directory)
forTheFile.after(() => reader.close())
const engines = new Engines(reader, new EngineCache())
const text = (id: typeof bundle): string => Buffer.from(reader.bundles.get(id, 'vat')).toString('utf8')

/** As the store writes it, and in two ways in which it never does. */
const writings: Readonly<Record<string, (entry: TranscriptEntry) => string>> = {
  'as it is written': (entry) => JSON.stringify(entry),
  'with spaces': (entry) => JSON.stringify(entry, null, 1),
  'the other way round': ({ delivery, syscalls, result, computrons }) =>
    JSON.stringify({ computrons, result, syscalls, delivery }),
}

function replay(
  entries: readonly TranscriptEntry[],
  write: (entry: TranscriptEntry) => string,
): readonly [IncarnationReplay, string | null] {
  assert.ok(version !== undefined)
  const worker = Worker.start(engines.image(version), 4096)
  const rows = entries.map((entry, position) => ({ position, text: write(entry) }))
  const readBundle = (id: typeof bundle): string => readableBundle(text(id))
  const replayed = replayIncarnation(rows, {
    worker,
    bundle,
    source: text(bundle),
    limits: { computrons: 500_000_000n },
    readBundle,
  })
  return [replayed, replayed.kind === 'same' ? worker.heapHash() : null]
}

const change = (at: number, into: (entry: TranscriptEntry) => TranscriptEntry): readonly TranscriptEntry[] =>
  recorded.map((entry, index) => (index === at ? into(entry) : entry))
const syscallsOf =
  (into: (syscalls: readonly RecordedSyscall[]) => readonly RecordedSyscall[]) =>
  (entry: TranscriptEntry): TranscriptEntry => ({ ...entry, syscalls: into(entry.syscalls) })

/** The place of the first entry that has such a syscall. */
const first = (kind: RecordedSyscall['kind']): number =>
  recorded.findIndex(({ syscalls }, index) => index > 0 && syscalls.some((syscall) => syscall.kind === kind))
const plain = first('resolve')
const asking = first('getBundle')
const storing = first('vatstoreWrite')

const spoilt: Readonly<Record<string, readonly [number, readonly TranscriptEntry[]]>> = {
  'another answer of the vat': [
    plain,
    change(
      plain,
      syscallsOf((syscalls) => JSON.parse(JSON.stringify(syscalls).replace('+', '-')) as RecordedSyscall[]),
    ),
  ],
  'a syscall more': [
    plain,
    change(
      plain,
      syscallsOf((syscalls) => [...syscalls, ...syscalls]),
    ),
  ],
  'a syscall less': [
    plain,
    change(
      plain,
      syscallsOf(() => []),
    ),
  ],
  'another result': [
    plain,
    change(plain, (entry) => ({ ...entry, result: { kind: 'ok', garbage: 'left' } })),
  ],
  'another question': [
    asking,
    change(
      asking,
      syscallsOf((syscalls) =>
        syscalls.map((syscall) =>
          syscall.kind === 'getBundle'
            ? { ...syscall, part: syscall.part === 'id' ? 'text' : 'id' }
            : syscall,
        ),
      ),
    ),
  ],
  'a question about something else, with the same answer': [
    asking,
    change(
      asking,
      syscallsOf(
        (syscalls) =>
          JSON.parse(JSON.stringify(syscalls).replace(/"cap":"[^"]*"/, '"cap":"o-99"')) as RecordedSyscall[],
      ),
    ),
  ],
  'a question less': [
    asking,
    change(
      asking,
      syscallsOf((syscalls) => syscalls.filter(({ kind }) => kind !== 'getBundle')),
    ),
  ],
  'a syscall less behind a question': [
    asking,
    change(
      asking,
      syscallsOf((syscalls) => syscalls.slice(0, -1)),
    ),
  ],
  'another result behind a question': [
    asking,
    change(asking, (entry) => ({ ...entry, result: { kind: 'ok', garbage: 'left' } })),
  ],
  'another value in the store': [
    storing,
    change(
      storing,
      syscallsOf(
        (syscalls) => JSON.parse(JSON.stringify(syscalls).replace('value', 'VALUE')) as RecordedSyscall[],
      ),
    ),
  ],
}

test('the transcript has what the rows below need', () => {
  for (const at of [plain, asking, storing, first('patched')]) assert.ok(at > 0)
  assert.ok(recorded.some(({ delivery }) => delivery.kind === 'bringOutYourDead'))
})

// Rp1, Rp3.
test('what was recorded is the same, however it is written', () => {
  const [wanted, ...others] = Object.values(writings).map((write) => replay(recorded, write))
  assert.ok(wanted !== undefined)
  assert.deepEqual([wanted[0].kind, wanted[0].deliveries], ['same', recorded.length])
  for (const other of others) assert.deepEqual(other, wanted)
})

for (const [what, [at, entries]] of Object.entries(spoilt)) {
  // Rp1.
  test(`${what} is found, in the same words however it is written`, () => {
    const [wanted, ...others] = Object.values(writings).map((write) => replay(entries, write))
    assert.ok(wanted !== undefined && wanted[0].kind === 'differs', 'it differs')
    assert.equal(wanted[0].divergence.position, at)
    for (const other of others) assert.deepEqual(other, wanted)
  })
}
