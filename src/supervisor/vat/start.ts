/**
 * The start of an incarnation: evaluate the bundle, call `buildRootObject`, check the estate.
 *
 * `begin` runs in the dispatch; the engine then runs all jobs; `outcome` reports the result. A start that is
 * unfinished when there is nothing left to do never will finish.
 */
import { assert } from '../../base/errors.ts'
import { exportedObject, type Vref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refusalLimits } from '../../protocol/limits.ts'
import type { DeliveryResult, StartRefusalCode } from '../../protocol/results.ts'
import type { Codec } from '../values/codec.ts'
import { stackOf } from '../realm/console.ts'
import type { Environment } from '../realm/globals.ts'
import { provideBaggage } from './baggage.ts'
import type { Collections } from '../collections/collections.ts'
import type { Kinds } from '../kinds/kinds.ts'
import type { NamedExports } from './namedExports.ts'
import { isRemotable } from '../values/remotable.ts'
import type { Slots } from '../wire/slots.ts'
import { describeThrown } from '../values/thrown.ts'

type BuildRootObject = (vatPowers: object, parameters: unknown, baggage: object) => unknown

/** The progress of the start. */
type Progress =
  | { readonly kind: 'pending' }
  | { readonly kind: 'built'; readonly root: unknown }
  | {
      readonly kind: 'failed'
      readonly code: StartRefusalCode
      readonly message: string
      readonly stack: string
    }

export class Start {
  #progress: Progress = { kind: 'pending' }
  #missing: readonly Vref[] = []
  readonly #abandonKinds: readonly string[]

  /** Tags of durable kinds that may end with this start. */
  constructor(abandonKinds: readonly string[]) {
    this.#abandonKinds = abandonKinds
  }

  /** Salvaged objects that no longer exist: the start is refused because of them. */
  expect(missing: readonly Vref[]): void {
    this.#missing = missing
  }

  /** `evaluate`: called at most once. */
  begin(
    evaluate: () => EvaluatedBundle,
    codec: Codec,
    collections: Collections,
    powers: object,
    parameters: CapData,
  ): void {
    assert(this.#progress.kind === 'pending', 'an incarnation is started twice')
    if (this.#missing.length > 0) return
    const evaluated = evaluate()
    if (evaluated.kind === 'failed') {
      this.#progress = evaluated
      return
    }
    const { build } = evaluated
    const call = async (): Promise<BuildResult> =>
      buildResultOf(build(powers, codec.decode(parameters), provideBaggage(collections)))
    call().then(
      ({ root }) => { this.#progress = { kind: 'built', root } },
      (error: unknown) => { this.#progress = failed('start/threw', error) },
    )
  }

  outcome(slots: Slots, kinds: Kinds, namedExports: NamedExports): DeliveryResult {
    const progress = this.#progress
    const missing = this.#missing
    if (missing.length > 0)
      return refused(
        'salvage/stale',
        `objects that were salvaged are gone since: ${missing.join(', ')}`,
        missing,
      )
    const flaw = kinds.flaw()
    if (flaw !== undefined) return refused(flaw.code, flaw.message, flaw.names)
    switch (progress.kind) {
      case 'pending':
        return refused('start/never-settled', neverSettled)
      case 'failed':
        return refused(progress.code, progress.message, [], progress.stack)
      case 'built':
        return checkEstate({ slots, kinds, namedExports, abandonKinds: this.#abandonKinds }, progress.root)
    }
  }
}

/** The bundle of a vat after its evaluation. */
export type EvaluatedBundle =
  | { readonly kind: 'evaluated'; readonly build: BuildRootObject }
  | Extract<Progress, { readonly kind: 'failed' }>

export function evaluateBundle(environment: Environment, source: string): EvaluatedBundle {
  try {
    return { kind: 'evaluated', build: builderOf(environment, source) }
  } catch (error) {
    return failed('start/bundle-broken', error)
  }
}

function builderOf(environment: Environment, source: string): BuildRootObject {
  const exported = environment.evaluate(source) as { buildRootObject?: unknown } | undefined
  const build = exported?.buildRootObject
  if (typeof build !== 'function')
    throw new TypeError('the bundle does not export a function buildRootObject')
  return build as BuildRootObject
}

const neverSettled =
  'the promise of buildRootObject is still pending and nothing is left to do. Await nothing that another vat has to answer, ' +
  'and give the root no method named then: an asynchronous function that returns such an object waits for it'

/**
 * The result of `buildRootObject`. In a record of its own: a promise would be resolved by calling a method
 * `then` of the root.
 */
interface BuildResult {
  readonly root: unknown
}

const promiseThen = Promise.prototype.then

/** Only a genuine promise is awaited; anything else is the root, regardless of its methods. */
function buildResultOf(returned: unknown): BuildResult | Promise<BuildResult> {
  try {
    return Reflect.apply(promiseThen, returned, [
      (root: unknown): BuildResult => ({ root }),
    ]) as Promise<BuildResult>
  } catch {
    return { root: returned }
  }
}

/** Why the object cannot be the root, or undefined. The traps of a proxy may throw. */
function rootFlaw(root: unknown): string | undefined {
  const notRemotable = 'buildRootObject returned something that is not a remotable; make it with Far'
  try {
    if (typeof root !== 'object' || root === null || !isRemotable(root)) return notRemotable
    const thenable = typeof (harden(root) as { then?: unknown }).then === 'function'
    return thenable
      ? 'buildRootObject returned an object with a method named then; a remotable cannot have one'
      : undefined
  } catch {
    return notRemotable
  }
}

interface Estate {
  readonly slots: Slots
  readonly kinds: Kinds
  readonly namedExports: NamedExports
  readonly abandonKinds: readonly string[]
}

function checkEstate({ slots, kinds, namedExports, abandonKinds }: Estate, root: unknown): DeliveryResult {
  const flaw = rootFlaw(root)
  if (flaw !== undefined) return refused('start/root-not-remotable', flaw)
  const { missing, abandoned } = kinds.conclude(abandonKinds)
  if (missing.length > 0) {
    return refused(
      'start/kinds-missing',
      `defineDurableKind not called for tags: [${missing.join(',')}]`,
      missing,
    )
  }
  const labels = namedExports.missing()
  if (labels.length > 0) {
    return refused(
      'start/exports-missing',
      `named exports of the estate were neither reconnected nor released: ${labels.join(', ')}`,
      labels,
    )
  }
  const vref = exportedObject(0)
  if (slots.vrefOf(root as object) !== undefined) {
    return refused(
      'start/root-not-remotable',
      'the root must be an object of its own, made by buildRootObject and not exported before',
    )
  }
  slots.exportAs(vref, root as object)
  const migrated = kinds.migrated()
  return {
    kind: 'started',
    root: vref,
    promises: 'kept',
    ...(migrated.length === 0 ? {} : { migrated }),
    ...(abandoned.length === 0 ? {} : { abandoned }),
  }
}

/**
 * The texts are created in the job in which the code failed: reading an error may run the code of the vat.
 */
function failed(
  code: StartRefusalCode,
  error: unknown,
): Extract<Progress, { readonly kind: 'failed' }> {
  const { text } = refusalLimits
  return {
    kind: 'failed',
    code,
    message: describeThrown(error).slice(0, text),
    stack: stackOf(error).slice(0, text),
  }
}

function refused(
  code: StartRefusalCode,
  message: string,
  names: readonly string[] = [],
  stack = '',
): DeliveryResult {
  return { kind: 'refused', refusal: { code, message, names, stack } }
}
