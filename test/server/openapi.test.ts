/** The OpenAPI document against what the server answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Check } from 'typebox/schema'
import { codes } from '../../src/protocol/codes.ts'
import {
  alice,
  ask,
  base64,
  bob,
  genesisOf,
  hashOf,
  openNode,
  submit,
  transactionOf,
  transfer,
} from './kit.ts'

interface Content {
  readonly schema: object
}
interface Operation {
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Content>> }>>
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: { readonly Error: object } }
}

/** Requests that lead to many statuses: `METHOD path` of the document, then what to ask. */
const requests = (bytes: Uint8Array): readonly (readonly [string, string, string?])[] => {
  const body = JSON.stringify({ transaction: base64(bytes) })
  const refused = JSON.stringify({ transaction: base64(transfer(alice, bob, '1', { chain: 'other' })) })
  const fresh = (): string => JSON.stringify({ transaction: base64(transfer(bob, alice)) })
  return [
    ['POST /v1/transactions', '/v1/transactions', fresh()],
    ['POST /v1/transactions', '/v1/transactions?wait=20', fresh()],
    ['POST /v1/transactions', '/v1/transactions', body],
    ['POST /v1/transactions', '/v1/transactions', refused],
    ['POST /v1/transactions', '/v1/transactions', '{}'],
    ['POST /v1/check', '/v1/check', body],
    ['POST /v1/check', '/v1/check', refused],
    ['POST /v1/check', '/v1/check', '[]'],
    ['POST /v1/proposals/check', '/v1/proposals/check', '{"messages":[{"kind":"kernel/suspend","vat":"mirror","reason":"r"}]}'],
    ['POST /v1/proposals/check', '/v1/proposals/check', '{"messages":[{"kind":"upgrade/cancel","name":"x"}]}'],
    ['POST /v1/proposals/check', '/v1/proposals/check', '{"messages":[]}'],
    ['GET /v1/transactions/{hash}', `/v1/transactions/${hashOf(bytes)}`],
    ['GET /v1/transactions/{hash}', `/v1/transactions/${'0'.repeat(64)}`],
    ['GET /v1/transactions/{hash}', `/v1/transactions/${'0'.repeat(64)}?expires=1`],
    ['GET /v1/transactions/{hash}', '/v1/transactions/x'],
    ['GET /v1/blocks/latest', '/v1/blocks/latest'],
    ['GET /v1/blocks/latest', '/v1/blocks/latest?bytes=true'],
    ['GET /v1/blocks/{height}', '/v1/blocks/1'],
    ['GET /v1/blocks/{height}', '/v1/blocks/1?bytes=true'],
    ['GET /v1/blocks/{height}', '/v1/blocks/1000'],
    ['GET /v1/blocks/{height}', '/v1/blocks/x'],
    ['GET /v1/events', '/v1/events?after=x'],
    ['GET /v1/query/{path}', '/v1/query/kernel/status'],
    ['GET /v1/query/{path}', '/v1/query/kernel/none'],
    ['GET /v1/query/{path}', '/v1/query/ledger/balance/x'],
    ['GET /v1/status', '/v1/status'],
    ['GET /health/live', '/health/live'],
    ['GET /health/ready', '/health/ready'],
    ['GET /metrics', '/metrics'],
    ['GET /openapi.json', '/openapi.json'],
  ]
}

test('every answer has the schema of the document', async (t) => {
  const node = await openNode(t, { genesis: await genesisOf({ vats: true }) })
  const document = JSON.parse((await ask(node, { path: '/openapi.json' })).text) as Document
  assert.equal(document.openapi, '3.1.0')
  const bytes = transfer(alice, bob)
  await submit(node, bytes)
  await submit(node, transactionOf(bob, { kind: 'kernel/send', to: 'mirror', method: 'version', args: [] }))
  const seen = new Set<string>()
  for (const [operation, path, body] of requests(bytes)) {
    const [method = '', template = ''] = operation.split(' ')
    const entry = document.paths[template]?.[method.toLowerCase()]
    assert.ok(entry !== undefined, `the document has ${operation}`)
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await ask(node, { method, path, headers, ...(body === undefined ? {} : { body }) })
    const response = entry.responses[answer.status]
    assert.ok(response !== undefined, `${operation} has ${answer.status}: ${answer.text.slice(0, 200)}`)
    const [type = ''] = String(answer.headers['content-type']).split('; charset')
    const content = Object.entries(response.content).find(([name]) => name.startsWith(type))?.[1]
    assert.ok(content !== undefined, `${operation} ${answer.status} has ${type}`)
    const schema = '$ref' in content.schema ? document.components.schemas.Error : content.schema
    const value: unknown = type === 'application/json' ? JSON.parse(answer.text) : answer.text
    assert.ok(Check(schema, value), `${operation} ${answer.status}: ${answer.text.slice(0, 500)}`)
    seen.add(operation).add(`${operation} ${answer.status}`)
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(operations.filter((operation) => !seen.has(operation)), [], 'every operation was asked')
  for (const status of [200, 202, 400, 422]) assert.ok(seen.has(`POST /v1/transactions ${status}`), `${status}`)
})

test('the document describes every route completely', async (t) => {
  const node = await openNode(t)
  const document = JSON.parse((await ask(node, { path: '/openapi.json' })).text) as Document
  const text = JSON.stringify(document)
  for (const code of Object.keys(codes).filter((each) => each.startsWith('http/') && each !== 'http/not-found'))
    assert.ok(text.includes(code), `the document has ${code}`)
  for (const [path, methods] of Object.entries(document.paths))
    for (const { summary, parameters, responses } of Object.values(methods)) {
      assert.ok(summary.endsWith('.'), path)
      const inPath = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
      assert.deepEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), inPath)
      for (const { name, schema } of parameters) assert.ok('description' in schema, `${path} describes ${name}`)
      assert.ok('200' in responses && '500' in responses && '403' in responses)
    }
})
