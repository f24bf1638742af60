/**
 * A vat whose supervisor sends what no vat may send. Each time the crank is undone, heap and state to
 * the byte, the sender is rejected with a reason that names the vat and the cause, and nobody else notices.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { malloryStore } from '../kit/mallory.ts'
import { forTheFile, openWorld, puppet, rejectionOf, type World } from '../kit/world.ts'

/**
 * Mallory imports alice's objects as `o-1` and, dropped, `o-2`; `p+1` is hers to settle, `p-1` is alice's.
 */
async function meet(world: World): Promise<void> {
  const one = (await world.run('alice', 'return (me.one = Far("one", { f: () => 1n }))')) as Remote
  const two = (await world.run('alice', 'return (me.two = Far("two", {}))')) as Remote
  const call = (target: string, body: string, slots: string) =>
    `{"kind":"send","target":"${target}","methargs":{"body":${JSON.stringify(`#${body}`)},"slots":${slots}},"result":null}`
  await world.controller.sendOnly('mallory', 'finish', [`[${call('o-1', '["f",["&0"]]', '["p+1"]')}]`, one])
  await world.controller.sendOnly('mallory', 'finish', ['[{"kind":"dropImports","imports":["o-2"]}]', two])
  await world.controller.run()
  await world.run(
    'alice',
    'E.sendOnly(args[0]).finish("[]", new Promise(() => {}))',
    await world.root('mallory'),
  )
}

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, { from: directory, vats: { alice: puppet, mallory: { worker } } })
await meet(world)
const whole = await world.imageOf('mallory')

const q = JSON.stringify
const data = (body = '#[]', slots = '[]') => `{"body":${q(body)},"slots":${slots}}`
const send = ({ target = '"o-1"', methargs = data('#["f",[]]'), result = 'null' }) =>
  `[{"kind":"send","target":${target},"methargs":${methargs},"result":${result}}]`
const resolve = (...resolutions: string[]) => `[{"kind":"resolve","resolutions":[${resolutions.join()}]}]`
const to = (promise: string, value = data()) => `{"promise":${promise},"outcome":"fulfilled","data":${value}}`
const command = (kind: string, fields: string) => `[{"kind":"${kind}",${fields}}]`

/** What is sent, and what the reason says. */
const syscalls: Readonly<Record<string, readonly [batch: string | (() => string), cause: RegExp]>> = {
  'garbage instead of JSON': ['[{"kind":', /is not JSON/],
  'nothing instead of JSON': ['', /not JSON/],
  'a record instead of a list': ['{}', /not a list|has no batch/],
  'nothing': ['null', /not a list|has no batch/],
  'nothing in a list': ['[null]', /not a syscall/],
  'a number': ['[7]', /not a syscall/],
  'no kind': ['[{}]', /not a syscall, which is a record with a kind/],
  'a kind that is a list of one': ['[{"kind":["vatstoreGet"],"key":"k"}]', /not a syscall/],
  'a kind that has no text': ['[{"kind":{"toString":1}}]', /not a syscall/],
  'a field nested deeper than any syscall is': [
    '[{"kind":"vatstoreGet","key":"k","more":[[[[[[[[1]]]]]]]]}]',
    /nested deeper/,
  ],
  'lists nested as deep as a delivery can write them': ['[$DEEP]', /nested deeper/],
  'a good syscall with a field nested as deep as that': [
    '[{"kind":"vatstoreDelete","key":"k","more":$DEEP}]',
    /nested deeper/,
  ],
  'a line of the console without a text': ['[{"kind":"console","level":"log"}]', /a line of the console/],
  'a line of the console of a level that there is not': [
    '[{"kind":"console","level":"shout","text":"x"}]',
    /a line of the console/,
  ],
  'a line of the console nested deep': ['[{"kind":"console","level":"log","text":$DEEP}]', /nested deeper/],
  'a question that brings its answer': [
    '[{"kind":"vatstoreGet","key":"k","answer":{}}]',
    /comes without an answer/,
  ],
  'a command that brings an answer': [
    '[{"kind":"vatstoreDelete","key":"k","answer":null}]',
    /comes without an answer/,
  ],
  'an unknown kind': ['[{"kind":"dance"}]', /no such syscall: "dance"/],
  'a kind that records have by birth': ['[{"kind":"constructor"}]', /no such syscall/],

  'a question that does not end its batch': [
    '[{"kind":"vatstoreGet","key":"k"},{"kind":"vatstoreDelete","key":"k"}]',
    /a question is the last of its batch/,
  ],
  'two questions in a batch': [
    '[{"kind":"vatstoreGet","key":"k"},{"kind":"vatstoreGet","key":"k"}]',
    /a question is the last of its batch/,
  ],

  'abandoning its root': [
    command('abandonExports', '"exports":["o+0"]'),
    /the root of a vat cannot be abandoned/,
  ],
  'abandoning an import': [command('abandonExports', '"exports":["o-1"]'), /not an export/],
  'abandoning what it never exported': [command('abandonExports', '"exports":["o+99"]'), /not an export/],
  'abandoning no list': [command('abandonExports', '"exports":null'), /not a list of objects/],

  'a message to an import it never had': [send({ target: '"o-99"' }), /o-99 was never given/],
  'a message to a promise it never had': [send({ target: '"p-99"' }), /p-99 was never given/],
  'a message to a name of the kernel': [send({ target: '"ko1"' }), /not a target/],
  'a message to a number': [send({ target: '5' }), /not a target/],
  'a message to nothing': [send({ target: 'null' }), /not a target/],
  'a message to a list with a name': [send({ target: '["o-1"]' }), /not a target/],
  'a message to a name with a tail': [send({ target: q('o-1\n') }), /not a target/],
  'a message to a name longer than any number': [
    send({ target: `"o-${'9'.repeat(5_000)}"` }),
    /not a target/,
  ],
  'a slot with a name longer than any number': [
    send({ methargs: data('#"$0"', `["o+${'9'.repeat(5_000)}"]`) }),
    /not references/,
  ],
  'a result with a name longer than any number': [
    send({ result: `"p+${'9'.repeat(5_000)}"` }),
    /not a name for a result/,
  ],
  'the dropping of a name longer than any number': [
    command('dropImports', `"imports":["o-${'9'.repeat(5_000)}"]`),
    /not a list of objects/,
  ],
  'a message to a dropped import': [send({ target: '"o-2"' }), /o-2 was dropped/],
  'a message without data': [send({ methargs: 'null' }), /not capdata/],
  'a body that is no text': [send({ methargs: '{"body":5,"slots":[]}' }), /not capdata/],
  'slots that are no list': [send({ methargs: '{"body":"#[]","slots":"o-1"}' }), /not capdata/],
  'a slot that is no name': [send({ methargs: data('#"$0"', '["root"]') }), /not references/],
  'a slot of the kernel': [send({ methargs: data('#"$0"', '["ko1"]') }), /not references/],
  'a slot it never had': [send({ methargs: data('#"$0"', '["o-99"]') }), /o-99 was never given/],
  'a slot that was dropped': [send({ methargs: data('#"$0"', '["o-2"]') }), /o-2 was dropped/],
  'more slots than a message may have': [
    () => send({ methargs: data('#[]', q(Array.from({ length: 10_001 }, () => 'o-1'))) }),
    /more references/,
  ],
  'a body longer than it may be': [
    send({ methargs: data('#"$LONG"') }),
    /wrote more than .* in one delivery/,
  ],
  "a result of the kernel's naming": [send({ result: '"p-77"' }), /not a name for a result/],
  'an object as a result': [send({ result: '"o+7"' }), /not a name for a result/],
  'a number as a result': [send({ result: '7' }), /not a name for a result/],
  'a result that has no text': [send({ result: '{"toString":1}' }), /not a name for a result/],
  'a list with a name for a result': [send({ result: '["p+9"]' }), /not a name for a result/],
  'no result, where there must be one or null': [
    '[{"kind":"send","target":"o-1","methargs":{"body":"#[]","slots":[]}}]',
    /not a name for a result/,
  ],
  'a result that has its name already': [send({ result: '"p+1"' }), /exists already/],
  'the same result twice': [
    `[${send({ result: '"p+9"' }).slice(1, -1)},${send({ result: '"p+9"' }).slice(1, -1)}]`,
    /exists already/,
  ],

  'a subscription to a promise it never had': [command('subscribe', '"promise":"p-99"'), /never given/],
  'a subscription to an object': [command('subscribe', '"promise":"o-1"'), /not a promise/],
  'a subscription to nothing': [command('subscribe', '"promise":null'), /not a promise/],

  'resolutions that are no list': [command('resolve', '"resolutions":{}'), /not resolutions/],
  'a resolution that is nothing': [resolve('null'), /not a resolution/],
  'a resolution that is a number': [resolve('5'), /not a resolution/],
  'the settling of a promise of another vat': [resolve(to('"p-1"')), /does not decide/],
  'the settling of a promise it never had': [resolve(to('"p-99"')), /does not know/],
  'the settling of a promise it never named': [resolve(to('"p+99"')), /does not know/],
  'the settling of an object': [resolve(to('"o-1"')), /not a promise/],
  'the settling of an answer that somebody else will give': [
    `[${send({ result: '"p+9"' }).slice(1, -1)},${resolve(to('"p+9"')).slice(1, -1)}]`,
    /does not decide/,
  ],
  // Kp3.
  'one settling twice in a syscall': [resolve(to('$R'), to('$R')), /does not decide/],
  'one settling in two syscalls': [
    `[${resolve(to('$R')).slice(1, -1)},${resolve(to('$R')).slice(1, -1)}]`,
    /does not know/,
  ],
  'an outcome that is none': [
    resolve('{"promise":$R,"outcome":"maybe","data":{"body":"#1","slots":[]}}'),
    /not an outcome/,
  ],
  'a settling without data': [resolve(to('$R', 'null')), /not capdata/],
  'a settling with a slot it never had': [
    resolve(to('$R', data('#"$0"', '["o-99"]'))),
    /o-99 was never given/,
  ],

  'a key that is empty': [command('vatstoreSet', '"key":"","value":"x"'), /not a key/],
  'a key that is not ASCII': [command('vatstoreSet', '"key":"schlüssel","value":"x"'), /not a key/],
  'a key with a line\'s end': [command('vatstoreSet', '"key":"a\\n","value":"x"'), /not a key/],
  'a key that is too long': [command('vatstoreSet', `"key":"${'k'.repeat(513)}","value":"x"`), /not a key/],
  'a key that is a number': [command('vatstoreSet', '"key":5,"value":"x"'), /not a key/],
  'a value that is a number': [command('vatstoreSet', '"key":"k","value":5'), /not a value/],
  'a value that is nothing': [command('vatstoreSet', '"key":"k","value":null'), /not a value/],
  'a value that is not there': [command('vatstoreSet', '"key":"k"'), /not a value/],
  'a value with half of a surrogate pair': [
    command('vatstoreSet', '"key":"k","value":"\\ud800"'),
    /not a value/,
  ],
  'several keys that are no list': [command('vatstoreGetSeveral', '"keys":"k"'), /not a list of keys/],
  'several keys that are none': [command('vatstoreGetSeveral', '"keys":[]'), /not a list of keys/],
  'several keys that are too many': [
    command('vatstoreGetSeveral', `"keys":${JSON.stringify(Array.from({ length: 1_001 }, () => 'k'))}`),
    /not a list of keys/,
  ],
  'several keys of which one is a number': [command('vatstoreGetSeveral', '"keys":["k",5]'), /not a key/],
  'several keys that do not end their batch': [
    '[{"kind":"vatstoreGetSeveral","keys":["k"]},{"kind":"vatstoreDelete","key":"k"}]',
    /a question is the last of its batch/,
  ],
  'entries that are no list': [
    command('vatstoreWrite', '"entries":{"k":"v"}'),
    /not keys and values in turn/,
  ],
  'entries with a key and no value': [
    command('vatstoreWrite', '"entries":["k","v","l"]'),
    /not keys and values in turn/,
  ],
  'an entry whose key is nothing': [command('vatstoreWrite', '"entries":["k","v",null,"v"]'), /not a key/],
  'an entry whose value is a number': [command('vatstoreWrite', '"entries":["k","v","l",5]'), /not a value/],
  'an entry with half of a surrogate pair': [
    command('vatstoreWrite', '"entries":["k","\\ud800"]'),
    /not a value/,
  ],
  'a value longer than it may be': [
    command('vatstoreSet', '"key":"k","value":"$LONG"'),
    /wrote more than .* in one delivery/,
  ],
  'the deletion of garbage': [command('vatstoreDelete', '"key":{}'), /not a key/],
  'a question about garbage': [command('vatstoreGet', '"key":null'), /not a key/],
  'a question for what follows garbage': [command('vatstoreNextKey', '"prefix":"a","after":7'), /not a key/],
  'a range from garbage': [command('vatstoreRange', '"from":null,"to":"b","limit":1'), /not a key/],
  'a range to garbage': [command('vatstoreRange', '"from":"a","to":"ü","limit":1'), /not a key/],
  'a range without a limit': [command('vatstoreRange', '"from":"a","to":"b"'), /not a limit/],
  'a range of too many entries': [
    command('vatstoreRange', '"from":"a","to":"b","limit":1001'),
    /not a limit/,
  ],
  'a patch without an id': [command('patched', '"of":"x"'), /not the id of a patch/],
  'a patch whose id is empty': [command('patched', '"id":""'), /not the id of a patch/],
  'a patch whose id is too long': [command('patched', `"id":"${'x'.repeat(201)}"`), /not the id of a patch/],
  'a question with an empty prefix': [command('vatstoreNextKey', '"prefix":"","after":"a"'), /not a key/],

  'the dropping of an import it never had': [command('dropImports', '"imports":["o-99"]'), /not an import/],
  'the dropping of an export': [command('dropImports', '"imports":["o+0"]'), /not an import/],
  'the dropping of a promise': [command('dropImports', '"imports":["p-1"]'), /not a list of objects/],
  'the dropping of no list': [command('dropImports', '"imports":"o-1"'), /not a list of objects/],
  'the dropping of numbers': [command('dropImports', '"imports":[1]'), /not a list of objects/],
  'the dropping of an import twice': [command('dropImports', '"imports":["o-1","o-1"]'), /dropped before/],
  'the dropping of a dropped import': [command('dropImports', '"imports":["o-2"]'), /dropped before/],
  'the retiring of an import before it is dropped': [
    command('retireImports', '"imports":["o-1"]'),
    /retired before it is dropped/,
  ],
  'the retiring of an export as an import': [command('retireImports', '"imports":["o+0"]'), /not an import/],
  'the retiring of an export that others reach': [
    command('retireExports', '"exports":["o+0"]'),
    /while others can reach it/,
  ],
  'the retiring of an export it never had': [command('retireExports', '"exports":["o+99"]'), /not an export/],
  'the retiring of an import as an export': [command('retireExports', '"exports":["o-2"]'), /not an export/],

  'the retiring of a promise that it awaits': [
    command('retirePromises', '"promises":["p-1"]'),
    /p-1 is not a kept promise/,
  ],
  'the retiring of a promise that it decides': [
    command('retirePromises', '"promises":["p+1"]'),
    /p\+1 is not a kept promise/,
  ],
  'the retiring of a promise that it never had': [
    command('retirePromises', '"promises":["p-99"]'),
    /not a promise of this vat/,
  ],
  'the retiring of an object as a promise': [
    command('retirePromises', '"promises":["o-1"]'),
    /not a promise of this vat/,
  ],
  'the retiring of a number as a promise': [
    command('retirePromises', '"promises":[1]'),
    /not a list of promises/,
  ],
  'the retiring of what has no text as a promise': [
    command('retirePromises', '"promises":[{"toString":1}]'),
    /not a list of promises/,
  ],
  'the retiring of no list of promises': [
    command('retirePromises', '"promises":"p-1"'),
    /not a list of promises/,
  ],
  'the retiring of a kept promise twice': [
    `[{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":${data()},"keep":true}]},{"kind":"retirePromises","promises":[$R,$R]}]`,
    /not a promise of this vat/,
  ],
  'a resolution that is kept by half': [
    `[{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":${data()},"keep":false}]}]`,
    /neither true nor absent/,
  ],

  'an end that is none': [command('exit', `"end":"happy","data":${data()}`), /not an end/],
  'an end without data': [command('exit', '"end":"completed","data":null'), /not capdata/],
  'an end with what it never had': [
    command('exit', `"end":"failed","data":${data('#"$0"', '["o-99"]')}`),
    /o-99 was never given/,
  ],
  'something good before something bad': [
    `[{"kind":"vatstoreSet","key":"k","value":"v"},${send({ target: '"o-1"' }).slice(1, -1)},${resolve(to('$R')).slice(1, -1)},{"kind":"dance"}]`,
    /no such syscall/,
  ],
}

/** Whatever the kernel did with it, mallory must be as she was, and alice must be well. */
async function assertHarmless(
  how: string,
  text: string,
  code: 'illegal-syscall' | 'worker-trapped',
  cause: RegExp,
): Promise<void> {
  const rejection = rejectionOf(await world.outcome('mallory', how, text), code)
  assert.match(rejection.message, /mallory \(v2\)/)
  assert.match(rejection.message, cause)
  assert.doesNotMatch(rejection.message, /\n *at /, 'a reason has no frames of the supervisor')
  assert.equal(rejection.vat, 'v2')
  assert.equal(await world.imageOf('mallory'), whole)
  assert.equal(await world.ask('alice', 'add', 1n, 2n), 3n)
  assert.equal((await world.controller.vat('mallory')).status.kind, 'running')
}

for (const [name, [batch, cause]] of Object.entries(syscalls)) {
  const text = (): string => (typeof batch === 'string' ? batch : batch())
  // Rv1, Rv2.
  test(`${name}, at the end of a delivery`, () => assertHarmless('finish', text(), 'illegal-syscall', cause))
  if (typeof batch === 'string')
    test(`${name}, in the middle of one`, () => assertHarmless('ask', text(), 'illegal-syscall', cause))
}

/** Ends that are none. */
const ends: Readonly<Record<string, string>> = {
  'garbage': '{',
  'nothing': 'null',
  'a list': '[]',
  'no batch': '{"result":{"kind":"ok"}}',
  'no result': '{"batch":[]}',
  'a result that is nothing': '{"batch":[],"result":null}',
  'an unknown result': '{"batch":[],"result":{"kind":"excellent"}}',
  'a start without a root': '{"batch":[],"result":{"kind":"started"}}',
  'a start with a number for its migrations':
    '{"batch":[],"result":{"kind":"started","root":"o+0","migrated":5}}',
  'a start with garbage for a migration':
    '{"batch":[],"result":{"kind":"started","root":"o+0","migrated":[{"tag":1,"from":1,"to":2}]}}',
  'a start with a fraction for a version':
    '{"batch":[],"result":{"kind":"started","root":"o+0","migrated":[{"tag":"a","from":1.5,"to":2}]}}',
  'a start where nothing started': '{"batch":[],"result":{"kind":"started","root":"o+0"}}',
  'a refusal where nothing started':
    '{"batch":[],"result":{"kind":"refused","refusal":{"code":"start/threw","message":"no","names":[],"stack":""}}}',
  'a refusal without a reason': '{"batch":[],"result":{"kind":"refused"}}',
  'a result nested deep': '{"batch":[],"result":{"kind":"ok","more":$DEEP}}',
  'a frame nested deep': '{"batch":[],"more":$DEEP}',
  'a refusal of a code that there is not':
    '{"batch":[],"result":{"kind":"refused","refusal":{"code":"start/bored","message":"","names":[],"stack":""}}}',
  'a refusal of a code that records have by birth':
    '{"batch":[],"result":{"kind":"refused","refusal":{"code":"constructor","message":"","names":[],"stack":""}}}',
  'a refusal of a code that is for the kernel to say':
    '{"batch":[],"result":{"kind":"refused","refusal":{"code":"start/exited","message":"","names":[],"stack":""}}}',
  'a refusal with garbage for a reason':
    '{"batch":[],"result":{"kind":"refused","refusal":{"code":5,"message":{},"names":7}}}',
}

for (const [name, text] of Object.entries(ends)) {
  test(`a delivery that ends with ${name}`, () =>
    assertHarmless('end', text, 'illegal-syscall', /end of the delivery/))
}

test('a supervisor that throws', () =>
  assertHarmless('end', 'throw', 'worker-trapped', /the supervisor throws/))

test('what mallory may do still works after all that', async () => {
  const answer = await world.ask('mallory', 'finish', resolve(to('$R', data('#"+5"'))))
  assert.equal(answer, 5n)
})
