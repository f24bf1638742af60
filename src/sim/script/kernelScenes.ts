/** Scenes in which the kernel is replaced, fails and is repaired. */
import { failingKernels, soundKernels, unfitKernels } from '../kernels/kernels.ts'
import type { Op, Program } from '../program/program.ts'
import type { Random } from '../program/random.ts'
import type { Step } from '../steps/step.ts'
import {
  ask,
  maybe,
  pause,
  program,
  send,
  small,
  toRest,
  upgrade,
  type Scene,
  type SceneContext,
} from './sceneParts.ts'

const commit: Step = { kind: 'commit' }

/** What an operator does about a fault that two vats provoke: the first by messages to the second. */
type Repair = (setting: SceneContext) => readonly Step[]

const soundKernel = (random: Random): Step => ({ kind: 'kernel', to: random.pick(soundKernels) })

const repairs: Readonly<Record<string, Repair>> = {
  upgrade: ({ random }) => [soundKernel(random)],
  'retry in vain': ({ random }) => [{ kind: 'retry' }, toRest, soundKernel(random)],
  'suspend the vat': ({ random, two }) => [
    { kind: 'suspend', vat: two },
    { kind: 'retry' },
    toRest,
    ...maybe(random, 50, () => commit),
    soundKernel(random),
    { kind: 'resume', vat: two },
  ],
  'upgrade the vat': ({ random, two }) => [upgrade(random, two), { kind: 'retry' }, toRest, soundKernel(random)],
  'set the item aside': (setting) => [
    { kind: 'aside', item: 'provoking' },
    ...maybe(setting.random, 40, () => item(setting)),
    { kind: 'retry' },
    toRest,
    ...maybe(setting.random, 50, () => ask(setting, setting.two, small(setting))),
    ...maybe(setting.random, 50, () => commit),
    soundKernel(setting.random),
    { kind: 'put-back' },
  ],
  'set another item aside': ({ random }) => [
    { kind: 'aside', item: random.below(5) },
    { kind: 'aside', item: random.below(5) },
    ...maybe(random, 50, () => ({ kind: 'retry' })),
    soundKernel(random),
    toRest,
    { kind: 'put-back' },
  ],
  'put back too early': ({ random }) => [
    { kind: 'aside', item: 'provoking' },
    { kind: 'retry' },
    toRest,
    { kind: 'put-back' },
    toRest,
    soundKernel(random),
  ],
  'another defect': ({ random }) => [
    { kind: 'kernel', to: random.pick(failingKernels) },
    toRest,
    soundKernel(random),
  ],
}

export const kernelScenes = {
  /** The kernel is replaced by one of the same behaviour, while messages are under way, and back. */
  'other kernel': {
    weight: 5,
    needs: 'kernels',
    make: (setting) => {
      const { random, one, two } = setting
      return [
        asks(setting, one, two, small(setting)),
        ...pause(random),
        soundKernel(random),
        ask(setting, two, small(setting)),
        ...pause(random),
        soundKernel(random),
        toRest,
      ]
    },
  },
  /** A kernel is taken back, while messages are under way. */
  'taken back': {
    weight: 3,
    needs: 'kernels',
    make: (setting) => {
      const { random, one, two } = setting
      return [
        asks(setting, one, two, small(setting)),
        ...pause(random),
        { kind: 'kernel', to: random.pick(unfitKernels) },
        ask(setting, two, small(setting)),
        toRest,
      ]
    },
  },
  /** A kernel fails at a message of the host or of a vat, other things go on, and it is repaired. */
  'kernel fails': {
    weight: 60,
    needs: 'failing kernels',
    make: (setting) => {
      const { random, one, two } = setting
      const ops: readonly Op[] = [{ kind: 'provoke' }, ...small(setting).ops]
      const byVat = random.chance(40)
      const provoke = byVat
        ? asks(setting, one, two, program(ops))
        : ask(setting, two, program([...ops, send(setting, `root:${one}`, small(setting))]), [one])
      return [
        { kind: 'kernel', to: random.pick(failingKernels) },
        asks(setting, two, one, small(setting)),
        ...pause(random),
        provoke,
        ask(setting, two, small(setting)),
        ...maybe(random, 30, () => item(setting)),
        toRest,
        ...meanwhile(setting),
        ...repairs[random.pick(Object.keys(repairs))]!(setting),
        toRest,
      ]
    },
  },
} as const satisfies { readonly [name: string]: Scene }

/** What a host does while the kernel is faulted: what it owes is accepted, other requests are refused. */
function meanwhile(setting: SceneContext): readonly Step[] {
  const { random, one } = setting
  return [
    ...maybe(random, 50, () => item(setting)),
    ...maybe(random, 40, () => ({ kind: 'advance', by: 1 + random.below(30) })),
    ...maybe(random, 40, () => ask(setting, one, small(setting))),
    ...maybe(random, 30, () => ({ kind: 'collect', limit: 3, acknowledge: true })),
    ...maybe(random, 30, () => commit),
    ...maybe(random, 20, () => ({ kind: 'policy', vat: one, onFault: 'suspend', importance: 'ordinary' })),
  ]
}

const item = ({ random, numbers }: SceneContext): Step => ({
  kind: 'deliver',
  n: numbers.next(),
  way: random.pick(['ok', 'promise', 'throw']),
  give: null,
  again: false,
})

/** The host sends a program to a vat, which sends one to the other. */
const asks = (setting: SceneContext, vat: string, other: string, go: Program): Step =>
  ask(setting, vat, program([send(setting, `root:${other}`, go)]), [other])
