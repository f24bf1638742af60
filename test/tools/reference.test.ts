/** The reference: every export is on its page, with what it does. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as host from '../../src/host/index.ts'
import * as replay from '../../src/replay/index.ts'
import * as testing from '../../src/testing/index.ts'
import * as vat from '../../src/vat/index.ts'
import { buildReference, undocumented } from '../../tools/reference/build.ts'
import { declarationsIn } from '../../tools/reference/declarations.ts'
import { buildDeclarations } from '../types/consumer.ts'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'

await buildDeclarations()
const folder = temporaryDirectory(forTheFile)
const missing = buildReference(folder)
const modules = { heirloom: host, vat, testing, replay }

test('every export has a doc comment', () => {
  assert.deepEqual(missing, [])
})

for (const [page, module] of Object.entries(modules)) {
  test(`the page ${page} has every value that the module exports, and the contents lead to each section`, () => {
    const text = readFileSync(join(folder, `${page}.md`), 'utf8')
    const sections = [...text.matchAll(/^## (\S+)$/gm)].map(([, name = '']) => name)
    for (const name of Object.keys(module)) assert.ok(sections.includes(name), name)
    const contents = [...text.matchAll(/^- \[`(\S+)`\]\(#(\S+)\)/gm)]
    assert.deepEqual(contents.map(([, name]) => name), sections)
    assert.equal(new Set(contents.map(([, , anchor]) => anchor)).size, contents.length)
  })
}

test('the page of vats has types and interfaces with the comments of their members, and examples', () => {
  const text = readFileSync(join(folder, 'vat.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith('TimerService\n')) ?? ''
  assert.match(
    section,
    /^TimerService\n\nThe timer\.[^]*\/\*\* Resolves to the time, once the delay has passed\. \*\/\n {4}delay\(delay: RelativeTimeLike, cancelToken\?: CancelToken\): Timestamp;/,
  )
  assert.match(text, /^## provide\n[^]*?```ts\nimport \{ Far, makeMapStore, provide \} from 'heirloom\/vat'/m)
})

const text = `/** The head of the file. */
import type { X } from './x.ts';
export interface Bare {
    /** Has { a brace. */
    readonly a: '}' | { readonly b: X };
}
/** Does something. */
export declare function twice(a: string): void;
export declare function twice(a: number): void;
declare const inner: unique symbol;
/**
 * A class.
 * @param x of it
 */
export declare class Thing {
    #private;
    readonly a: string;
}
`

test('declarations are found with their comments, and those without are named', () => {
  const found = declarationsIn(text)
  assert.deepEqual(found.map(({ name, kind, doc, isExported }) => [name, kind, doc, isExported]), [
    ['Bare', 'interface', undefined, true],
    ['twice', 'function', 'Does something.', true],
    ['twice', 'function', undefined, true],
    ['inner', 'const', undefined, false],
    ['Thing', 'class', 'A class.\n@param x of it', true],
  ])
  assert.deepEqual(undocumented(found), ['Bare', 'twice', 'inner'])
  assert.equal(found[4]?.text, 'export class Thing {\n    readonly a: string;\n}')
  assert.match(found[0]?.text ?? '', /^export interface Bare \{[^]*\n\}$/)
})
