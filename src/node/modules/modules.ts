/** All modules, and which one executes a message. */
import { assert } from '../../base/errors.ts'
import type { Genesis } from '../../protocol/node/genesis.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import type { Message, MessageKind } from '../../protocol/node/messages.ts'
import type { Draft, StateReader } from '../state/hostState.ts'
import { accounts } from './accounts/accounts.ts'
import { makeGovernance } from './governance/governance.ts'
import { kernel } from './kernel/kernel.ts'
import { lastOperation, operationKinds } from './kernel/operations.ts'
import { ledger } from './ledger/ledger.ts'
import type { Authority, Context, Execute, Module } from './module.ts'
import { parameters } from './parameters/parameters.ts'
import { publishing } from './publishing/publishing.ts'
import { notFound } from './query.ts'
import { upgrade } from './upgrade/upgrade.ts'

const governance = makeGovernance((context, message, proposal) => {
  execute(context, message, { kind: 'vote', proposal })
  const isQueued = (operationKinds as readonly MessageKind[]).includes(message.kind)
  return { operation: isQueued ? lastOperation(context.state) : null }
})

const modules: readonly Module[] = [accounts, parameters, ledger, governance, upgrade, kernel, publishing]

const executors: { readonly [Kind in MessageKind]: Execute<Kind> } = {
  ...accounts.messages,
  ...parameters.messages,
  ...ledger.messages,
  ...governance.messages,
  ...upgrade.messages,
  ...kernel.messages,
}

/** Executes a message on the draft of the context. Throws `TransactionRefusal`. */
export function execute(context: Context, message: Message, by: Authority): JsonValue {
  const run = executors[message.kind] as (context: Context, message: Message, by: Authority) => JsonValue
  return run(context, message, by)
}

export function beginState(state: Draft, genesis: Genesis): void {
  for (const module of modules) module.begin?.(state, genesis)
}

export function beginBlock(context: Context): void {
  for (const module of modules) module.beginBlock?.(context)
}

/** Answers `module/query/words…`. Throws `QueryRefusal`. */
export function answerQuery(state: StateReader, path: readonly string[]): JsonValue {
  const [moduleName = '', query = '', ...words] = path
  const module = modules.find(({ name }) => name === moduleName)
  const queries = module?.queries ?? {}
  const found = Object.hasOwn(queries, query) ? queries[query] : undefined
  if (found === undefined) return notFound(`there is no query ${path.slice(0, 2).join('/')}; there are: ${names()}`)
  const answer = found(state, words)
  assert(answer !== undefined, 'a query has an answer, or refuses')
  return answer
}

const names = (): string =>
  modules.flatMap(({ name, queries }) => Object.keys(queries).map((query) => `${name}/${query}`)).join(', ')
