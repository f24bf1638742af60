/**
 * The command line with random words, and the files that it reads with random damage: a documented exit code,
 * a code of the list, and no stack trace.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { CodedError, loadConfig, readEndoBundle } from '../../src/host/index.ts'
import { codes } from '../../src/protocol/codes.ts'
import { Dice } from '../store/support.ts'
import { deviationsIn } from '../kit/audit.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'
import { garbled, mutated } from './mutate.ts'
import { jsonOddities, nameOddities } from './oddities.ts'

process.chdir(temporaryDirectory(forTheFile))
const traceFile = join(process.cwd(), 'good.jsonl')
const world = await openWorld(forTheFile, { vats: { vat: puppet }, open: { trace: { file: traceFile } } })
await world.ask('vat', 'add', 1n, 2n)
await world.outcome('vat', 'run', 'throw Error("no")')
await world.controller.commit()
await world.controller.shutdown()
world.state = 'ended'
const { directory } = world

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function heirloom(words: readonly string[]): Promise<Ended> {
  let out = ''
  let err = ''
  const code = await dispatch(words, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    progress: 'hidden',
    env: { HEIRLOOM_STORE: directory },
  })
  return { code, out, err }
}

/** Those that docs/cli.md says, but for 4, which is a fault of ours. */
const exits = [0, 1, 2, 3]

function assertSound(words: readonly string[], { code, out, err }: Ended): void {
  const said = `heirloom ${JSON.stringify(words)}: ${code}\n${out.slice(0, 500)}${err.slice(0, 1_000)}`
  assert.ok(exits.includes(code), said)
  assert.doesNotMatch(err, /\n\s+at .*\.ts:\d+/, said)
  if (code === 2 || code === 3) assert.ok(/^heirloom: [a-z]+\/[a-z-]+: |^\{/.test(err + out), said)
}

const optionWords = [
  '--json',
  '--help',
  '--queue',
  '--block',
  '--cranks',
  '--computrons',
  '--parameters',
  '--verify',
  '--mode',
  '--vat',
  '--kind',
  '--kinds',
  '--deliveries',
  '--reason',
  '--',
  '-',
  '--no-such',
  '-h',
  '--json=yes',
  '--cranks=1',
]
const plainWords = [
  'vat',
  'v1',
  'v99',
  'none',
  '0',
  '1',
  '-1',
  '1e9',
  '99999999999999999999',
  '{',
  '[]',
  '{}',
  'null',
  '"text"',
  '@vat',
  '@ko1',
  '5n',
  'undefined',
  'all',
  'lazy',
  'durable',
  'label',
  traceFile,
]
const garbage: readonly string[] = [
  ...jsonOddities.filter((odd): odd is string => typeof odd === 'string'),
  ...nameOddities.slice(0, 20),
]

/** What is done with each sort of input, and how often. */
export interface Rounds {
  readonly words: number
  readonly traces: number
  readonly bundles: number
  readonly configurations: number
}

export function fuzzWords(rounds: Rounds): void {
  test('random words for every verb', () => randomWords(rounds.words))
  test('a trace with random damage is read as far as it can be', () => damagedTraces(rounds.traces))
  test('a JSON of a bundle with random damage is read, or refused with a code', () =>
    damagedBundles(rounds.bundles))
  test('a configuration with random damage is read, or refused with a code', () =>
    damagedConfigurations(rounds.configurations))
}

async function randomWords(rounds: number): Promise<void> {
  const dice = new Dice(41)
  // Without an end, or with one that is another store.
  const usable = verbs.filter(({ name }) => name !== 'init')
  for (let round = 0; round < rounds; round += 1) {
    const verb = dice.roll(20) === 0 ? [dice.pick(garbage)] : dice.pick(usable).name.split(' ')
    const words = [
      ...verb,
      ...Array.from({ length: dice.roll(5) }, () =>
        dice.pick(dice.pick([optionWords, plainWords, plainWords, garbage])),
      ),
    ]
    if (words.includes('--follow')) continue
    assertSound(words, await heirloom(words))
  }
  assert.deepEqual(await deviationsIn(directory), [])
}

async function damagedTraces(rounds: number): Promise<void> {
  const dice = new Dice(43)
  const { out } = await heirloom(['trace', traceFile, '--json'])
  assert.ok(out.length > 1_000, 'the good one is read')
  const copy = join(process.cwd(), 'damaged.jsonl')
  const lines = readFileSync(traceFile, 'utf8').trimEnd().split('\n')
  for (let round = 0; round < rounds; round += 1) {
    const damaged = lines.map((line) =>
      dice.roll(3) > 0
        ? line
        : dice.roll(3) === 0
          ? garbled(line, dice)
          : JSON.stringify(mutated(JSON.parse(line), dice, nameOddities)),
    )
    writeFileSync(copy, damaged.join('\n'))
    for (const words of [
      ['trace', copy],
      ['trace', copy, '--json'],
    ])
      assertSound(words, await heirloom(words))
  }
}

async function damagedBundles(rounds: number): Promise<void> {
  const dice = new Dice(47)
  const file = join(process.cwd(), 'bundle.json')
  const good = [
    { moduleFormat: 'getExport', source: '() => ({})', sourceMap: '//# x' },
    { moduleFormat: 'endoZipBase64', endoZipBase64: 'UEsDBA==', endoZipBase64Sha512: '00' },
  ]
  for (let round = 0; round < rounds; round += 1) {
    const bundle = dice.pick(good)
    writeFileSync(
      file,
      dice.roll(3) === 0
        ? garbled(JSON.stringify(bundle), dice)
        : JSON.stringify(mutated(bundle, dice, nameOddities)),
    )
    await readEndoBundle(file).catch((error: unknown) =>
      assert.ok(error instanceof CodedError && Object.hasOwn(codes, error.code), String(error)),
    )
  }
}

function damagedConfigurations(rounds: number): void {
  const dice = new Dice(53)
  const file = join(process.cwd(), 'config.json')
  const good = {
    snapshotInterval: 5,
    ports: ['bank'],
    bootstrap: 'a',
    vats: {
      a: {
        bundleName: 'code',
        parameters: { x: 1 },
        creationOptions: {
          heapLimitBytes: 2 ** 24,
          onFault: 'suspend',
          critical: true,
          worker: 'quickjs-wasi-3.6.2',
          collection: { deliveries: 5, references: 'never' },
        },
      },
    },
    bundles: { code: { sourceSpec: './code.ts' } },
  }
  for (let round = 0; round < rounds; round += 1) {
    writeFileSync(
      file,
      dice.roll(3) === 0
        ? garbled(JSON.stringify(good), dice)
        : JSON.stringify(mutated(good, dice, nameOddities)),
    )
    try {
      loadConfig(file)
    } catch (error) {
      assert.ok(
        error instanceof CodedError && Object.hasOwn(codes, error.code),
        String(error instanceof Error ? error.stack : error),
      )
    }
  }
}
