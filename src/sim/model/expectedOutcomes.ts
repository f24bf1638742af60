/**
 * Fates: how a promise or a message may have ended, by what the journals say of those who decide it.
 *
 * Ft1. A promise that was decided has the value it was decided with; one whose decider's incarnation ended
 *      may instead be rejected with the disconnection of just that incarnation.
 * Ft2. A message that was received ends as it was answered. One that was not received is rejected, and
 *      only for a reason that the world gave: its target was no object, had ended, or could not run it.
 * Ft3. What follows a promise has the fate of that promise. Promises that follow each other in a circle
 *      never end.
 * Ft4. What was in the hands of a vat that is no more may have ended in any way, but has ended.
 * Ft5. A message to a promise may have waited for it in its sender's heap. What the sender holds as its
 *      result
 *      is settled there, also when the message went out later and was answered; and it ends with that heap.
 */
import { faultsOf, type Facts, type Moment, type Sent } from './facts.ts'

export interface ExpectedOutcome {
  /** How it may have ended, as the vats write outcomes. */
  readonly may: ReadonlySet<string>
  /** `settled`: by the end of the course it has ended for all who live. */
  readonly end: 'settled' | 'open'
}

const open: ExpectedOutcome = { may: new Set(), end: 'open' }
const settled = (...may: readonly string[]): ExpectedOutcome => ({ may: new Set(may), end: 'settled' })
/** Ft4. */
const unknown = settled('*')
const withMore = ({ may, end }: ExpectedOutcome, more: readonly string[], now: ExpectedOutcome['end'] = end): ExpectedOutcome => ({
  may: new Set([...may, ...more]),
  end: now,
})

export class ExpectedOutcomes {
  readonly #facts: Facts
  readonly #known = new Map<string, ExpectedOutcome>()
  readonly #inWork = new Set<string>()
  #mayCircle: boolean | undefined

  constructor(facts: Facts) {
    this.#facts = facts
  }

  /** Of a promise (`p7`), or of the result of a message (`m7`). */
  of(name: string): ExpectedOutcome {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    // Ft3: a promise cannot be resolved to itself; a longer circle is as good as pending.
    if (this.#inWork.has(name)) return { may: new Set(['e:TypeError']), end: 'open' }
    this.#inWork.add(name)
    const expected = name.startsWith('p') ? this.#promise(name) : this.#result(Number(name.slice(1)))
    this.#inWork.delete(name)
    if (this.#inWork.size === 0) this.#known.set(name, expected)
    return expected
  }

  /** Why a message may have been rejected that was sent and never received. */
  refusals(n: number, sent: Sent): ExpectedOutcome {
    const expected = this.#refusalsBy(sent.target)
    return withMore(expected, faultsOf(this.#facts.programs.get(n)))
  }

  hasEnded({ vat, incarnation }: Moment): boolean {
    if (vat === 'host') return false
    const seen = this.#facts.vats.get(vat)
    return seen === undefined || seen.incarnation > incarnation
  }

  /** Whether a thing is an object, by its name. */
  static isObject(u: string): boolean {
    return !/^[pm]\d/.test(u)
  }

  get #someEnded(): boolean {
    return this.#facts.script.ends === 'some'
  }

  /** Of what nobody who lives has made or sent. */
  get #ofTheEnded(): ExpectedOutcome {
    return this.#someEnded ? { ...unknown, end: 'open' } : open
  }

  /**
   * Of a promise that nobody who lives has made: what an ended vat was to settle has ended with it, unless it
   * follows one that never does.
   */
  get #promiseOfTheEnded(): ExpectedOutcome {
    this.#mayCircle ??= mayCircle(this.#facts)
    return this.#someEnded && !this.#mayCircle ? unknown : this.#ofTheEnded
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

  /** Ft5. */
  #orLost(expected: ExpectedOutcome, sending: Sent | undefined): ExpectedOutcome {
    if (sending === undefined || ExpectedOutcomes.isObject(sending.target) || !this.hasEnded(sending)) return expected
    return withMore(expected, [`x:vatUpgraded:${sending.incarnation}`])
  }

  /** Ft1. */
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
    // Whether the vat or the kernel finds out depends on who knows first.
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
 * Whether promises may follow each other in a circle: they do, or one follows what nobody who lives can tell
 * of.
 */
function mayCircle({ decided, answers, promises, sent, received }: Facts): boolean {
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

/**
 * Whether the outcome that was seen is one of those that may be. An object whose name was not known is any
 * object.
 */
export function fits(how: string, { may }: ExpectedOutcome): boolean {
  if (may.has(how) || may.has('*')) return true
  return how === 'o:?' && [...may].some((each) => each.startsWith('o:'))
}

export const formatExpected = ({ may, end }: ExpectedOutcome): string =>
  `${[...may].sort().join(' or ') || 'nothing'}${end === 'open' ? ', or none yet' : ''}`
