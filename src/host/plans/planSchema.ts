/**
 * The schema of a plan: one table from which the check of a plan follows, and the JSON Schema that editors
 * and other programs use (`docs/wires/plan.schema.json`). The types are in `protocol/plan/plan.ts`; the
 * compiler checks that both say the same.
 *
 * What a schema cannot say (names that are unique, references to earlier steps) is in `readPlan.ts`.
 */
import { Type, type Static, type TProperties, type TSchema } from 'typebox'
import type { BundleId } from '../../base/ids.ts'
import { parameterSources, upgradeModes } from '../../protocol/host/inbox.ts'
import { abandonLimits } from '../../protocol/limits.ts'
import {
  planDefaults,
  planLimits,
  planPolicies,
  type Plan,
  type PlanStep,
  type PlanStepKind,
  type PlanValue,
} from '../../protocol/plan/plan.ts'
import { rolloutOrders } from '../../protocol/worker/rollout.ts'
import { workerModes } from '../../protocol/worker/versions.ts'

const closed = { additionalProperties: false } as const
const optional = Type.Optional

const name = (description: string) =>
  Type.String({ minLength: 1, maxLength: planLimits.name, description })
const text = (description: string) => Type.String({ maxLength: 10_000, description })
const bundle = name('the label or the id of an installed bundle')
const vat = name('the name of a vat')
const worker = name('an installed worker version: its id, the beginning of the id, its label, or `default`')
const kernel = Type.Unsafe<BundleId>(
  Type.String({ pattern: '^b1-[0-9a-f]{64}$', description: 'the id of an installed kernel' }),
)
const value = Type.Unsafe<PlanValue>({ description: 'JSON, in which records beginning with `@` are references' })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const flag = (description: string) => Type.Boolean({ description })
const names = (description: string) =>
  Type.Array(name('a name'), { maxItems: planLimits.steps, uniqueItems: true, description })

const budget = Type.Object(
  {
    cranks: Type.Integer({ minimum: 1, description: 'the most cranks of the step' }),
    computrons: Type.Union([Type.String({ pattern: '^[1-9][0-9]{0,19}$' }), Type.Null()], {
      description: 'the most computrons of the step, in decimal digits; null: unlimited',
    }),
  },
  closed,
)

const policy = Type.Enum([...planPolicies], { description: 'what happens if the step fails' })

const step = <const Kind extends PlanStepKind, Own extends TProperties>(kind: Kind, own: Own) =>
  Type.Object(
    {
      kind: Type.Literal(kind),
      name: name('unique in the plan; later steps refer to the result by it'),
      onFailure: optional(policy),
      budget: optional(budget),
      ...own,
    },
    closed,
  )

const upgradeFields = {
  vat,
  bundle,
  parameters: optional(value),
  parametersFrom: optional(Type.Enum([...parameterSources])),
  mode: optional(Type.Enum([...upgradeModes])),
  drain: optional(Type.Object({ maxCranks: count('how long the vat may drain first') }, closed)),
  upgradeMessage: optional(text('part of the rejection of promises that end with the old incarnation')),
  abandonKinds: optional(
    Type.Array(Type.String({ maxLength: abandonLimits.tag }), { maxItems: abandonLimits.tags }),
  ),
  salvage: optional(bundle),
} as const

/** The schema of each kind of step. */
export const stepSchemas = {
  kernel: step('kernel', { bundle: kernel }),
  worker: step('worker', {
    worker,
    vats: optional(names('the vats that move')),
    pattern: optional(name('of the names of vats that move; `*` stands for any text')),
    mode: optional(Type.Enum([...workerModes])),
    order: optional(Type.Enum([...rolloutOrders])),
    makeDefault: optional(flag('whether new vats and incarnations start on it')),
  }),
  vat: step('vat', upgradeFields),
  together: step('together', {
    upgrades: Type.Array(Type.Object(upgradeFields, closed), { minItems: 1, maxItems: planLimits.together }),
  }),
  evaluate: step('evaluate', {
    bundle,
    parameters: optional(value),
    powers: optional(
      Type.Object(
        {
          roots: optional(names('vats whose root objects the function gets')),
          adminNodes: optional(names('vats whose admin nodes the function gets')),
          ports: optional(names('ports that the function gets')),
          vatAdmin: optional(flag('whether the function gets the service that creates vats')),
        },
        closed,
      ),
    ),
    settlesLater: optional(flag('whether the step is done while the answer is pending')),
  }),
  parameter: step('parameter', { governor: value, value }),
  create: step('create', { vat, bundle, parameters: optional(value) }),
  terminate: step('terminate', { vat, reason: optional(text('the reason')) }),
  retire: step('retire', { worker: optional(worker), bundle: optional(bundle) }),
  probe: step('probe', {
    to: value,
    method: name('the method'),
    args: optional(Type.Array(value)),
    answer: optional(value),
    settlesLater: optional(flag('whether the step is done while the answer is pending')),
  }),
  wait: step('wait', { for: name('an earlier step') }),
} as const satisfies { readonly [Kind in PlanStepKind]: TSchema }

const vatCondition = Type.Object(
  {
    vat: name('the name of a vat, or a pattern in which `*` stands for any text'),
    incarnation: optional(count('the number of its incarnation')),
    bundle: optional(bundle),
    worker: optional(worker),
    status: optional(Type.Enum(['running', 'suspended'])),
  },
  closed,
)

const conditions = Type.Object(
  {
    kernel: optional(kernel),
    defaultWorker: optional(worker),
    workers: optional(names('worker versions that are installed')),
    bundles: optional(names('bundles that are installed')),
    vats: optional(Type.Array(vatCondition, { maxItems: planLimits.steps })),
  },
  closed,
)

const planFields = {
  id: name('unique in a store'),
  about: optional(text('for people')),
  expects: optional(conditions),
  onFailure: optional(policy),
  budget: optional(budget),
  maxBlocks: optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'in how many blocks nothing else is accepted' }),
  ),
} as const

/** A plan without its steps, which are checked one by one so that an error names the field of its step. */
export const planFrame = Type.Object({ ...planFields, steps: Type.Array(Type.Unknown()) }, closed)

/** The whole schema, for others. */
export const planSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Upgrade plan',
  ...Type.Object(
    {
      ...planFields,
      steps: Type.Array(Type.Union(Object.values(stepSchemas)), { minItems: 1, maxItems: planLimits.steps }),
    },
    closed,
  ),
}

/** A plan as it is written: what has a default may be absent. */
export type WrittenPlan = Pick<Plan, 'id' | 'steps'> & Partial<Omit<Plan, 'id' | 'steps'>>

export { planDefaults }

// The schemas and the types of `protocol/plan` say the same.
type Deep<Value> = PlanValue extends Value
  ? Value
  : Value extends object
    ? { readonly [Name in keyof Value]: Deep<Value[Name]> }
    : Value
type SchemaOf<Kind extends PlanStepKind> = Deep<Static<(typeof stepSchemas)[Kind]>>
type StepOf<Kind extends PlanStepKind> = Deep<Extract<PlanStep, { kind: Kind }>>
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false
type Steps = { readonly [Kind in PlanStepKind]: Same<SchemaOf<Kind>, StepOf<Kind>> }
const stepsAreSame: Steps = {
  kernel: true,
  worker: true,
  vat: true,
  together: true,
  evaluate: true,
  parameter: true,
  create: true,
  terminate: true,
  retire: true,
  probe: true,
  wait: true,
}
void stepsAreSame
