/** Scenes: transactions over several blocks that lead to situations which are too rare by chance. */
import { failingKernels, soundKernels, type KernelName } from '../../kernels/kernels.ts'
import { accountCount, chunkCount } from '../world/chains.ts'
import { codeNames, vatNames, type Action, type CodeName, type Motion } from './script.ts'
import { voters, type Writer } from './writer.ts'

type Scene = (writer: Writer) => void

/** Parameters that votes change, and values of them. */
const parameters: Readonly<Record<string, readonly number[]>> = {
  'fees.host': [0, 1, 2, 7],
  'fees.byte': [0, 0, 1],
  'fees.kernel': [0, 5, 10],
  'governance.period': [1, 2, 3],
  'governance.quorum': [1, 334, 700],
  'governance.threshold': [501, 700, 1_000],
  'governance.veto': [200, 334, 1_000],
  'governance.open': [2, 4, 100],
  'kernel.computrons': [1_000_000, 3_000_000, 2_000_000_000],
  'kernel.handed': [1, 3, 20, 2_000],
  'kernel.backlog': [1, 5, 10_000],
  'kernel.queue': [1, 3, 2_000],
  'block.kept': [1, 5, 1_000],
  'transactions.lifetime': [2, 5, 1_000],
  'publishing.kept': [1, 100],
  'uploads.lifetime': [1, 20],
  // Not within their bounds.
  'no.such-parameter': [600],
  'block.bytes': [5],
}

const hostMotion = (writer: Writer): Motion => {
  const { random } = writer
  const kind = random.weighted({ mint: 4, members: 4, parameter: 8, 'publish-root': 2, cancel: 1 })
  switch (kind) {
    case 'mint':
      return { kind, to: random.below(accountCount), amount: String(random.below(100_000)) }
    case 'members':
      return {
        kind,
        weights: [...new Set([1 + random.below(5), 1 + random.below(6)])].map(
          (who) => [who, random.pick([0, 1, 1, 2, 5])] as const,
        ),
      }
    case 'parameter': {
      const name = random.pick(Object.keys(parameters))
      return { kind, name, value: random.pick(parameters[name] ?? [0]) }
    }
    case 'publish-root':
      return { kind, name: random.pick(['till', 'till', 'mill']), vat: random.pick(['bank', 'mill', 'ghost', null]) }
    case 'cancel':
      return { kind, name: `known-${1 + random.below(40)}` }
  }
}

const anyMotion = (writer: Writer): Motion => {
  const { random } = writer
  if (random.chance(60)) return hostMotion(writer)
  const kind = random.weighted({ kernel: 3, suspend: 1, resume: 1, retry: 1, unpause: 1, 'abandon-plan': 1, 'upgrade-vat': 2 })
  const vat = random.pick(vatNames)
  switch (kind) {
    case 'kernel':
      return { kind, kernel: otherKernel(writer), rows: null }
    case 'upgrade-vat':
      return { kind, vat, code: random.pick(['version-1', ...codeNames]) }
    case 'suspend':
    case 'resume':
      return { kind, vat }
    default:
      return { kind }
  }
}

const otherKernel = ({ random }: Writer): KernelName =>
  random.pick([...soundKernels, 'cannot-migrate', 'miscounts', 'tables-differ', 'too-old', 'unknown'])

/** Members vote as chance has it, also late, also others, and change their minds. */
const disputed: Scene = (writer) => {
  const { random } = writer
  const label = `disputed ${writer.name()}`
  const motions = Array.from({ length: 1 + random.below(3) }, () => anyMotion(writer))
  writer.plan(0, random.pick([...voters, 5, 6]), { kind: 'propose', label, motions })
  for (let count = 2 + random.below(6); count > 0; count -= 1)
    writer.plan(1 + random.below(writer.period + 1), random.pick([...voters, ...voters, 5]), {
      kind: 'vote',
      label,
      choice: random.pick(['yes', 'yes', 'yes', 'no', 'abstain', 'veto']),
    })
}

const decided: Scene = (writer) => {
  const motions = Array.from({ length: 1 + writer.random.below(3) }, () => anyMotion(writer))
  writer.vote(0, ...motions)
}

/** Members change while a vote is open. */
const changing: Scene = (writer) => {
  const { random } = writer
  writer.vote(0, { kind: 'members', weights: [[1, random.pick([0, 9])], [5, random.pick([3, 20])]] })
  const label = `changing ${writer.name()}`
  const ahead = writer.period - random.below(2)
  writer.plan(ahead, 2, { kind: 'propose', label, motions: [hostMotion(writer)] })
  for (const who of [1, 2, 5])
    writer.plan(ahead + 1, who, { kind: 'vote', label, choice: random.pick(['yes', 'yes', 'no']) })
}

const flood: Scene = (writer) => {
  const { random } = writer
  const from = random.pick([1, 2, 3])
  const [count, ahead] = [5 + random.below(30), random.below(2)]
  for (let each = 0; each < count; each += 1)
    writer.plan(ahead, from, { kind: 'send', to: random.pick(vatNames), call: writer.call() })
}

/** More work than a block has room for. */
const heavy: Scene = (writer) => {
  const { random } = writer
  for (let each = 2 + random.below(8); each > 0; each -= 1)
    writer.plan(random.below(2), 1, {
      kind: 'send',
      to: random.pick(vatNames),
      call: { kind: 'burn', times: 20_000 + random.below(150_000) },
    })
}

/** Code is uploaded in chunks, sometimes with a flaw, and a vat is upgraded to it. */
const upload: Scene = (writer) => {
  const { random } = writer
  const code = random.pick(codeNames)
  const from = random.pick([1, 2, 5])
  const label = random.chance(85) ? code : random.pick(codeNames)
  writer.plan(0, from, { kind: 'begin-upload', code, label })
  const damaged = random.chance(15) ? random.below(chunkCount) : -1
  for (let index = 0; index < chunkCount; index += 1)
    if (random.chance(97))
      writer.plan(Math.floor(index / 2), from, { kind: 'chunk', code, index, isDamaged: index === damaged })
  if (random.chance(80)) upgradeVat(writer, code, 1)
}

function upgradeVat(writer: Writer, code: CodeName, ahead: number): void {
  const { random } = writer
  const vat = random.pick(['bank', 'bank', 'mill'] as const)
  const done = random.chance(50)
    ? writer.vote(ahead, { kind: 'upgrade-vat', vat, code })
    : writer.vote(ahead, { kind: 'plan', id: `plan ${writer.name()}`, vat, code })
  for (let each = random.below(6); each > 0; each -= 1)
    writer.plan(done - random.below(2), random.pick(voters), { kind: 'send', to: vat, call: writer.call() })
}

const upgradeAgain: Scene = (writer) => upgradeVat(writer, writer.random.pick(codeNames), 0)

const suspension: Scene = (writer) => {
  const { random } = writer
  const vat = random.pick(vatNames)
  const done = writer.vote(0, { kind: 'suspend', vat })
  for (let each = random.below(5); each > 0; each -= 1)
    writer.plan(done + random.below(3), random.pick(voters), { kind: 'send', to: vat, call: writer.call() })
  writer.vote(done + random.below(4), { kind: 'resume', vat })
}

const pause: Scene = (writer) => {
  const done = writer.vote(0, { kind: 'pause' })
  writer.plan(done + 1, 1, { kind: 'send', to: 'bank', call: writer.call() })
  writer.vote(done + writer.random.below(3), { kind: 'unpause' })
}

/** Another kernel of the same behaviour, at once or spread over blocks. */
const swap: Scene = (writer) => {
  const { random } = writer
  const done = writer.vote(0, { kind: 'kernel', kernel: otherKernel(writer), rows: random.pick([null, null, 20, 500]) })
  for (let each = random.below(5); each > 0; each -= 1)
    writer.plan(done - 1 + random.below(3), random.pick(voters), { kind: 'send', to: 'bank', call: writer.call() })
}

/** A plan that puts a kernel in place, and may upgrade a vat in its trial; messages wait meanwhile. */
const kernelPlan: Scene = (writer) => {
  const { random } = writer
  const id = `plan ${writer.name()}`
  const kernel = random.chance(60) ? otherKernel(writer) : random.pick(failingKernels)
  const code = random.pick(['version-1', ...codeNames] as const)
  const then = random.chance(50) ? { vat: random.pick(vatNames), code } : null
  const done = writer.vote(0, { kind: 'kernel-plan', id, kernel, then })
  for (let each = random.below(5); each > 0; each -= 1)
    writer.plan(done - 1 + random.below(3), random.pick(voters), sendTo(writer, random.pick(vatNames)))
  if (random.chance(60)) writer.vote(done + random.below(3), { kind: 'abandon-plan' })
}

const sendTo = (writer: Writer, to: string): Action => ({ kind: 'send', to, call: writer.call() })

/** A kernel with a defect fails, in the block in which it is put in place or later, and votes repair it. */
const fault: Scene = (writer) => {
  const { random } = writer
  const done = writer.vote(0, { kind: 'kernel', kernel: random.pick(failingKernels), rows: null })
  const at = done + random.pick([0, 2, 2, 2, 3])
  const vat = random.pick(vatNames)
  const before = random.below(4)
  for (let each = 0; each < before; each += 1)
    writer.plan(at, random.pick(voters), { kind: 'send', to: vat, call: writer.call() })
  const of = writer.plan(at, random.pick(voters), { kind: 'send', to: vat, call: { kind: 'provoke' } })
  for (let each = random.below(6); each > 0; each -= 1)
    writer.plan(
      at + random.below(3),
      random.pick(voters),
      random.chance(50) ? writer.transfer() : sendTo(writer, vat),
    )
  repair(writer, at + 1 + random.below(2), { of, vat })
}

function repair(
  writer: Writer,
  ahead: number,
  { of, vat }: { readonly of: number; readonly vat: (typeof vatNames)[number] },
): void {
  const { random } = writer
  const sound: Motion = { kind: 'kernel', kernel: random.pick(soundKernels), rows: null }
  const way = random.weighted({ kernel: 3, aside: 4, suspend: 2, vain: 2, terminate: 1, nothing: 1 })
  switch (way) {
    case 'kernel':
      writer.vote(ahead, sound)
      return
    case 'aside': {
      const done = writer.vote(ahead, { kind: 'set-aside', of }, { kind: 'retry' })
      writer.plan(done + 1, 1, { kind: 'send', to: vat, call: writer.call() })
      const again = random.chance(60) ? writer.vote(done + 1, sound) : done
      writer.vote(again + random.below(2), { kind: 'put-back', of })
      return
    }
    case 'suspend': {
      const done = writer.vote(ahead, { kind: 'suspend', vat }, { kind: 'retry' })
      const again = writer.vote(done, sound)
      writer.vote(again, { kind: 'resume', vat })
      return
    }
    case 'vain':
      writer.vote(writer.vote(ahead, { kind: 'retry' }), sound)
      return
    case 'terminate':
      if (vat === 'mill') writer.vote(ahead, { kind: 'terminate', vat }, { kind: 'retry' })
      else writer.vote(ahead, { kind: 'retry' }, sound)
      return
    case 'nothing':
      return
  }
}

/** Upgrades of the host at a height: known, unknown, failing at first, skipped, too early, cancelled. */
const hostUpgrade: Scene = (writer) => {
  const { random } = writer
  const kind = random.pick(['known', 'known', 'later', 'throws', 'skipped'])
  const name = `${kind}-${writer.name()}`
  const done = writer.vote(0, { kind: 'schedule', name, ahead: writer.period + 1 + random.below(8) })
  if (random.chance(20)) writer.vote(random.below(done + 1), { kind: 'cancel', name })
  if (random.chance(20)) writer.vote(done, { kind: 'schedule', name, ahead: 10 })
}

/** How often each scene begins. */
export const sceneNames = {
  disputed: 8,
  decided: 6,
  changing: 3,
  flood: 4,
  heavy: 3,
  upload: 4,
  upgradeAgain: 2,
  suspension: 2,
  pause: 1,
  swap: 4,
  kernelPlan: 4,
  fault: 7,
  hostUpgrade: 4,
} as const

export const scenes: Readonly<Record<keyof typeof sceneNames, Scene>> = {
  disputed,
  decided,
  changing,
  flood,
  heavy,
  upload,
  upgradeAgain,
  suspension,
  pause,
  swap,
  kernelPlan,
  fault,
  hostUpgrade,
}
