/**
 * The model finds what is wrong: what there was to be seen of a real world is changed as a broken kernel
 * would have changed it, and the rule that is there for it says so.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { compare, judge } from '../../src/sim/model/judge.ts'
import type { HistorySeen, Observation, VatSeen } from '../../src/sim/run/observation.ts'
import type { RolloutSeen } from '../../src/sim/run/progress.ts'
import type { StepRecord } from '../../src/sim/steps/step.ts'
import type { Script } from '../../src/sim/script/script.ts'
import { observe } from '../../src/sim/thread.ts'
import type { Line } from '../../src/sim/vat/journal.ts'

/**
 * A script in whose world everything happens that a rule is about. It is kept as it was made: what seeds give
 * changes with every new step.
 */
const script = JSON.parse(readFileSync(join(import.meta.dirname, 'world.json'), 'utf8')) as Script
let observation: Observation

before(async () => {
  observation = (await observe([script]))[0] ?? assert.fail('nothing was seen')
})

/** The world with the lines of all journals passed through `change`. */
const withLines = (change: (lines: readonly Line[], vat: VatSeen) => readonly Line[]): Observation => ({
  ...observation,
  vats: observation.vats.map((vat) => ({ ...vat, lines: change(vat.lines, vat) })),
})

/** Changes one line that fits in the whole world. */
function withLine(
  fits: (line: Line, vat: VatSeen) => boolean,
  change: (line: Line) => readonly Line[],
): Observation {
  let done = false
  const changed = withLines((lines, vat) => lines.flatMap((line) => {
    if (done || !fits(line, vat)) return [line]
    done = true
    return change(line)
  }))
  assert.ok(done, 'the world has such a line')
  return changed
}

const isLine =
  (kind: string, test: (rest: readonly (string | number)[]) => boolean = () => true) =>
  ([, of, ...rest]: Line): boolean =>
    of === kind && test(rest)
const isLive = ([incarnation]: Line, vat: VatSeen): boolean => incarnation === vat.incarnation
const both =
  (one: (line: Line) => boolean) =>
  (line: Line, vat: VatSeen): boolean =>
    one(line) && isLive(line, vat)
const without = (): readonly Line[] => []
const twice = (line: Line): readonly Line[] => [line, line]
const withLast =
  (last: string | number) =>
  (line: Line): readonly Line[] => [[...line.slice(0, -1), last] as unknown as Line]

/** The world with the history of every vat changed. */
const withHistory = (change: (entry: HistorySeen) => HistorySeen): Observation => ({
  ...observation,
  vats: observation.vats.map((vat) => ({ ...vat, history: vat.history.map(change) })),
})

/** The world with other results of the moves that the host asked for. */
const withMoves = (change: (how: string) => string): Observation => ({
  ...observation,
  results: observation.results.map(
    ([step, how]) => [step, script.steps[step]?.kind === 'move' ? change(how) : how] as const,
  ),
})

/** The world with rollouts, and what became of their vats, changed. */
const withRollouts = (
  change: Partial<RolloutSeen>,
  ofVats: Partial<RolloutSeen['vats'][number]> = {},
): Observation => ({
  ...observation,
  rollouts: observation.rollouts.map(
    ([number, rollout]) =>
      [number, { ...rollout, ...change, vats: rollout.vats.map((vat) => ({ ...vat, ...ofVats })) }] as const,
  ),
})

/** The wakeups of a sort. */
const wakeupsOf = (how: string): ReadonlySet<number> =>
  new Set(
    observation.vats.flatMap(({ lines }) =>
      lines.flatMap(([, kind, n, of]) => (kind === 'wakeup' && of === how ? [Number(n)] : [])),
    ),
  )

/** Messages of the host that nothing could go wrong with. */
const harmless = (): ReadonlySet<number> =>
  new Set(
    script.steps.flatMap((step) =>
      step.kind === 'send' && !/burn|blow|deep/.test(JSON.stringify(step.go)) ? [step.n] : [],
    ),
  )

/** What a broken kernel would show, and the rule that finds it. */
const breaks: Readonly<Record<string, { readonly rule: string; readonly make: () => Observation }>> = {
  'a message is delivered twice': { rule: 'once (Mo1)', make: () => withLine(isLine('recv'), twice) },
  'a result is told twice': { rule: 'once (Mo1)', make: () => withLine(isLine('got'), twice) },
  'a message comes that nobody sent': {
    rule: 'received was sent (Mo2)',
    make: () => withLine(isLine('recv'), (line) => [line, [line[0], 'recv', 999_999, String(line[3])]]),
  },
  'a message arrives at another object': {
    rule: 'received was sent (Mo2)',
    make: () => withLine(isLine('recv'), withLast('root:nobody')),
  },
  'messages are lost': {
    rule: 'nothing is lost (Mo3)',
    make: () =>
      withLines((lines) => lines.filter((line) => !isLine('recv', ([n]) => harmless().has(Number(n)))(line))),
  },
  'a result never comes': {
    rule: 'outcomes are known (Mo4)',
    make: () => withLine(both(isLine('got', ([, how]) => how !== 'o:?')), without),
  },
  'a result is another': {
    rule: 'outcomes are known (Mo4)',
    make: () =>
      withLine(
        isLine('got', ([, how]) => String(how).startsWith('d:')),
        withLast('d:-1'),
      ),
  },
  'a result is another object': {
    rule: 'outcomes are known (Mo4)',
    make: () =>
      withLine(
        isLine('got', ([, how]) => /^o:[^?]/.test(String(how))),
        withLast('o:nobody'),
      ),
  },
  'a rejection names another incarnation': {
    rule: 'outcomes are known (Mo4)',
    make: () => withLine(isLine('got'), withLast('x:vatUpgraded:77')),
  },
  'a rejection has a code for which there is no reason': {
    rule: 'outcomes are known (Mo4)',
    make: () => withLine(isLine('got'), withLast('k:vat-suspended')),
  },
  'a watcher is not told': {
    rule: 'watchers are notified (Mo4)',
    make: () => withLine(isLine('told'), without),
  },
  'a watcher is told something else': {
    rule: 'watchers are notified (Mo4)',
    make: () => withLine(isLine('told'), withLast('d:-1')),
  },
  'the host is told something else': {
    rule: 'the host is answered (Mo4)',
    make: () => ({
      ...observation,
      results: observation.results.map(([step, how]) => [step, how.startsWith('d:') ? 'd:-1' : how] as const),
    }),
  },
  'the host waits for ever': {
    rule: 'the host is answered (Mo4)',
    make: () => ({
      ...observation,
      results: observation.results.map(([step, how]) => [step, how === 'none' ? how : 'pending'] as const),
    }),
  },
  'messages arrive in the wrong order': {
    rule: 'order (Mo5)',
    make: () =>
      withLines((lines) => [
        ...lines.filter(isLine('recv')).reverse(),
        ...lines.filter((line) => !isLine('recv')(line)),
      ]),
  },
  'a part of a crank is missing': {
    rule: 'cranks are whole (Mo6)',
    make: () => withLine(isLine('made'), without),
  },
  'what was put into the baggage is gone': {
    rule: 'durable places (Mo7)',
    make: () => ({ ...observation, vats: observation.vats.map((vat) => ({ ...vat, places: [] })) }),
  },
  'the baggage has something else': {
    rule: 'durable places (Mo7)',
    make: () => ({
      ...observation,
      vats: observation.vats.map((vat) => ({
        ...vat,
        places: vat.places.map(([place = '', key = '']) => [place, key, 'root:nobody']),
      })),
    }),
  },
  'an incarnation is left out': {
    rule: 'incarnations (Mo8)',
    make: () => ({
      ...observation,
      vats: observation.vats.map((vat) => ({ ...vat, incarnation: vat.incarnation + 1 })),
    }),
  },
  'a vat stays suspended': {
    rule: 'incarnations (Mo8)',
    make: () => ({ ...observation, vats: observation.vats.map((vat) => ({ ...vat, status: 'suspended' })) }),
  },
  'a vat is gone': { rule: 'incarnations (Mo8)', make: () => ({ ...observation, ended: ['vat1'] }) },
  'an item of the host is lost': {
    rule: 'items are received (Mp1)',
    make: () => ({ ...withLines((lines) => lines.filter((line) => !isLine('item')(line))), failures: [] }),
  },
  'an item is received twice': { rule: 'once (Mo1)', make: () => withLine(isLine('item'), twice) },
  'an item is received under another number': {
    rule: 'items are received (Mp1)',
    make: () => withLine(isLine('item'), ([of, kind, n, , u]) => [[of, kind, n, 99, u] as Line]),
  },
  'items are received in the wrong order': {
    rule: 'items are received (Mp1)',
    make: () =>
      withLines((lines) => [
        ...lines.filter(isLine('item')).reverse(),
        ...lines.filter((line) => !isLine('item')(line)),
      ]),
  },
  'an item that was received fails for no reason': {
    rule: 'items are received (Mp1)',
    make: () => ({
      ...observation,
      failures: Array.from({ length: 9 }, (_, index) => [index + 1, 'k:vat-suspended'] as const),
    }),
  },
  'an item waits although somebody receives': {
    rule: 'items are received (Mp1)',
    make: () => ({ ...observation, waiting: 1 }),
  },
  'what a vat sent never comes to the host': {
    rule: 'posts arrive (Mp2)',
    make: () => ({ ...observation, mail: observation.mail.slice(0, -1) }),
  },
  'the host is told twice of what a vat sent': {
    rule: 'posts arrive (Mp2)',
    make: () => ({ ...observation, mail: [...observation.mail, ...observation.mail.slice(-1)] }),
  },
  'the host is told under another number': {
    rule: 'posts arrive (Mp2)',
    make: () => ({ ...observation, mail: observation.mail.map(([number, n]) => [number + 1, n] as const) }),
  },
  'a wakeup never comes': {
    rule: 'wakeups come (Mw1)',
    make: () => withLines((lines) => lines.filter((line) => !isLine('woke')(line))),
  },
  'a watched promise of the timer is never fulfilled': {
    rule: 'wakeups come (Mw1)',
    make: () => withLines((lines) => lines.filter((line) => !isLine('told')(line))),
  },
  'a wakeup comes twice': { rule: 'wakeups come (Mw1)', make: () => withLine(isLine('woke'), twice) },
  'a wakeup comes at a time that nobody told': {
    rule: 'wakeups come (Mw1)',
    make: () => withLine(isLine('woke'), withLast(123_456_789)),
  },
  'a wakeup comes before it is due': {
    rule: 'wakeups come (Mw1)',
    make: () =>
      withLine(
        isLine('woke', ([n, time]) => wakeupsOf('once').has(Number(n)) && time !== 0),
        withLast(0),
      ),
  },
  'a wakeup comes although it was cancelled': {
    rule: 'wakeups come (Mw1)',
    make: () =>
      withLine(
        isLine('woke', ([n]) => wakeupsOf('once').has(Number(n))),
        (line) => [line, [line[0], 'cancel', 999_998, line[2] ?? 0], [line[0], 'got', 999_998, 'd:1']],
      ),
  },
  'a wakeup comes that nobody asked for': {
    rule: 'wakeups come (Mw1)',
    make: () => withLine(isLine('start'), (line) => [line, [line[0], 'woke', 999_999, 0]]),
  },
  'an heir has other parameters than it was given': {
    rule: 'parameters (Mu1)',
    make: () =>
      withLines((lines) =>
        lines.map((line) =>
          line[1] === 'start' && line[0] > 0
            ? ([line[0], 'start', 'step 777', ...line.slice(3)] as unknown as Line)
            : line,
        ),
      ),
  },
  'a vat is suspended by a refused upgrade, and nobody wanted that': {
    rule: 'refusals suspend (Mu1)',
    make: () => ({ ...observation, held: [['vat77 upgrade-refused', 3]] }),
  },
  'a vat runs that a refused upgrade was to suspend': {
    rule: 'refusals suspend (Mu1)',
    make: () => ({
      ...observation,
      refused: script.steps.flatMap((step, at) =>
        step.kind === 'upgrade' && step.onFailure === 'suspend'
          ? [[at, { at, status: 'running' }] as const]
          : [],
      ),
    }),
  },
  'an heir is not left what was found': {
    rule: 'salvages arrive (Mu2)',
    make: () => withLine(isLine('salvaged'), without),
  },
  'an heir is left something else': {
    rule: 'salvages arrive (Mu2)',
    make: () => withLine(isLine('salvaged'), withLast('7 o777')),
  },
  'an heir is left what nobody gave it': {
    rule: 'salvages arrive (Mu2)',
    make: () =>
      withLines((lines) =>
        lines.flatMap((line) =>
          isLine('start')(line) && line[0] === 0 ? [line, [0, 'salvaged', '1'] as Line] : [line],
        ),
      ),
  },
  'a vat is on another version than its history says': {
    rule: 'versions follow (Mv1)',
    make: () => ({ ...observation, vats: observation.vats.map((vat) => ({ ...vat, worker: 1 })) }),
  },
  'a vat starts on a version that nobody chose': {
    rule: 'versions follow (Mv1)',
    make: () => withHistory((entry) => (entry.mode === 'start' ? { ...entry, worker: 1 } : entry)),
  },
  'an upgrade of code leads to another version than the default': {
    rule: 'versions follow (Mv1)',
    make: () =>
      withHistory((entry) =>
        entry.subject === 'code' && entry.mode === 'durable' ? { ...entry, worker: 2 } : entry,
      ),
  },
  'an incarnation is not in the history': {
    rule: 'versions follow (Mv1)',
    make: () => ({
      ...observation,
      vats: observation.vats.map((vat) => ({
        ...vat,
        history: vat.history.filter(({ mode, subject }) => mode !== 'durable' || subject !== 'worker'),
      })),
    }),
  },
  'a version is gone that nobody retired': {
    rule: 'versions follow (Mv1)',
    make: () => ({ ...observation, workers: [0, 1] }),
  },
  'the default is a version that nobody chose': {
    rule: 'versions follow (Mv1)',
    make: () => ({ ...observation, defaultWorker: 2 }),
  },
  'a move by replay begins an incarnation': {
    rule: 'moves end right (Mv2)',
    make: () => withMoves((how) => how.replace('w:replay', 'w:durable')),
  },
  'a move is refused for no reason': {
    rule: 'moves end right (Mv2)',
    make: () => withMoves(() => 'k:upgrade-refused'),
  },
  'a move is pending for ever': { rule: 'moves end right (Mv2)', make: () => withMoves(() => 'pending') },
  'a move is not in the history': {
    rule: 'moves end right (Mv2)',
    make: () => withHistory((entry) => (entry.subject === 'worker' ? { ...entry, subject: 'code' } : entry)),
  },
  'a restart has other parameters': {
    rule: 'parameters (Mu1)',
    make: () =>
      withLines((lines, { history }) =>
        lines.map((line) =>
          isLine('start')(line) &&
          history.some(({ subject, mode, incarnation }) =>
            subject === 'worker' && mode === 'durable' && incarnation === line[0])
            ? ([line[0], 'start', 'step 777', ...line.slice(3)] as unknown as Line)
            : line,
        ),
      ),
  },
  'a rollout never ends': { rule: 'rollouts end (Mv3)', make: () => withRollouts({ state: 'running' }) },
  'a rollout leaves a vat undecided': {
    rule: 'rollouts end (Mv3)',
    make: () => withRollouts({}, { outcome: 'waiting' }),
  },
  'a rollout leaves a vat where it is for no reason': {
    rule: 'rollouts end (Mv3)',
    make: () => withRollouts({}, { outcome: 'kept', refusal: null }),
  },
  'a rollout suspends a vat against its policy': {
    rule: 'rollouts end (Mv3)',
    make: () => withRollouts({}, { outcome: 'suspended', refusal: 'replay/exhausted' }),
  },
  'a rollout moves a vat, and its history knows nothing of it': {
    rule: 'rollouts end (Mv3)',
    make: () => withHistory((entry) => (entry.subject === 'worker' ? { ...entry, worker: 1 } : entry)),
  },
  'a vat saw what cannot be': {
    rule: 'nothing wrong (Mo9)',
    make: () => withLine(isLine('start'), (line) => [line, [line[0], 'wrong', 'two objects are o1']]),
  },
}

// Po2, Stp2, Eo1 to Eo5: nothing valid is a finding.
test('a world of this kernel has nothing wrong, and is the same as itself', () => {
  assert.deepEqual(judge(script, observation), [])
  assert.deepEqual(compare(observation, observation), [])
})

for (const [situation, { rule, make }] of Object.entries(breaks)) {
  // Fa1, Eo1, Eo2, Eo3, Eo4, Eo5.
  test(`${situation}: found by the rule "${rule}"`, () => {
    const findings = judge(script, make())
    assert.ok(
      findings.some((finding) => finding.startsWith(rule)),
      findings.join('\n') || 'nothing was found',
    )
  })
}

// Mc1.
test('code is retired once: what a kernel would show that retires it twice, never, or for another reason', () => {
  const first = script.steps.length
  const asked = (...steps: readonly (readonly [StepRecord, how: string])[]): readonly string[] => {
    const retiring = { kind: 'retire-code', spare: 1 } as const
    const longer = { ...script, steps: [...script.steps, ...steps.map(() => retiring)] }
    const seen = {
      ...observation,
      records: [...observation.records, ...steps.map(([record], at) => [first + at, record] as const)],
      results: [...observation.results, ...steps.map(([, how], at) => [first + at, how] as const)],
    }
    return judge(longer, seen).filter((finding) => finding.startsWith('code is retired once (Mc1)'))
  }
  const accepted = { kind: 'accepted', sequence: 1 } as const
  const unknown = { kind: 'refused', code: 'bundle/unknown' } as const
  assert.deepEqual(asked([accepted, 't:retired'], [unknown, 'none']), [])
  assert.deepEqual(asked([accepted, 't:retired'], [accepted, 'k:bundle-unknown']), [])
  assert.match(asked([accepted, 't:retired'], [accepted, 't:retired'])[0] ?? '', /a second time/)
  assert.match(asked([unknown, 'none'])[0] ?? '', /found nothing to retire/)
  assert.match(asked([accepted, 'k:bundle-in-use'])[0] ?? '', /ended with k:bundle-in-use/)
})

test('two courses that differ in one block, in a heap or in an answer are told apart', () => {
  const { blocks, vats, results } = observation
  const others: readonly Observation[] = [
    {
      ...observation,
      blocks: blocks.map((block, index) => (index === 3 ? { ...block, hash: 'f'.repeat(64) } : block)),
    },
    { ...observation, blocks: blocks.slice(0, -1) },
    { ...observation, vats: vats.map((vat, index) => (index === 0 ? { ...vat, heapHash: '0' } : vat)) },
    { ...observation, results: results.map(([step]) => [step, 'd:-1'] as const) },
  ]
  for (const other of others) assert.notDeepEqual(compare(observation, other), [])
  assert.match(compare(observation, others[0] as Observation)[0] ?? '', /^block 3 ends after crank \d+ with/)
})
