import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestKernel } from 'heirloom/testing'

interface Task {
  finish(): void
  show(): string
}

interface Todo {
  add(title: string): Task
}

test('a finished task is still done after the upgrade', async (t) => {
  const kernel = await startTestKernel({ vats: { todo: { code: 'todo-1.ts' } } })
  t.after(() => kernel.end())
  const task = await kernel.ask(await kernel.root<Todo>('todo'), 'add', 'buy tea')
  await kernel.ask(task, 'finish')

  await kernel.upgrade('todo', 'todo-2.ts')
  assert.equal(await kernel.ask(task, 'show'), 'buy tea: done')
})
