/** Sessions of a page are found, and compared but for what differs from machine to machine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShown, partsOf, writtenPart, type Command } from '../../tools/sessions/console.ts'

const page = `# A page

\`\`\`console
$ npx heirloom init
created a store in ./heirloom-store
$ kill -9 1
\`\`\`

\`\`\`sh
$ not run
\`\`\`

<!-- before
$ npx heirloom init
-->
<!-- in the background -->
\`\`\`console
$ npx heirloom node host.ts
ready
\`\`\`
`

const commandsIn = (text: string): readonly Command[] =>
  partsOf(text).flatMap((part) => (part.kind === 'command' ? [part.command] : []))

test('each command of a page is found with its output, and other fences are not', () => {
  assert.deepEqual(commandsIn(page), [
    { text: 'npx heirloom init', output: ['created a store in ./heirloom-store'], role: 'shown' },
    { text: 'kill -9 1', output: [], role: 'shown' },
    { text: 'npx heirloom init', output: [], role: 'hidden' },
    { text: 'npx heirloom node host.ts', output: ['ready'], role: 'background' },
  ])
})

test('a page that is written from its parts is the same page', () => {
  assert.equal(partsOf(page).map(writtenPart).join(''), page)
})

const hash = 'ad3866daa35f15584a0245ac8651d205cec13f8b62d09e71dece3f32e0073d17'

test('hashes, sizes, durations and column widths may differ', () => {
  assert.ok(
    isShown(
      [`todo is b1-${hash} (3,484 bytes from 5 files)`],
      ['todo is b1-0123456789ab… (12 bytes from 1 file)'],
    ),
  )
  assert.ok(isShown(['VAT   NAME', 'passes (1.25ms)'], ['VAT  NAME', 'passes (31.5ms)']))
  assert.ok(isShown(['one', 'two', 'three'], ['one', '…', 'three']))
})

test('anything else may not', () => {
  assert.ok(!isShown(['["buy tea: open"]'], ['["buy tea: done"]']))
  assert.ok(!isShown(['one', 'two'], ['one']))
  assert.ok(!isShown(['one'], ['one', 'two']))
  assert.ok(!isShown(['pending: result 32'], ['pending: result 33']))
  assert.ok(!isShown(['a.b'], ['a?b']))
})
