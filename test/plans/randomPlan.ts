/** Plans of random shape for `fast-check`: all kinds of steps that are cheap, valid and failing ones. */
import fc, { type Arbitrary } from 'fast-check'
import { planPolicies, type PlanPolicy } from '../../src/protocol/plan/plan.ts'

/** A plan, and how it is tried. */
export interface RandomPlan {
  readonly plan: { readonly id: string; readonly steps: readonly { readonly name: string }[] }
  /** `busy`: messages arrive while it runs. `rehearsed`: by `rehearse`. */
  readonly kind: 'forked' | 'busy' | 'rehearsed'
  /** How long the work is that is left when it begins. */
  readonly turns: number
  /** What the host does when it stands: it resumes it, at once or after running, or skips the step. */
  readonly decisions: readonly ('resume' | 'run' | 'skip')[]
}

type Named = Readonly<Record<string, unknown>> & { readonly name: string }
/** A step without what depends on the steps before it: their names, of which `at` picks one. */
type Draft = (name: string, earlier: (at: number) => string) => Named

/** A plan with one step that rolls back is one block: most plans have none. */
const usual = planPolicies.filter((policy) => policy !== 'rollback')
const often: readonly PlanPolicy[] = [...planPolicies, ...usual, ...usual, ...usual]
const methods = ['version', 'add', 'limit', 'governor', 'later', 'release', 'fail', 'missing']
const answers = [undefined, 1, 2, { '@any': true }, { '@type': 'number' }, { '@type': 'remote' }]

/** One in five has one, of at least so many cranks. */
const budget = (least: number): Arbitrary<object | undefined> => {
  const own = fc.record({
    cranks: fc.integer({ min: least, max: least + 20 }),
    computrons: fc.constantFrom(null, null, '50000', '3000000'),
  })
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: own })
}

export function randomPlan(bundles: readonly string[], vats: readonly string[]): Arbitrary<RandomPlan> {
  const steps = fc.array(drafts([...bundles, 'absent'], vats), { minLength: 1, maxLength: 9 })
  const expects = fc.oneof(
    { weight: 9, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fc.constant({ vats: [{ vat: '*', incarnation: 0 }] }) },
    { weight: 1, arbitrary: fc.constant({ bundles: ['absent'] }) },
  )
  const plan = fc.record({
    steps: steps.map(named),
    onFailure: fc.constantFrom(...often),
    expects,
    budget: budget(20),
    maxBlocks: fc.oneof(
      { weight: 6, arbitrary: fc.constant(1_000) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) },
    ),
  })
  return fc.record({
    plan: plan.map((members) => withoutStops({ id: 'random', ...withoutAbsent(members) })),
    kind: fc.constantFrom('forked', 'forked', 'forked', 'busy', 'busy', 'busy', 'busy', 'rehearsed'),
    turns: fc.integer({ min: 0, max: 15 }),
    decisions: fc.array(fc.constantFrom('resume', 'run', 'skip', 'skip'), { maxLength: 8 }),
  })
}

interface Policed {
  readonly onFailure?: unknown
}

/** A plan that is one block cannot stop within it. */
function withoutStops<Whole extends Policed & { readonly steps: readonly (Policed & Named)[] }>(
  plan: Whole,
): Whole {
  if (![plan, ...plan.steps].some(({ onFailure }) => onFailure === 'rollback')) return plan
  const started = <Part extends Policed>(part: Part): Part =>
    part.onFailure === 'stop' ? { ...part, onFailure: 'rollback' } : part
  return { ...started(plan), steps: plan.steps.map(started) }
}

/** The first step is always the same, so that each other has one before it. */
const named = (list: readonly Draft[]): readonly Named[] => [
  { kind: 'probe', name: 's0', to: 'a', method: 'governor' },
  ...list.map((draft, index) => draft(`s${index + 1}`, (at) => `s${at % (index + 1)}`)),
]

function drafts(bundles: readonly string[], vats: readonly string[]): Arbitrary<Draft> {
  const vat = fc.constantFrom(...vats, ...vats, ...vats, 'made', 'nobody')
  const bundle = fc.constantFrom('two', 'three', ...bundles)
  const step = fc.oneof(
    { weight: 10, arbitrary: changes(vat, bundle) },
    { weight: 10, arbitrary: messages(vat, vats, bundle) },
    { weight: 5, arbitrary: references() },
  )
  const policy = fc.option(fc.constantFrom(...often), { nil: undefined, freq: 2 })
  return fc.tuple(step, policy, budget(1)).map(
    ([draft, onFailure, own]): Draft =>
      (name, earlier) => withoutAbsent({ ...draft(name, earlier), onFailure, budget: own }),
  )
}

type Names = Arbitrary<string>

/** Steps that upgrade, create and end vats. */
function changes(vat: Names, bundle: Names): Arbitrary<Draft> {
  const parameters = fc.constantFrom(undefined, undefined, 7)
  const upgrade = fc.record({ vat, bundle, parameters }).map(withoutAbsent)
  const upgrades = fc.uniqueArray(upgrade, { minLength: 1, maxLength: 3, selector: ({ vat: name }) => name })
  return fc.oneof(
    { weight: 4, arbitrary: upgrade.map((given) => of('vat', given)) },
    { weight: 3, arbitrary: upgrades.map((all) => of('together', { upgrades: all })) },
    {
      weight: 2,
      arbitrary: fc.record({ vat: fc.constantFrom('made', 'more', 'a'), bundle }).map((given) => of('create', given)),
    },
    { weight: 1, arbitrary: vat.map((name) => of('terminate', { vat: name })) },
  )
}

/** Steps that ask vats, directly, through each other, and by a function. */
function messages(vat: Names, vats: readonly string[], bundle: Names): Arbitrary<Draft> {
  const method = fc.constantFrom(...methods)
  const settlesLater = fc.constantFrom(undefined, false, true)
  const asked = fc.record({ to: vat, method, answer: fc.constantFrom(...answers), settlesLater })
  const through = fc.record({ to: vat, target: vat, method })
  const rally = fc.record({
    turns: fc.integer({ min: 0, max: 20 }),
    one: fc.constantFrom(...vats),
    other: fc.constantFrom(...vats),
  })
  const script = fc.record({ bundle, roots: fc.uniqueArray(vat, { maxLength: 2 }), settlesLater })
  const probe = (to: string, name: string, ...args: readonly unknown[]): Draft =>
    of('probe', { to, method: name, args })
  const root = (name: string): object => ({ '@root': name })
  return fc.oneof(
    { weight: 4, arbitrary: asked.map((given) => of('probe', given)) },
    { weight: 1, arbitrary: through.map(({ to, target, method: name }) => probe(to, 'ask', root(target), name)) },
    {
      weight: 2,
      arbitrary: rally.map(({ turns, one, other }) => probe(one, 'rally', turns, root(other), root(one))),
    },
    {
      weight: 2,
      arbitrary: script.map(({ roots, ...given }) => of('evaluate', { ...given, powers: { roots }, parameters: 3 })),
    },
    { weight: 1, arbitrary: vat.map((governor) => of('parameter', { governor, value: 4 })) },
  )
}

/** Steps that refer to earlier ones. */
function references(): Arbitrary<Draft> {
  const at = fc.oneof(fc.constant(0), fc.nat({ max: 20 }))
  return fc.oneof(
    {
      weight: 1,
      arbitrary: fc
        .tuple(at, fc.constantFrom(...methods))
        .map(([which, method]) => referring('probe', which, (to) => ({ to, method }))),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(at, fc.constantFrom(5, 'text'))
        .map(([which, value]) => referring('parameter', which, (governor) => ({ governor, value }))),
    },
    {
      weight: 2,
      arbitrary: at.map((which): Draft => (name, earlier) => ({ kind: 'wait', name, for: earlier(which) })),
    },
  )
}

const of = (kind: string, given: object): Draft => (name) => ({ kind, name, ...given })

/** To what an earlier step answered, or the root of the vat that it made. */
const referring =
  (kind: string, which: number, given: (target: object) => object): Draft =>
  (name, earlier) => ({
    kind,
    name,
    ...given({ '@result': earlier(which), ...(which % 3 === 1 ? { path: ['root'] } : {}) }),
  })

const withoutAbsent = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value
