/**
 * Records the inputs of the current block (`protocol/store/inputs.ts`), for the table `block_input`.
 *
 * Irc1. Everything that is written to the store outside a step of the kernel is recorded as it is written,
 *       by the part of the store that writes it. A step is recorded by its event. So what a block has beyond
 *       what its kernel did is recorded by construction.
 * Irc2. What is undone leaves no trace: when the kernel's part of a block is undone, only what stays of it is
 *       recorded, the bundles; the items that wait again are appended again. Undoing to a mark outside a step
 *       undoes nothing that is recorded: the host tries out only what kernels write.
 *       A return to an earlier block is an input after those that it leaves. What a block does with the undo
 *       log is no more undone than the log itself: it is recorded as it is when the block is written.
 * Irc3. The inputs are in the transaction of their block. A process that dies loses neither without the
 *       other.
 * Irc4. Recording changes nothing else: no state, no hash, no crank.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import type { KernelEvent } from '../../protocol/kernel/events.ts'
import { writeInput, type BlockInput } from '../../protocol/store/inputs.ts'

/** The event of a step, as its recording needs it. `accept`: with the item, if it is not as in the inbox. */
export type RecordedStep =
  | Exclude<KernelEvent, { readonly kind: 'accept' }>
  | Extract<BlockInput, { readonly kind: 'accept' | 'endBlock' }>

/** What the parts of a store tell about writes to them. */
export interface InputSink {
  wrote(input: BlockInput): void
  /** Bundles stay when the rest of a block is undone. */
  stored(bundle: BundleId, of: BundleKind): void
  named(label: string, bundle: BundleId): void
}

/** For a part that is only read. */
export const noInputs: InputSink = { wrote: () => {}, stored: () => {}, named: () => {} }

export class InputRecorder implements InputSink {
  #text = ''
  /** What an undo leaves. */
  #lasting = ''
  /** The last line, if it is of cranks: others like it are counted in it. */
  #cranks: { readonly cleaning: 'do' | 'leave'; times: number } | undefined
  #inStep = false

  /** The kernel's writes until `ended` are not inputs. */
  began(): void {
    assert(!this.#inStep, 'a step of the kernel is in no other (Irc1)')
    this.#inStep = true
  }

  /** `step`: null when the step came to nothing, or failed. */
  ended(step: RecordedStep | null): void {
    this.#inStep = false
    if (step === null) return
    if (step.kind === 'crank') this.#crank(step.cleaning)
    else this.#add(writeInput(inputOf(step)))
  }

  wrote(input: BlockInput): void {
    if (!this.#inStep) this.#add(writeInput(input))
  }

  stored(bundle: BundleId, of: BundleKind): void {
    this.#addLasting({ kind: 'bundle', bundle, of })
  }

  named(label: string, bundle: BundleId): void {
    this.#addLasting({ kind: 'name', label, bundle })
  }

  /** The inputs of the block up to now. `log`: what it does with the undo log, but for a return. */
  text(log: 'begin' | 'end' | null): string {
    this.#endCranks()
    const line = log === null ? '' : writeInput({ kind: 'undoLog', what: log })
    return log === 'begin' ? line + this.#text : this.#text + line
  }

  /** Whether nothing happened since the last block. */
  get isEmpty(): boolean {
    return this.#text === '' && this.#cranks === undefined
  }

  /** Irc2. */
  undo(): void {
    assert(!this.#inStep, 'a step is undone after its end (Irc2)')
    this.#cranks = undefined
    this.#text = this.#lasting
  }

  /** Everything since the last block is undone, and all since an earlier one (Irc2). */
  returned(): void {
    this.undo()
    this.#add(writeInput({ kind: 'undoLog', what: 'return' }))
  }

  /** The block was committed, or abandoned. */
  clear(): void {
    this.#lasting = ''
    this.#inStep = false
    this.undo()
  }

  #addLasting(input: BlockInput): void {
    const line = writeInput(input)
    this.#lasting += line
    // The kernel stores it again when its event is replayed; but another may not, if this one is undone.
    if (!this.#inStep) this.#add(line)
  }

  #crank(cleaning: 'do' | 'leave'): void {
    if (this.#cranks?.cleaning !== cleaning) {
      this.#endCranks()
      this.#cranks = { cleaning, times: 0 }
    }
    this.#cranks.times += 1
  }

  #endCranks(): void {
    const cranks = this.#cranks
    this.#cranks = undefined
    if (cranks !== undefined) this.#text += writeInput({ kind: 'crank', ...cranks })
  }

  #add(line: string): void {
    this.#endCranks()
    this.#text += line
  }
}

function inputOf(step: Exclude<RecordedStep, { readonly kind: 'crank' }>): BlockInput {
  switch (step.kind) {
    case 'initialise':
      return { kind: 'initialise', config: step.config, worker: step.worker }
    case 'migrate':
      return { kind: 'migrate', rows: step.rows }
    case 'accept':
    case 'endBlock':
      return step
  }
}
