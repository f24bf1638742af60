/** What the server refuses: garbage, too much, too early, and requests of others, on each route. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { codes } from '../../src/protocol/codes.ts'
import { resultCodes } from '../../src/protocol/node/resultCodes.ts'
import { alice, ask, bob, getJson, openNode, submit, transfer, type TestNode } from './kit.ts'

const json = { 'content-type': 'application/json' }
const zeros = '0'.repeat(64)

interface Case {
  readonly what: string
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly status: number
  readonly code: string
}

const bad = (path: string, what = path): Case => ({ what, path, status: 400, code: 'http/bad-request' })
const post = (path: string, what: string, body: string, status = 400, code = 'http/bad-request'): Case => ({
  what,
  method: 'POST',
  path,
  body,
  status,
  code,
})

/** Of both routes that take a transaction. */
const bodies = (path: string): readonly Case[] => [
  post(path, 'no JSON', 'garbage'),
  post(path, 'an empty body', ''),
  post(path, 'a list', '[]'),
  post(path, 'no field', '{}'),
  post(path, 'another field', '{"transaction":"","more":1}'),
  post(path, 'a number', '{"transaction":1}'),
  post(path, 'not Base64', '{"transaction":"***"}'),
  post(path, 'Base64 without padding', '{"transaction":"YQ"}'),
  post(path, 'Base64 with loose bits', '{"transaction":"YR=="}'),
  post(path, 'a poisoned prototype', '{"__proto__":{"transaction":""},"transaction":""}'),
  post(path, 'too much', `{"transaction":"${'A'.repeat(1_600_000)}"}`, 413, 'http/too-large'),
  post(`${path}?more=1`, 'an unknown parameter', '{"transaction":""}'),
  { ...post(path, 'a form', 'transaction=', 415, 'http/wrong-content-type'), headers: { 'content-type': 'text/plain' } },
  { ...post(path, 'a wrong method', '{}', 404, 'http/not-found'), method: 'PUT' },
]

const cases: readonly Case[] = [
  ...bodies('/v1/transactions'),
  ...bodies('/v1/check'),
  post('/v1/transactions?wait=61', 'a wait too long', '{"transaction":""}'),
  post('/v1/transactions?wait=-1', 'a negative wait', '{"transaction":""}'),
  post('/v1/transactions?wait=1e1', 'another form of a number', '{"transaction":""}'),
  post('/v1/transactions?wait=1&wait=2', 'a parameter twice', '{"transaction":""}'),
  post('/v1/transactions?expires=0', 'an expiry at no height', '{"transaction":""}'),
  post('/v1/transactions', 'no transaction', '{"transaction":""}', 422, 'tx/malformed'),
  post('/v1/transactions', 'garbage bytes', `{"transaction":"${'A'.repeat(400)}"}`, 422, 'tx/malformed'),
  post('/v1/transactions', 'a transaction too large', `{"transaction":"${'A'.repeat(1_333_340)}"}`, 422, 'tx/too-large'),
  post('/v1/proposals/check', 'no JSON', 'garbage'),
  post('/v1/proposals/check', 'no field', '{}'),
  post('/v1/proposals/check', 'another field', '{"messages":[],"more":1}'),
  post('/v1/proposals/check', 'no message', '{"messages":[]}'),
  post('/v1/proposals/check', 'no list', '{"messages":{}}'),
  post('/v1/proposals/check', 'garbage in the list', '{"messages":[1]}'),
  post('/v1/proposals/check', 'no such kind', '{"messages":[{"kind":"x"}]}'),
  post('/v1/proposals/check', 'a message of accounts', '{"messages":[{"kind":"kernel/send","to":"a","method":"b","args":[]}]}'),
  post('/v1/proposals/check', 'a field too many', '{"messages":[{"kind":"kernel/retry","more":1}]}'),
  post('/v1/proposals/check', 'too many messages', `{"messages":[${Array(21).fill('{"kind":"kernel/retry"}').join(',')}]}`),
  post('/v1/proposals/check', 'too much', `{"messages":["${'A'.repeat(1_600_000)}"]}`, 413, 'http/too-large'),
  { ...post('/v1/proposals/check', 'a wrong method', '{}', 404, 'http/not-found'), method: 'PUT' },
  bad('/v1/transactions/abc'),
  bad(`/v1/transactions/${zeros}?wait=x`),
  bad(`/v1/transactions/${zeros}?other=x`),
  bad(`/v1/transactions/${'A'.repeat(64)}`),
  { what: 'no such transaction', path: `/v1/transactions/${zeros}`, status: 404, code: 'node/no-transaction' },
  {
    what: 'a transaction that does not come',
    path: `/v1/transactions/${zeros}?wait=0.05`,
    status: 404,
    code: 'node/no-transaction',
  },
  bad('/v1/blocks/-1'),
  bad('/v1/blocks/01'),
  bad('/v1/blocks/1.5'),
  bad('/v1/blocks/99999999999999999999'),
  bad('/v1/blocks/1?bytes=yes'),
  bad('/v1/blocks/latest?more=1'),
  { what: 'a block too early', path: '/v1/blocks/1', status: 404, code: 'node/no-block' },
  { what: 'no block yet', path: '/v1/blocks/latest', status: 404, code: 'node/no-block' },
  bad('/v1/events?after=x'),
  bad('/v1/events?after=1.'),
  bad('/v1/events?after=-1'),
  bad('/v1/events?kind='),
  bad('/v1/events?kinds=transfer'),
  bad('/v1/events?after=5', 'a cursor that is ahead'),
  { ...bad('/v1/events', 'a garbled Last-Event-ID'), headers: { 'last-event-id': '1;2' } },
  { what: 'no such query', path: '/v1/query/ledger/none', status: 404, code: 'node/no-query' },
  { what: 'an empty query', path: '/v1/query/', status: 404, code: 'node/no-query' },
  { what: 'a query of a prototype', path: '/v1/query/ledger/constructor', status: 404, code: 'node/no-query' },
  { what: 'a malformed query', path: '/v1/query/ledger/balance/x', status: 400, code: 'node/bad-query' },
  bad(`/v1/query/${'x'.repeat(2_000)}`, 'a query too long'),
  bad('/v1/query/%E0%A4%A', 'a broken escape'),
  bad('/v1/query/kernel/status?x=1'),
  bad('/v1/status?x=1'),
  bad('/health/live?x=1'),
  bad('/health/ready?x=1'),
  bad('/metrics?x=1'),
  bad('/openapi.json?x=1'),
  { what: 'no route', path: '/v2/status', status: 404, code: 'http/not-found' },
  { what: 'a path upwards', path: '/v1/../etc/passwd', status: 404, code: 'http/not-found' },
]

test('each route refuses garbage with a stable code', async (t) => {
  const node = await openNode(t)
  for (const { what, method, path, headers, body, status, code } of cases) {
    const answer = await ask(node, {
      path,
      ...(method === undefined ? {} : { method }),
      headers: headers ?? (body === undefined ? {} : json),
      ...(body === undefined ? {} : { body }),
    })
    assert.deepEqual([answer.status, answer.code], [status, code], `${what}: ${path.slice(0, 80)}: ${answer.text}`)
    assert.ok(Object.hasOwn(codes, code) || Object.hasOwn(resultCodes, code), code)
    assert.deepEqual(Object.keys(JSON.parse(answer.text) as object), ['error'])
    assert.ok(answer.text.length < 1_500, 'a refusal is short')
  }
  assert.equal(node.application.info.height, 0, 'nothing came of it')
})

test('a nonce that was used, and an expiry in the past, are refused with the code of their result', async (t) => {
  const node = await openNode(t)
  const bytes = transfer(alice, bob, '1', { nonce: '77' })
  await submit(node, bytes)
  const again = await submit(node, transfer(alice, bob, '2', { nonce: '77' }), '')
  assert.deepEqual([again.status, again.body.error?.code], [422, 'tx/nonce-used'])
  const late = await submit(node, transfer(alice, bob, '1', { expires: 1 }), '')
  assert.deepEqual([late.status, late.body.error?.code], [422, 'tx/expired'])
  const other = await submit(node, transfer(alice, bob, '1', { chain: 'other' }), '')
  assert.deepEqual([other.status, other.body.error?.code], [422, 'tx/wrong-chain'])
})

test('a full mempool answers 503 with the time to try again', async (t) => {
  const mempool = { transactions: 2, bytes: 1_000_000 }
  const node = await openNode(t, { sequencer: { blockTime: 60_000, mempool } })
  await submit(node, transfer(alice, bob))
  for (const _ of [1, 2]) assert.equal((await submit(node, transfer(alice, bob), '')).status, 202)
  const full = await submit(node, transfer(alice, bob), '')
  assert.deepEqual([full.status, full.body.error?.code], [503, 'node/full'])
  assert.equal(full.headers.get('retry-after'), '1')
})

interface Called {
  readonly method: string
  readonly path: string
}

/** Every operation of the document, with the examples of its parameters. */
async function operationsOf(node: TestNode): Promise<readonly Called[]> {
  const { body } = await getJson(node, '/openapi.json')
  const paths = body['paths'] as Record<
    string,
    Record<string, { parameters: readonly { name: string; in: string; example?: string }[] }>
  >
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters }]) => ({
      method: method.toUpperCase(),
      path: parameters.reduce((text, { name, example = '' }) => text.replace(`{${name}}`, example), path),
    })),
  )
}

test('every route refuses other hosts, other origins and other content types before anything else', async (t) => {
  const node = await openNode(t, { server: { allowedHosts: ['node.example.org'] } })
  const { port } = new URL(node.url)
  const operations = await operationsOf(node)
  assert.ok(operations.length >= 11)
  for (const { method, path } of operations) {
    const refusedWith = async (headers: Record<string, string>): Promise<string | undefined> =>
      (await ask(node, { method, path, headers: { ...(method === 'POST' ? json : {}), ...headers } })).code
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost', `127.0.0.1:${Number(port) + 1}`])
      assert.equal(await refusedWith({ host }), 'http/wrong-host', `Gat1: ${method} ${path} of ${host}`)
    for (const origin of ['null', 'http://evil.example', `http://localhost`, `file://localhost:${port}`, ''])
      assert.equal(await refusedWith({ origin }), 'http/wrong-origin', `Gat2: ${method} ${path} of ${origin}`)
    for (const site of ['cross-site', 'same-site'])
      assert.equal(
        await refusedWith({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }),
        'http/wrong-origin',
        `Gat2: ${method} ${path} ${site}`,
      )
    if (method !== 'POST') continue
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json-x', ''])
      assert.equal(await refusedWith({ 'content-type': type }), 'http/wrong-content-type', `Gat3: ${path} ${type}`)
  }
  assert.equal((await ask(node, { path: '/v1/nothing', headers: { host: 'evil.example' } })).code, 'http/wrong-host')
})

test('our own names and origins are answered', async (t) => {
  const node = await openNode(t, { server: { allowedHosts: ['Node.example.org'] } })
  const { port } = new URL(node.url)
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask(node, { path: '/v1/status', headers })).status
  for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'node.example.org'])
    assert.equal(await status({ host }), 200, host)
  for (const origin of [`http://localhost:${port}`, 'https://node.example.org'])
    assert.equal(await status({ origin }), 200, origin)
  assert.equal(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), 200)
  assert.equal(await status({ 'sec-fetch-site': 'same-origin' }), 200)
})

test('an address that asks too often is refused, and health is not', async (t) => {
  const node = await openNode(t, { server: { limits: { requestsPerSecond: 1, requestBurst: 3 } } })
  const statuses: number[] = []
  for (let count = 0; count < 6; count += 1) statuses.push((await ask(node, { path: '/v1/status' })).status)
  assert.ok(statuses.filter((status) => status === 200).length >= 3)
  assert.ok(statuses.includes(429), 'Gat4')
  const refused = await ask(node, { path: '/v1/status' })
  if (refused.status === 429) assert.equal(refused.headers['retry-after'], '1')
  for (let count = 0; count < 5; count += 1)
    assert.equal((await ask(node, { path: '/health/live' })).status, 200)
})

test('requests that wait and streams are bounded', async (t) => {
  const node = await openNode(t, {
    sequencer: { blockTime: 60_000 },
    server: { limits: { waits: 2, streams: 1 } },
  })
  const client = new AbortController()
  const waiting = [1, 2].map(() => fetch(`${node.url}/v1/transactions/${zeros}?wait=30`, { signal: client.signal }))
  let code: string | undefined
  while (code !== 'http/too-many') code = (await ask(node, { path: `/v1/transactions/${zeros}?wait=0.01` })).code
  client.abort()
  await Promise.allSettled(waiting)
  while (code !== 'node/no-transaction') code = (await ask(node, { path: `/v1/transactions/${zeros}?wait=0.01` })).code
  const stream = new AbortController()
  const open = await fetch(`${node.url}/v1/events`, { signal: stream.signal })
  assert.equal(open.status, 200)
  assert.equal((await ask(node, { path: '/v1/events' })).code, 'http/too-many')
  stream.abort()
})

test('what is not HTTP is answered in the same form', async (t) => {
  const node = await openNode(t)
  const { port, hostname } = new URL(node.url)
  const sent = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let all = ''
      const socket = connect(Number(port), hostname, () => socket.write(text))
      socket.on('data', (part) => (all += part.toString()))
      socket.on('end', () => resolve(all))
      socket.on('error', reject)
    })
  assert.match(await sent('garbage\r\n\r\n'), /^HTTP\/1\.1 400 [^]*"http\/bad-request"/)
  assert.match(await sent('GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 403 [^]*"http\/wrong-host"/)
  assert.match(
    await sent(`GET /v1/status HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(100_000)}\r\n\r\n`),
    /^HTTP\/1\.1 4\d\d [^]*"http\/bad-request"/,
  )
  assert.equal((await submit(node, transfer(alice, bob))).status, 200)
})
