import { Far, defineKind, makeMapStore, provide } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'

interface Task {
  finish(): void
  show(): string
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  // Tasks are objects of a durable kind: their state is on disk, and they outlive this code.
  const makeTask = defineKind(baggage, 'Task', (title: string) => ({ title, done: false }), {
    finish: ({ state }) => {
      state.done = true
    },
    show: ({ state }) => `${state.title}: ${state.done ? 'done' : 'open'}`,
  })
  // The list is a durable map. `provide` makes it the first time, and finds it again later.
  const tasks = provide(baggage, 'tasks', () => makeMapStore<string, Task>('tasks', { durable: true }))
  // An ordinary array: it is in the memory of the vat and nowhere else.
  const recent: string[] = []

  return Far('todo', {
    add(title: string) {
      const task = makeTask(title)
      tasks.init(title, task)
      recent.push(title)
      return task
    },
    list: () => [...tasks.values()].map((task) => task.show()),
    recent: () => [...recent],
  })
}
