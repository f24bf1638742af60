/**
 * `npm run bless:sessions -- [PAGE…]`: runs the commands of the pages and writes what they print into them.
 */
import { writeFileSync } from 'node:fs'
import { writtenPart } from './console.ts'
import { pages, pathOf, rewrittenPage } from './session.ts'

const wanted = process.argv.slice(2)
for (const page of pages.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const parts = await rewrittenPage(page)
  writeFileSync(pathOf(page), parts.map(writtenPart).join(''))
  console.log(`wrote docs/${page}.md`)
}
