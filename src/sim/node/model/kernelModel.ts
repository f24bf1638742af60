/** What the model knows of the kernel, and of the code that is installed. */
import { failingKernels, type KernelName } from '../../kernels/kernels.ts'
import type { ModelOperation } from './state.ts'

/** Their outcome is known when the kernel has run, at the end of the block or of a later one. */
export const lateKinds: readonly string[] = [
  'kernel/upgrade',
  'kernel/upgrade-vat',
  'kernel/suspend',
  'kernel/resume',
  'kernel/terminate',
]

/** Ids of kernels and hashes of code, by name. */
export interface KernelNames {
  readonly release: string
  /** The name of a kernel. */
  nameOf(id: string): string
  /** The version of the code with a hash. */
  codeOf(hash: string): string
}

/** An upgrade of a vat that is done: in the order of the operations. */
export interface VatUpgrade {
  readonly vat: string
  readonly version: string
  readonly operation: number
  readonly height: number
  /** A plan skips the upgrade of a vat that runs the code. */
  readonly isPlan: boolean
}

export class KernelModel {
  readonly names: KernelNames
  /** The name of the kernel in place. */
  inPlace: KernelName = 'release'
  /** What the kernel is for certain; null: only the end of the block shows it. */
  certain: string | null = 'ready'
  /** The upgrades of the kernel that the present block begins or goes on with. */
  tried: readonly ModelOperation[] = []
  /** Kernels that may be in place because of plans of the present block; empty: it has none. */
  planned: ReadonlySet<string> = new Set()
  /** Whether a message or an item has come at which kernels with a defect fail. */
  isProvoked = false
  /** Messages that are set aside now. */
  readonly aside = new Set<number>()
  /** Messages that were put back: they come later than others. */
  readonly putBack = new Set<number>()
  readonly terminated = new Set<string>()
  /** Versions that are installed, by label. */
  readonly installed = new Map([['version-1', 'version-1']])
  readonly upgrades: VatUpgrade[] = []
  /** Whether a plan that failed stands, so that no other begins. */
  plan: 'none' | 'perhaps' | 'stands' = 'none'
  /** The transactions that sent items, by the numbers that proposals name. */
  readonly items = new Map<number, number>()
  readonly #ended = new Set<number>()
  #last = 0

  constructor(names: KernelNames) {
    this.names = names
  }

  isDefective(): boolean {
    return (failingKernels as readonly string[]).includes(this.inPlace)
  }

  hasEnded(number: number): boolean {
    return this.#ended.has(number)
  }

  /** Notes an end; returns whether it comes in order and for the first time (Nr8). */
  end({ number, what }: ModelOperation): boolean {
    const isNew = !this.#ended.has(number)
    this.#ended.add(number)
    if (what.kind === 'install' || lateKinds.includes(what.kind)) return isNew
    const isInOrder = number > this.#last
    this.#last = Math.max(this.#last, number)
    return isNew && isInOrder
  }
}
