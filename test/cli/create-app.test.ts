/** New apps: what is written, what is refused, and that the tests of an app pass in the working tree. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeNewFolder } from '../../src/cli/apps/newFolder.ts'
import { fileWith, heirloom, temporaryDirectory } from './support.ts'

const root = join(import.meta.dirname, '..', '..')
const createApp = (folder: string) => heirloom(['create-app', folder, '--json'], { store: '' })

/** Every file below a directory, in order. */
const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(directory, path)).isFile())
    .sort()

interface Manifest {
  readonly name: string
  readonly version: string
  readonly engines: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const manifestIn = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest

async function createdIn(directory: string, name: string): Promise<string> {
  const { code, err } = await createApp(join(directory, name))
  assert.deepEqual([code, err], [0, ''])
  return join(directory, name)
}

test('an app has the files that are listed, every file of the template, and this release', async (t) => {
  const directory = temporaryDirectory(t)
  const { code, out } = await createApp(join(directory, 'corner-shop'))
  assert.equal(code, 0)
  const { folder, name, version, files } = JSON.parse(out) as Readonly<Record<string, unknown>>
  const app = join(directory, 'corner-shop')
  assert.deepEqual([folder, name, version], [app, 'corner-shop', manifestIn(root).version])
  assert.deepEqual(filesBelow(app), [...(files as string[])].sort())
  assert.equal(filesBelow(app).length, filesBelow(join(root, 'templates', 'app')).length)
  assert.deepEqual(readdirSync(directory), ['corner-shop'], 'nothing is left beside it')
  assert.equal(statSync(app).mode & 0o777, 0o777 & ~process.umask())

  const manifest = manifestIn(app)
  assert.equal(manifest.name, 'corner-shop')
  assert.deepEqual(manifest.dependencies, { heirloom: manifestIn(root).version })
  assert.equal(manifest.devDependencies['typescript'], manifestIn(root).devDependencies['typescript'])
  const launcher = readFileSync(join(root, 'bin', 'heirloom.mjs'), 'utf8')
  assert.equal(manifest.engines['node'], `>=${/node: '([\d.]+)'/.exec(launcher)?.[1]}`)
})

test('the README explains every file but itself, and no placeholder is left', async (t) => {
  const app = await createdIn(temporaryDirectory(t), 'shop')
  const readme = readFileSync(join(app, 'README.md'), 'utf8')
  for (const file of filesBelow(app)) {
    assert.ok(file === 'README.md' || readme.includes(`| \`${file}\` |`), file)
    assert.doesNotMatch(readFileSync(join(app, file), 'utf8'), /\{\{/, file)
  }
})

test('its tests pass at once', async (t) => {
  // Below the working tree, so that the app finds what `npm install` would have installed.
  mkdirSync(join(root, 'build'), { recursive: true })
  const place = mkdtempSync(join(root, 'build', 'app-'))
  t.after(() => rmSync(place, { recursive: true, force: true }))
  const app = await createdIn(place, 'shop')
  mkdirSync(join(app, 'node_modules'))
  symlinkSync(root, join(app, 'node_modules', 'heirloom'))
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  const { stdout, status } = spawnSync(process.execPath, ['--test'], { cwd: app, env, encoding: 'utf8' })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /pass 3\b/)
})

test('an empty folder is filled, and stays the folder that it was', async (t) => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, 'shop'), { mode: 0o700 })
  const before = statSync(join(directory, 'shop'))
  const app = await createdIn(directory, 'shop')
  assert.deepEqual([statSync(app).ino, statSync(app).mode], [before.ino, before.mode])
  assert.deepEqual(filesBelow(app), filesBelow(await createdIn(directory, 'other')))
})

// Nf1, Nf2.
test('what is refused writes nothing', async (t) => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, 'full'))
  fileWith(join(directory, 'full'), '.hidden', 'mine')
  fileWith(directory, 'file', 'mine')
  const cases = [
    ['full', 'app/not-empty', /has \.hidden/],
    ['file', 'app/not-empty', /is a file/],
    ['missing/shop', 'app/not-written', /ENOENT/],
    ['file/shop', 'app/not-written', /ENOTDIR/],
    ['Shop', 'app/bad-name', /"Shop"/],
    ['.shop', 'app/bad-name', /"\.shop"/],
    ['my shop', 'app/bad-name', /"my shop"/],
    ['s'.repeat(215), 'app/bad-name', /sss/],
    ['heirloom', 'app/bad-name', /"heirloom"/],
    ['node_modules', 'app/bad-name', /"node_modules"/],
  ] as const
  const before = filesBelow(directory)
  for (const [folder, code, said] of cases) {
    const { code: exit, out, err } = await createApp(join(directory, folder))
    const { error } = JSON.parse(out) as { readonly error: Readonly<Record<'code' | 'message', string>> }
    assert.deepEqual([exit, error.code], [3, code])
    assert.match(error.message, said)
    assert.match(err, /\n {2}\S/, 'a hint stands below')
  }
  assert.deepEqual(filesBelow(directory), before)
  assert.deepEqual(readdirSync(directory).sort(), ['file', 'full'])
  assert.equal((await heirloom(['create-app'], { store: '' })).code, 2)
})

// Nf2.
test('when a file cannot be written, none is', (t) => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, 'empty'))
  // The second needs a directory where the first is a file.
  const files = [
    { path: 'readme', text: 'one' },
    { path: 'readme/more', text: 'two' },
  ]
  for (const name of ['new', 'empty'])
    assert.throws(() => writeNewFolder(join(directory, name), files), { code: 'app/not-written' })
  assert.ok(!existsSync(join(directory, 'new')))
  assert.deepEqual(readdirSync(directory, { recursive: true }), ['empty'])
})
