/** The OpenAPI 3.1 document, made of the table of routes: what is checked is what is documented. */
import type { TObject, TSchema } from 'typebox'
import { isRecord } from '../../base/guards.ts'
import { codes } from '../../protocol/codes.ts'
import { statuses, type HttpCode } from '../http/errors.ts'
import type { JsonRoute, Route } from '../routes/route.ts'
import { ErrorAnswer } from '../routes/schemas.ts'

type Entries = Readonly<Record<string, unknown>>

/** Codes with which any route refuses. */
const ofEveryRoute: readonly HttpCode[] = [
  'http/bad-request',
  'http/wrong-host',
  'http/wrong-origin',
  'http/too-many',
  'http/stopping',
  'http/internal',
]
const ofEveryBody: readonly HttpCode[] = ['http/too-large', 'http/wrong-content-type']

const errorSchema = { $ref: '#/components/schemas/Error' }
const jsonContent = (schema: unknown): Entries => ({ 'application/json': { schema } })

export function openApiOf(routes: readonly Route[], version: string): Entries {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = pathOf(route.url)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Heirloom node', version },
    paths,
    components: { schemas: { Error: ErrorAnswer } },
  }
}

/** The name of the rest of a path. Its slashes are sent as they are. */
const restName = 'path'

const pathOf = (url: string): string => url.replace(/:(\w+)/g, '{$1}').replace('*', `{${restName}}`)

function operationOf(route: Route): Entries {
  const { summary, about, params, query, example = {} } = route
  return {
    summary,
    ...(about === undefined ? {} : { description: about }),
    parameters: [...parametersOf(params, 'path', example), ...parametersOf(query, 'query', {})],
    ...(route.kind === 'json' && route.body !== null
      ? { requestBody: { required: true, content: jsonContent(route.body) } }
      : {}),
    responses: { ...answersOf(route), ...refusalsOf(route) },
  }
}

function parametersOf(
  schema: TObject,
  place: 'path' | 'query',
  examples: Readonly<Record<string, string>>,
): readonly Entries[] {
  const properties: unknown = schema.properties
  const required: readonly string[] = schema.required ?? []
  return Object.entries(isRecord(properties) ? properties : {}).map(([name, each]) => ({
    name: name === '*' ? restName : name,
    in: place,
    required: required.includes(name),
    schema: each,
    ...(examples[name] === undefined ? {} : { example: examples[name] }),
  }))
}

const descriptionOf = (schema: TSchema): string =>
  'description' in schema && typeof schema.description === 'string' ? schema.description : 'The answer.'

function answersOf(route: Route): Entries {
  if (route.kind === 'json') return jsonAnswersOf(route)
  return { 200: { description: route.summary, content: { [route.type]: { schema: { type: 'string' } } } } }
}

const jsonAnswersOf = ({ answers }: JsonRoute): Entries =>
  Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      { description: descriptionOf(schema), content: jsonContent(schema) },
    ]),
  )

/** One entry for each status, with its codes. */
function refusalsOf(route: Route): Entries {
  const own: readonly HttpCode[] = [
    ...ofEveryRoute,
    ...(route.method === 'GET' ? [] : ofEveryBody),
    ...(route.errors ?? []),
  ]
  const byStatus = new Map<number, string[]>()
  for (const code of new Set(own))
    byStatus.set(statuses[code], [...(byStatus.get(statuses[code]) ?? []), `\`${code}\`: ${codes[code]}`])
  if (route.refusesTransactions === true)
    byStatus.set(422, ['The code of the result with which a block would refuse the transaction.'])
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      status,
      { description: lines.join('\n\n'), content: jsonContent(errorSchema) },
    ]),
  )
}
