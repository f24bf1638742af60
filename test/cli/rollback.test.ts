/**
 * A young store whose host died: damaged, or taken back, it is never founded anew, and no command advises
 * that.
 */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { heirloom, temporaryDirectory } from './support.ts'

const commits = 5

test('a young store that is damaged or taken back', async (t) => {
  const parent = temporaryDirectory(t)
  const [made, dead] = [join(parent, 'made'), join(parent, 'dead')]
  const host = await openController({ directory: made })
  assert.equal(
    statSync(join(made, 'heirloom.sqlite-wal')).size,
    0,
    'what a store is founded with is in its file',
  )
  for (let n = 1; n <= commits; n += 1) {
    await host.setHostState('paid', String(n))
    await host.commit()
  }
  const { height } = await host.storeStatus()
  // While the host runs these are the files that its death would leave.
  cpSync(made, dead, { recursive: true })
  await host.shutdown()
  const [log, file] = ['heirloom.sqlite-wal', 'heirloom.sqlite'].map((name) => join(dead, name)) as [
    string,
    string,
  ]
  const bytes = readFileSync(log)

  const refused = async (code: string): Promise<void> => {
    for (const words of [['status'], ['init'], ['audit']]) {
      const { code: exit, err } = await heirloom(words, { store: dead })
      assert.equal(exit, 3, `${words[0]}: ${err}`)
      assert.match(err, new RegExp(`^heirloom: ${code}: `), words[0])
      assert.doesNotMatch(err, /heirloom init|make it again/, words[0])
    }
    for (const make of ['if-missing', 'always', 'never'] as const)
      await assert.rejects(openController({ directory: dead, make }), { code })
  }

  await t.test('with one bit early in its log', async () => {
    writeFileSync(log, bytes.map((byte, at) => (at === Math.floor(bytes.length * 0.1) ? byte ^ 1 : byte)))
    await refused('store/corrupt-log')
  })
  await t.test('without its log', async () => {
    rmSync(log)
    await refused('store/rolled-back')
  })
  await t.test('without its file', async () => {
    writeFileSync(log, bytes)
    cpSync(file, `${file}-aside`)
    rmSync(file)
    await refused('store/incomplete')
    cpSync(`${file}-aside`, file)
  })
  await t.test('is whole when everything is put back', async () => {
    rmSync(`${file}-shm`, { force: true })
    const { out } = await heirloom(['status', '--json'], { store: dead })
    assert.equal((JSON.parse(out) as { height: number }).height, height)
  })
  await t.test('is opened at an older block by who accepts that', async () => {
    rmSync(dead, { recursive: true })
    cpSync(made, dead, { recursive: true })
    const older = readFileSync(file)
    const later = await openController({ directory: dead, make: 'never' })
    await later.setHostState('paid', 'more')
    await later.commit()
    await later.shutdown()
    writeFileSync(file, older)
    assert.match(
      (await heirloom(['status'], { store: dead })).err,
      /store\/rolled-back.*at block 6 and was at block 7/,
    )
    const accepted = await heirloom(['status', '--accept-rollback', '--json'], { store: dead })
    assert.equal((JSON.parse(accepted.out) as { height: number }).height, height)
    assert.equal((await heirloom(['status'], { store: dead })).code, 0)
    await assert.rejects(openController({ directory: dead, rolledBack: 'never' as 'refuse' }), {
      code: 'api/bad-argument',
    })
  })
})
