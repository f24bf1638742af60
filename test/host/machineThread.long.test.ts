/** The thread of a machine that was closed is used for the next one, and nothing of the one before shows. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { forkStore, openController, type Controller } from '../../src/host/index.ts'
import { giveThread, release, takeThread } from '../../src/host/threads/spawnMachine.ts'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import { tamper } from '../kit/rows.ts'
import { preparedStore } from '../kit/sharedStores.ts'
import { temporaryDirectory, type Scope } from '../kit/world.ts'

const open = (directory: string): Promise<Controller> =>
  openController({ directory, make: 'never', verify: 'lazy' })

async function newStore(scope: Scope): Promise<string> {
  const directory = join(temporaryDirectory(scope), 'store')
  forkStore(await preparedStore(), directory)
  return directory
}

/** The id of the thread that is kept, which stays kept. */
function keptThread(): number {
  const thread = takeThread()
  giveThread(thread)
  return thread.threadId
}

// Th1.
test('a machine is opened in the thread of one that was closed, and knows nothing of it', async (t) => {
  const [one, other] = [await newStore(t), await newStore(t)]
  const first = await open(one)
  await first.setHostState('mine', 'first')
  await first.commit()
  await first.setHostState('mine', 'lost')
  await first.shutdown()
  const kept = keptThread()
  const second = await open(other)
  assert.equal(await second.getHostState('mine'), undefined)
  const third = await open(one)
  assert.equal(await third.getHostState('mine'), 'first')
  await assert.rejects(first.getHostState('mine'), { code: 'api/shut-down' })
  await second.shutdown()
  assert.equal(keptThread(), kept, 'it is the same thread')
  assert.equal(await third.getHostState('mine'), 'first', 'two machines have two threads')
  await third.shutdown()
})

// Th2.
test('a store that is refused leaves the thread to the next', async (t) => {
  await assert.rejects(open(join(temporaryDirectory(t), 'none')), { code: 'store/not-found' })
  const kept = keptThread()
  const controller = await open(await newStore(t))
  await controller.shutdown()
  assert.equal(keptThread(), kept)
})

test('damage of a store is met though the thread knows the code from another, and the thread of the kernel that fails by it is not kept', async (t) => {
  for (const kind of ['engine', 'image']) {
    const [whole, damaged] = [await newStore(t), await newStore(t)]
    const use = async (directory: string): Promise<void> => {
      const controller = await open(directory)
      try {
        const { id } = await controller.installBundle(await bundleFile(puppetFile))
        await controller.createVat('any', id)
        await controller.run()
      } finally {
        await controller.shutdown()
      }
    }
    await use(whole)
    const kept = keptThread()
    tamper(damaged, (database) =>
      database
        .prepare(
          "UPDATE bundle SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || 'x' AS BLOB) WHERE kind = ?",
        )
        .run(kind),
    )
    await assert.rejects(use(damaged), { code: 'machine/failed', message: /do not match its hash/ }, kind)
    assert.notEqual(keptThread(), kept, 'the thread of a kernel that failed is not used again')
  }
})

// L3.
test('when the thread ends by itself, the call that waits and later ones are refused', { timeout: 30_000 }, async (t) => {
  const directory = await newStore(t)
  const thread = takeThread()
  giveThread(thread)
  const controller = await open(directory)
  const { id } = await controller.installBundle(await bundleFile(puppetFile))
  await controller.createVat('any', id)
  await controller.run()
  await controller.send('any', 'run', ['for (;;);'])
  const refused = assert.rejects(controller.run(), { code: 'machine/gone' })
  await thread.terminate()
  await refused
  await assert.rejects(controller.storeStatus(), { code: 'machine/gone' })
})

// Th3.
test('a thread that is kept does not keep its process, and ends when nobody wants it', async (t) => {
  const directory = await newStore(t)
  const program = join(temporaryDirectory(t), 'program.ts')
  const entry = join(import.meta.dirname, '..', '..', 'src', 'host', 'index.ts')
  writeFileSync(
    program,
    `import { openController } from ${JSON.stringify(entry)}\nconst controller = await openController({ directory: ${JSON.stringify(directory)} })\nawait controller.shutdown()\nconsole.log('done')\n`,
  )
  const { stdout, status } = spawnSync(execPath, [program], { encoding: 'utf8', timeout: 60_000 })
  assert.deepEqual({ stdout, status }, { stdout: 'done\n', status: 0 })
  const controller = await open(directory)
  await controller.shutdown()
  const thread = takeThread()
  giveThread(thread)
  const [code] = (await Promise.race([once(thread, 'exit'), wait(10_000, ['never'])])) as [number | string]
  assert.equal(code, 1)
  assert.notEqual(keptThread(), thread.threadId)
  const last = takeThread()
  release(last)
  await last.terminate()
})
