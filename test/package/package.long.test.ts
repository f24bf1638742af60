/**
 * The package as users get it: packed from a copy of the working tree, installed into projects of two
 * layouts, and used.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { builtCode } from '../../src/release/workingTree.ts'

const root = join(import.meta.dirname, '..', '..')
const place = mkdtempSync(join(tmpdir(), 'heirloom-package-'))
after(() => rmSync(place, { recursive: true, force: true }))

/** Without what the test runner and npm set for the processes that they start. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_(?!EXTRA_CA_CERTS$)|^HEIRLOOM_/i.test(name)),
)

/** For one command, on a slow machine with a slow network. */
const patienceMs = 600_000

const run = (cwd: string, command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: patienceMs,
  })

/** What is in npm's cache is taken from there, and what the registry does not answer is asked for again. */
const npmInstall = (project: string, ...words: readonly string[]): string =>
  run(
    project,
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--fetch-timeout=30000',
    ...words,
  )

// --- packing, in a copy: it changes package.json for a moment

const tree = join(place, 'checkout')
mkdirSync(tree)
const parts = [
  'bin',
  'src',
  'templates',
  'tools',
  '.npmrc',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
  'tsconfig.package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
]
for (const part of parts) cpSync(join(root, part), join(tree, part), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
const manifestBefore = readFileSync(join(tree, 'package.json'), 'utf8')
interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}
// An npm of today answers with a list, an earlier one too; the scripts' own lines come before it.
const packed = JSON.parse(/^\[.*/ms.exec(run(tree, 'npm', 'pack', '--json'))?.[0] ?? '[]') as readonly [
  Packed,
]
const tarball = join(tree, packed[0].filename)

test('packing leaves package.json as it was, and packs neither tests nor golden files nor sources, but templates', () => {
  assert.equal(readFileSync(join(tree, 'package.json'), 'utf8'), manifestBefore)
  const paths = packed[0].files.map(({ path }) => path)
  assert.deepEqual(
    paths.filter(
      (path) => !/^(?:dist|bin|templates)\/|^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(path),
    ),
    [],
  )
  assert.deepEqual(
    paths.filter((path) => /^(?!templates\/).*\.ts$/.test(path) && !path.endsWith('.d.ts')),
    [],
  )
})

// Rl1, Rl2.
test('the code in the package is the same bytes as that of the working tree', async () => {
  const hashes = (directory: string): unknown =>
    JSON.parse(readFileSync(join(directory, 'code.json'), 'utf8'))
  assert.deepEqual(hashes(join(tree, 'dist', 'code')), hashes(await builtCode()))
})

test('publint and arethetypeswrong find nothing in the package', () => {
  run(place, 'npx', '--yes', 'publint@0.3.25', '--strict', tarball)
  run(place, 'npx', '--yes', '@arethetypeswrong/cli@0.18.5', '--profile', 'esm-only', tarball)
})

// --- installing

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const fence = (language: string, contains: string): string => {
  const found = [...readme.matchAll(/```(\w*)\n(.*?)```/gs)].find(
    ([, of, text = '']) => of === language && text.includes(contains),
  )
  assert.ok(found?.[2] !== undefined, `README.md has a fence with ${contains}`)
  return found[2]
}
const vat = fence('ts', 'buildRootObject')
const host = fence('ts', 'openController')

function makeProject(directory: string, manifest: object): string {
  mkdirSync(directory, { recursive: true })
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ name: 'bank', version: '1.0.0', private: true, type: 'module', ...manifest }),
  )
  return directory
}

function addSources(project: string): void {
  writeFileSync(join(project, 'counter.ts'), vat)
  writeFileSync(join(project, 'counter-v2.ts'), vat.replace('state.count += by', 'state.count += 2n * by'))
  writeFileSync(join(project, 'host.ts'), host)
  writeFileSync(join(project, 'host.js'), host.replaceAll("'store'", "'store-of-js'"))
  writeFileSync(join(project, 'counter.test.ts'), `
    import assert from 'node:assert/strict'
    import { test } from 'node:test'
    import { startTestKernel } from 'heirloom/testing'

    interface Counter { add(by: bigint): bigint }
    interface Maker { make(count: bigint): Counter }

    test('a counter counts', async () => {
      const kernel = await startTestKernel({ vats: { maker: { code: 'counter.ts' } } })
      const counter = await kernel.ask(await kernel.root<Maker>('maker'), 'make', 1n)
      assert.equal(await kernel.ask(counter, 'add', 2n), 3n)
      await kernel.end()
    })
  `)
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', noEmit: true },
    files: ['counter.ts', 'counter-v2.ts', 'host.ts', 'counter.test.ts'],
  }))
}

/** The package below the project itself. */
const plain = makeProject(join(place, 'plain'), {})
addSources(plain)
npmInstall(plain, '--ignore-scripts', tarball)

/** The package hoisted to the root of a workspace, two folders higher. */
const workspace = join(place, 'a workspace')
makeProject(workspace, { workspaces: ['apps/*'], name: 'workspace' })
const hoisted = makeProject(join(workspace, 'apps', 'bank'), {
  dependencies: { heirloom: `file:${tarball}`, acorn: '7.4.1' },
})
addSources(hoisted)
npmInstall(workspace)

const projects = { plain, hoisted }
const heirloom = (project: string, ...words: readonly string[]): string =>
  run(project, 'npx', 'heirloom', ...words)

test('the other layout hoists the package, and installs for the project another copy of a library', () => {
  assert.ok(
    existsSync(join(workspace, 'node_modules', 'heirloom')) &&
      !existsSync(join(hoisted, 'node_modules', 'heirloom')),
  )
  const versionIn = (folder: string): unknown =>
    JSON.parse(readFileSync(join(folder, 'node_modules', 'acorn', 'package.json'), 'utf8')).version
  assert.equal(versionIn(workspace), '7.4.1')
  assert.notEqual(versionIn(join(workspace, 'node_modules', 'heirloom')), '7.4.1')
})

for (const [layout, project] of Object.entries(projects)) {
  test(`the commands of the README, ${layout}`, () => {
    const commands = fence('', 'heirloom init').trim().split('\n')
    for (const command of commands) run(project, 'sh', '-c', command)
    const [vats] = JSON.parse(heirloom(project, 'vats', '--json')) as [{ name: string; incarnation: number }]
    assert.deepEqual([vats.name, vats.incarnation], ['maker', 1])
  })

  test(`a replay of what they did, on another engine, ${layout}`, () => {
    const report = heirloom(project, 'replay', '--all', '--worker', 'quickjs-wasi-3.5.0')
    assert.match(report, /maker +metering-only +\d/)
  })

  test(`a rehearsal whose process is killed, ${layout}`, () => {
    const make = { kind: 'probe', to: 'maker', method: 'make', args: [{ '@bigint': '1' }] }
    const steps = ['first', 'second'].map((name) => ({ ...make, name }))
    writeFileSync(join(project, 'plan.json'), JSON.stringify({ id: 'makes', steps }))
    const report = heirloom(project, 'rehearse', 'plan.json', '--interrupt', '--kills', '1')
    assert.match(report, /killed and restarted 2 times .*with the same end/)
  })

  test(`completion is that of the working tree, ${layout}`, () => {
    const own = run(root, process.execPath, join(root, 'bin', 'heirloom.mjs'), 'completion', 'bash')
    assert.equal(heirloom(project, 'completion', 'bash'), own)
  })

  test(`a host in TypeScript and in JavaScript, ${layout}`, () => {
    for (const file of ['host.ts', 'host.js'])
      assert.match(heirloom(project, 'node', file), /kind: 'fulfilled'/)
  })

  test(`a test with heirloom/testing, ${layout}`, () => {
    assert.match(heirloom(project, 'test', 'counter.test.ts'), /pass 1\b/)
  })

  test(`strict type checks of vats and hosts, ${layout}`, () => {
    run(project, process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.')
  })
}

test('an app that the package creates: its tests, its types, and the commands of its README', () => {
  const app = join(place, 'shop')
  heirloom(plain, 'create-app', app)
  const { version } = JSON.parse(manifestBefore) as { readonly version: string }
  const { dependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as {
    readonly dependencies: unknown
  }
  assert.deepEqual(dependencies, { heirloom: version })
  // The tarball stands for the release in a registry.
  npmInstall(app, '--ignore-scripts', tarball)
  const report = run(app, 'npm', 'test')
  assert.match(report, /pass 3\b/)
  assert.match(report, /fail 0\b/)
  run(app, 'npm', 'run', 'check')
  const [, ...blocks] = readFileSync(join(app, 'README.md'), 'utf8').split('```\n').filter((_, index) => index % 2 === 1)
  const answers = blocks.flatMap((block) => block.trim().split('\n')).map((line) => run(app, 'sh', '-c', line))
  assert.equal(answers.at(-1), '50n\n')
})

test('stores of all installations, and of the working tree, have the same kernel and workers', () => {
  const idsOf = (project: string, ...command: readonly [string, ...string[]]): unknown => {
    const [program, ...words] = command
    const { kernel, workers } = JSON.parse(
      run(
        project,
        program,
        ...words,
        'init',
        '--store',
        join(mkdtempSync(join(place, 'store-')), 's'),
        '--json',
      ),
    )
    return { kernel, workers }
  }
  const own = idsOf(root, process.execPath, join(root, 'bin', 'heirloom.mjs'))
  for (const project of [plain, hoisted]) assert.deepEqual(idsOf(project, 'npx', 'heirloom'), own)
})

test('bundles made by the package and by the working tree are the same', () => {
  const idOf = (project: string, ...command: readonly [string, ...string[]]): unknown => {
    const [program, ...words] = command
    const store = join(mkdtempSync(join(place, 'store-')), 's')
    run(project, program, ...words, 'init', '--store', store)
    return JSON.parse(
      run(
        project,
        program,
        ...words,
        'install',
        'counter',
        join(project, 'counter.ts'),
        '--store',
        store,
        '--json',
      ),
    ).bundle
  }
  const fixtures = makeProject(join(root, 'build', 'package-test'), {})
  symlinkTo(root, join(fixtures, 'node_modules', 'heirloom'))
  addSources(fixtures)
  const own = idOf(fixtures, process.execPath, join(root, 'bin', 'heirloom.mjs'))
  for (const project of [plain, hoisted]) assert.equal(idOf(project, 'npx', 'heirloom'), own)
})

test('the kernel that a package contains, and one that it builds from sources, are that of the working tree', () => {
  const entry = join(root, 'src', 'kernel', 'main.ts')
  const built = (project: string, command: string, ...words: readonly string[]) => {
    const to = join(mkdtempSync(join(place, 'kernel-')), 'kernel.js')
    const { kernel, from } = JSON.parse(run(project, command, ...words, '--to', to, '--json')) as Readonly<
      Record<'kernel' | 'from', string>
    >
    return [kernel, from]
  }
  const [own] = built(root, process.execPath, join(root, 'bin', 'heirloom.mjs'), 'kernel', 'build')
  for (const project of [plain, hoisted]) {
    assert.deepEqual(built(project, 'npx', 'heirloom', 'kernel', 'build'), [own, 'package'])
    assert.deepEqual(built(project, 'npx', 'heirloom', 'kernel', 'build', entry), [own, 'sources'])
  }
})

test('a file of the code that was changed is refused by its path', () => {
  const path = join(plain, 'node_modules', 'heirloom', 'dist', 'code', 'kernel.js')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, `${text} `)
  const { stderr, status } = spawnSync('npx', ['heirloom', 'init', '--store', join(place, 'refused')], {
    cwd: plain,
    env,
    encoding: 'utf8',
  })
  writeFileSync(path, text)
  assert.match(stderr, /release\/damaged: .*dist\/code\/kernel\.js/)
  assert.notEqual(status, 0)
})

test('a Node that is too old is refused in one sentence, and the package brings another', () => {
  const old = oldNode()
  for (const entry of ['heirloom', 'heirloom/testing', 'heirloom/replay', 'heirloom/rehearsal']) {
    const { stderr, status } = spawnSync(old, ['--input-type=module', '-e', `import '${entry}'`], {
      cwd: plain,
      env,
      encoding: 'utf8',
    })
    assert.match(
      stderr,
      /heirloom needs Node 24\.15\.0 or newer with SQLite 3\.51\.0, and this is v2\d\.[^]*npx heirloom node FILE/,
    )
    assert.notEqual(status, 0)
  }
  const bin = join(plain, 'node_modules', 'heirloom', 'bin', 'heirloom.mjs')
  assert.match(run(plain, old, bin, 'node', '--print', 'process.version'), /^v24\./)
  assert.match(run(plain, old, bin, '--version'), /^heirloom /)
})

/** A Node before 24: one of the machine if there is one, else one from the registry. */
function oldNode(): string {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  const found = candidates.find((path) => existsSync(path) && /^v2[02]\./.test(run(place, path, '--version')))
  if (found !== undefined) return found
  const project = makeProject(join(place, 'old'), {})
  npmInstall(project, '--ignore-scripts', `node-${process.platform}-${process.arch}@20`)
  return join(project, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
}

function symlinkTo(target: string, path: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  if (!existsSync(path)) symlinkSync(target, path)
}
