/** The commands of these pages print what the pages show. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTrue } from '../../tools/sessions/console.ts'
import { pages, runPage } from '../../tools/sessions/session.ts'

for (const page of pages) {
  test(`every command of docs/${page}.md prints what stands there`, async () => {
    const ran = await runPage(page)
    assert.ok(ran.length > 15, 'the commands are found')
    for (const each of ran) {
      const { command, printed } = each
      if (!isTrue(each)) assert.deepEqual(printed, command.output, `$ ${command.text}`)
    }
  })
}
