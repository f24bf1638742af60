/** Links lead somewhere, and the index has every page. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { anchorsOf, linksOf } from '../../tools/tables/markdown.ts'
import { pages, project } from '../types/pages.ts'

interface Link {
  readonly page: string
  readonly target: string
}

const textOf = (page: string): string => readFileSync(join(project, page), 'utf8')

/** What a page says, without its examples. */
const proseOf = (page: string): string =>
  textOf(page)
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '')

function flawOf({ page, target }: Link): string | undefined {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : relative(project, join(project, dirname(page), path))
  if (!existsSync(join(project, file))) return `${page}: ${target} is not there`
  if (anchor === undefined || !file.endsWith('.md') || anchorsOf(textOf(file)).includes(anchor))
    return undefined
  return `${page}: ${file} has no heading #${anchor}`
}

test('every link in a page leads to a file, and to a heading that is there', () => {
  const links = pages().flatMap((page) => linksOf(proseOf(page)).map((target) => ({ page, target })))
  assert.ok(links.length > 300, 'the links are found')
  assert.deepEqual(links.flatMap((link) => flawOf(link) ?? []), [])
})

test('the index has every page of docs once', () => {
  const own = readdirSync(join(project, 'docs')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  )
  const listed = linksOf(textOf('docs/README.md')).filter((target) => /^[^/]+\.md$/.test(target))
  assert.deepEqual(listed.toSorted(), own.toSorted())
})
