/**
 * Whatever a vat rejects with is printed as what it is, after its block was committed: nothing that a vat
 * says makes a command say that nothing was kept, or that the kernel said it.
 */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { AfterCommit, problemOfError } from '../../src/cli/output/problem.ts'
import { emptyStore, fileWith, temporaryDirectory } from './support.ts'

const directory = temporaryDirectory({ after: (end) => after(end) })
const store = `${directory}/store`
/** Inside the project, so that the source finds `heirloom/vat`. */
const sources = join(import.meta.dirname, '..', '..', 'build', 'test-vats')
mkdirSync(sources, { recursive: true })

/** Reasons as the code of a vat, and what a command prints of them. */
const reasons: Readonly<Record<string, readonly [code: string, printed: RegExp]>> = {
  refused: [
    '{ name: "KernelRejection", code: "upgrade-refused", message: "m", reason: {} }',
    /rejected: \{ (?=.*name: "KernelRejection")(?=.*reason: \{\}).*\}/,
  ],
  numbered: ['{ name: "KernelRejection", code: 5 }', /rejected: \{ code: 5, name: "KernelRejection" \}/],
  bare: ['{ name: "KernelRejection" }', /rejected: \{ name: "KernelRejection" \}/],
  gone: [
    'Object.defineProperty(Error("vat terminated"), "code", { value: "vat-terminated" })',
    /rejected: Error: vat terminated\n/,
  ],
  disconnected: [
    '{ name: "vatUpgraded", upgradeMessage: 5n, incarnationNumber: "x" }',
    /rejected: \{ (?=.*upgradeMessage: 5n).*\}/,
  ],
  nothing: ['undefined', /rejected: undefined\n/],
  no: ['null', /rejected: null\n/],
  number: ['NaN', /rejected: NaN\n/],
  big: ['5n', /rejected: 5n\n/],
  symbol: ['Symbol.asyncIterator', /rejected: Symbol\(/],
  text: ['"\\u001b[2J\\u202enoitcejer"', /rejected: "\\u001b\[2J\\u202enoitcejer"\n/],
  lines: ['Error("no\\nheirloom: nothing was kept")', /rejected: Error: no\\nheirloom: nothing was kept\n/],
  object: ['Far("evil\\n[0m", {})', /rejected: \[Alleged: evil\\n\[0m ko\d+\]\n/],
  promise: ['{ p: new Promise(() => {}) }', /rejected: \{ p: \[Promise kp\d+\] \}\n/],
  proto: ['Object.fromEntries([["__proto__", 1]])', /rejected: \{ __proto__: 1 \}\n/],
  many: ['Array.from({ length: 20_000 }, (_, n) => n)', /rejected: \[\n {2}0,\n[^]* {2}19999,\n\]\n/],
  deep: [
    '(() => { let v = "x".repeat(200_000); for (let i = 0; i < 190; i += 1) v = [v]; return v })()',
    /rejected: \[\n/,
  ],
}
const source = `import { Far } from 'heirloom/vat'
const reasons = { ${Object.entries(reasons).map(([name, [code]]) => `${name}: () => (${code})`).join(',\n')} }
export const buildRootObject = () => {
  let paid = 0
  return Far('shop', { pay: (kind) => { paid += 1; return Promise.reject(harden(reasons[kind]())) }, paid: () => paid })
}
`

async function heirloom(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress: 'hidden',
    env: {},
  } as const
  const code = await dispatch([...words, '--store', store], io)
  return { code, out, err }
}

await emptyStore(store)
assert.equal((await heirloom('install', 'shop', fileWith(sources, 'shop.js', source))).err, '')
assert.equal((await heirloom('create', 'shop', 'shop')).code, 0)

let paid = 0
for (const [kind, [, printed]] of Object.entries(reasons)) {
  test(`a reason that is ${kind}`, async () => {
    const { code, out, err } = await heirloom('send', 'shop', 'pay', JSON.stringify(kind))
    assert.deepEqual([code, err], [1, ''])
    assert.match(out, printed)
    paid += 1
    assert.equal(
      (await heirloom('send', 'shop', 'paid')).out,
      `${paid}\n`,
      'the block of the message is there',
    )
    const json = JSON.parse((await heirloom('send', 'shop', 'pay', JSON.stringify(kind), '--json')).out) as {
      status: string
      by: string
    }
    paid += 1
    assert.deepEqual([json.status, json.by], ['rejected', 'vat'])
  })
}

test('the kernel itself is told by its code and what to do', async () => {
  const { code, out } = await heirloom('send', '@ko999999', 'f')
  assert.equal(code, 1)
  assert.match(out, /^rejected: object-unknown: .*\n {2}The kernel has no such object/)
  const json = JSON.parse((await heirloom('send', '@ko999999', 'f', '--json')).out) as { by: string }
  assert.equal(json.by, 'kernel')
})

// Se3.
test('what goes wrong after a block was committed says so', () => {
  const problem = problemOfError(new AfterCommit(new TypeError('odd'), 7))
  assert.deepEqual([problem.code, problem.detail], ['kernel/fault', { committed: 7 }])
  assert.match(problem.hint, /committed block 7/)
  assert.doesNotMatch(problem.hint, /nothing of this command was kept/)
})
