/**
 * Expected outcomes: the ways in which a promise or a message may be settled, according to the journals of
 * its deciders.
 *
 * Eo1. A decided promise has the value with which it was decided; one whose decider's incarnation ended may
 *      instead be rejected with the disconnection of exactly that incarnation.
 * Eo2. A message that was received ends as it was answered. One that was not received is rejected, and only
 *      for a reason that holds: its target was not an object, was terminated, or could not run it.
 * Eo3. A promise that follows another has its outcome. Promises that follow each other in a cycle are never
 *      settled.
 * Eo4. What a terminated vat was to decide may have any outcome, but has one.
 * Eo5. A message to a promise may have waited in its sender's heap. The result that the sender holds is
 *      settled there, also when the message was sent later and answered; and it is disconnected with that
 *      heap.
 */
import { assert } from '../../base/errors.ts'
import { faultsOf, type Facts, type Moment, type Sent } from './facts.ts'

/** The possible outcomes of a promise or message. */
export interface ExpectedOutcome {
  /** The possible outcomes, in the notation of `vat/outcomes.ts`; `*`: any. */
  readonly may: ReadonlySet<string>
  /** `settled`: at the end of the run it is settled for all running vats. */
  readonly end: 'settled' | 'open'
}

const open: ExpectedOutcome = { may: new Set(), end: 'open' }
const settled = (...may: readonly string[]): ExpectedOutcome => ({ may: new Set(may), end: 'settled' })
/** Eo4. */
const unknown = settled('*')
const withMore = (
  { may, end }: ExpectedOutcome,
  more: readonly string[],
  now: ExpectedOutcome['end'] = end,
): ExpectedOutcome => ({
  may: new Set([...may, ...more]),
  end: now,
})

/** Computes expected outcomes from the facts. */
export class ExpectedOutcomes {
  readonly #facts: Facts
  readonly #known = new Map<string, ExpectedOutcome>()
  readonly #inProgress = new Set<string>()
  #mayFormCycle: boolean | undefined

  constructor(facts: Facts) {
    this.#facts = facts
  }

  /** Of a promise (`p7`), or of the result of a message (`m7`). */
  of(name: string): ExpectedOutcome {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    // Eo3: a promise cannot be resolved to itself; a longer cycle stays pending.
    if (this.#inProgress.has(name)) return { may: new Set(['e:TypeError']), end: 'open' }
    this.#inProgress.add(name)
    const expected = name.startsWith('p') ? this.#promise(name) : this.#result(Number(name.slice(1)))
    assert(this.#inProgress.delete(name), 'the name is in progress until its outcome is known')
    if (this.#inProgress.size === 0) this.#known.set(name, expected)
    return expected
  }

  /** Why a message that was never received may have been rejected. */
  refusals(n: number, sent: Sent): ExpectedOutcome {
    const expected = this.#refusalsBy(sent.target)
    const { programs, takenBack } = this.#facts
    return withMore(expected, [...faultsOf(programs.get(n)), ...(takenBack.has(n) ? ['k:object-unknown'] : [])])
  }

  /** Whether the incarnation of the position ended. */
  hasEnded({ vat, incarnation }: Moment): boolean {
    if (vat === 'host') return false
    const seen = this.#facts.vats.get(vat)
    return seen === undefined || seen.incarnation > incarnation
  }

  /** Whether a name is that of an object. */
  static isObject(u: string): boolean {
    return !/^[pm]\d/.test(u)
  }

  get #someEnded(): boolean {
    return this.#facts.script.ends === 'some'
  }

  /** For what no existing vat has made or sent. */
  get #ofTheEnded(): ExpectedOutcome {
    return this.#someEnded ? { ...unknown, end: 'open' } : open
  }

  /** For a promise of a terminated vat: it was settled with the vat, unless it follows one that never is. */
  get #promiseOfTheEnded(): ExpectedOutcome {
    this.#mayFormCycle ??= mayFormCycle(this.#facts)
    return this.#someEnded && !this.#mayFormCycle ? unknown : this.#ofTheEnded
  }

  #promise(name: string): ExpectedOutcome {
    const { promises, decided } = this.#facts
    const made = promises.get(name)
    if (made === undefined) return this.#promiseOfTheEnded
    const decision = decided.get(name)
    return this.#orDisconnected(decision === undefined ? open : this.#following(decision.how), made)
  }

  #result(n: number): ExpectedOutcome {
    const { received, answers, sent } = this.#facts
    const receipt = received.get(n)
    if (receipt !== undefined) {
      const answer = answers.get(n)
      return this.#orLost(
        this.#orDisconnected(answer === undefined ? open : this.#following(answer.how), receipt),
        sent.get(n),
      )
    }
    const sending = sent.get(n)
    return sending === undefined ? this.#ofTheEnded : this.#orLost(this.refusals(n, sending), sending)
  }

  /** Eo5. */
  #orLost(expected: ExpectedOutcome, sending: Sent | undefined): ExpectedOutcome {
    if (sending === undefined || ExpectedOutcomes.isObject(sending.target) || !this.hasEnded(sending))
      return expected
    return withMore(expected, [`x:vatUpgraded:${sending.incarnation}`])
  }

  /** Eo1. */
  #orDisconnected(expected: ExpectedOutcome, decider: Moment): ExpectedOutcome {
    if (!this.hasEnded(decider)) return expected
    return withMore(expected, [`x:vatUpgraded:${decider.incarnation}`], 'settled')
  }

  #following(how: string): ExpectedOutcome {
    return how.startsWith('p:') ? this.of(how.slice(2)) : settled(how)
  }

  #refusalsBy(target: string): ExpectedOutcome {
    if (ExpectedOutcomes.isObject(target)) return this.#refusalsByObject(target)
    const { may, end } = this.of(target)
    const reasons = new Set<string>()
    for (const how of may) for (const reason of this.#refusalsByOutcome(how)) reasons.add(reason)
    return { may: reasons, end }
  }

  #refusalsByOutcome(how: string): Iterable<string> {
    const [kind] = how
    if (kind === '*') return ['*']
    if (kind === 'o') return this.#refusalsByObject(how.slice(2)).may
    if (kind === 'e' || kind === 'k' || kind === 'x') return [how]
    // The vat or the kernel rejects it, depending on which learns of the value first.
    return ['k:target-not-object', 'e:TypeError']
  }

  #refusalsByObject(u: string): ExpectedOutcome {
    if (/^(vatAdmin|port|timer)$|^admin:/.test(u)) return settled('k:service-refused')
    if (u.startsWith('root:')) return this.#refusalsByVat(u.slice('root:'.length))
    const maker = this.#facts.made.get(u)
    if (maker === undefined) return this.#someEnded ? unknown : settled('k:object-unknown')
    const lasts = maker.kind === 'durable' || maker.kind === 'facets'
    return !lasts && this.hasEnded(maker)
      ? withMore(this.#refusalsByVat(maker.vat), ['k:object-abandoned', 'k:object-unknown'])
      : this.#refusalsByVat(maker.vat)
  }

  #refusalsByVat(vat: string): ExpectedOutcome {
    const { vats, lateFaults } = this.#facts
    if (vats.has(vat)) return settled(...(lateFaults.get(vat) ?? []))
    return this.#someEnded ? unknown : settled('k:vat-terminated', 'k:object-unknown')
  }
}

/**
 * Whether promises may form a cycle: they do, or one follows a promise that no existing journal describes.
 */
function mayFormCycle({ decided, answers, promises, sent, received }: Facts): boolean {
  const next = (name: string): string | undefined => {
    const how = (name.startsWith('p') ? decided.get(name) : answers.get(Number(name.slice(1))))?.how
    return how?.startsWith('p:') === true ? how.slice(2) : undefined
  }
  const isKnown = (name: string): boolean =>
    name.startsWith('p')
      ? promises.has(name)
      : sent.has(Number(name.slice(1))) || received.has(Number(name.slice(1)))
  for (const first of [...decided.keys(), ...[...answers.keys()].map((n) => `m${n}`)]) {
    const seen = new Set([first])
    for (let name = next(first); name !== undefined; name = next(name)) {
      if (seen.has(name) || !isKnown(name)) return true
      seen.add(name)
    }
  }
  return false
}

/** Whether an observed outcome is one of the expected. An object of unknown name matches any object. */
export function fits(how: string, { may }: ExpectedOutcome): boolean {
  if (may.has(how) || may.has('*')) return true
  return how === 'o:?' && [...may].some((each) => each.startsWith('o:'))
}

/** For findings. */
export const formatExpected = ({ may, end }: ExpectedOutcome): string =>
  `${[...may].sort().join(' or ') || 'nothing'}${end === 'open' ? ', or none yet' : ''}`
