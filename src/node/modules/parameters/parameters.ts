/** Parameters of the host: numbers that votes change. */
import { parameterTable, isParameterName, type ParameterName } from '../../../protocol/node/parameters.ts'
import type { Genesis } from '../../../protocol/node/genesis.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'
import type { Module } from '../module.ts'

const table = 'parameter'

/** The value of a parameter. */
export function parameterOf(state: StateReader, name: ParameterName): number {
  const text = state.get(table, name)
  return text === undefined ? parameterTable[name].default : Number(text)
}

/** Sets a parameter, within its bounds. */
export function setParameter(state: Draft, name: string, value: unknown): void {
  if (!isParameterName(name)) return refuseTransaction('parameters/unknown', `there is no parameter ${name}`)
  const { least, most } = parameterTable[name]
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    refuseTransaction('parameters/invalid', `${name} is a whole number from ${least} to ${most}`)
  state.set(table, name, String(value))
}

const allParameters = (state: StateReader): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.keys(parameterTable).map((name) => [name, parameterOf(state, name as ParameterName)]))

export const parameters: Module<'parameters/set'> = {
  name: 'parameters',
  messages: {
    'parameters/set': ({ state, emit }, { name, value }) => {
      setParameter(state, name, value)
      emit('parameter-set', { name, value })
      return null
    },
  },
  queries: { all: allParameters },
  begin(state: Draft, genesis: Genesis): void {
    for (const [name, value] of Object.entries(genesis.parameters)) setParameter(state, name, value)
  },
}
